"""Sounds that can be looked for: classes of AudioSet, with the place that each has in YAMNet's outputs.

Only what a film may be censored for stands here, and what it is easily taken for; the other classes are not
kept. AudioSet has none for the sounds of sex. Those that come nearest are of breath, pain and grief; they
have a category, and count only where a config names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from video_censor_personal.detectors.labels import Label, Labels

CLASSES = 521
_VIOLENCE, _SEXUAL = "Violence", "Sexual Theme"

SOUNDS: Mapping[int, Label] = MappingProxyType(
    {
        6: Label("Shout", _VIOLENCE),
        7: Label("Bellow", _VIOLENCE),
        9: Label("Yell", _VIOLENCE),
        10: Label("Children shouting", _VIOLENCE),
        11: Label("Screaming", _VIOLENCE, is_usual=True, threshold=0.25),
        19: Label("Crying, sobbing", _VIOLENCE),
        20: Label("Baby cry, infant cry", _VIOLENCE),
        21: Label("Whimper", _VIOLENCE),
        22: Label("Wail, moan", _SEXUAL),
        23: Label("Sigh", _SEXUAL),
        33: Label("Groan", _SEXUAL),
        34: Label("Grunt", _VIOLENCE),
        36: Label("Breathing", _SEXUAL),
        39: Label("Gasp", _SEXUAL),
        40: Label("Pant", _SEXUAL),
        53: Label("Burping, eructation"),
        55: Label("Fart"),
        74: Label("Growling", _VIOLENCE),
        105: Label("Roar", _VIOLENCE),
        281: Label("Thunder"),
        292: Label("Fire", _VIOLENCE),
        304: Label("Car alarm", _VIOLENCE),
        307: Label("Tire squeal", _VIOLENCE),
        317: Label("Police car (siren)", _VIOLENCE),
        318: Label("Ambulance (siren)", _VIOLENCE),
        319: Label("Fire engine, fire truck (siren)", _VIOLENCE),
        341: Label("Chainsaw", _VIOLENCE),
        352: Label("Slam"),
        353: Label("Knock"),
        390: Label("Siren", _VIOLENCE),
        391: Label("Civil defense siren", _VIOLENCE),
        420: Label("Explosion", _VIOLENCE, is_usual=True),
        421: Label("Gunshot, gunfire", _VIOLENCE, is_usual=True, threshold=0.25),
        422: Label("Machine gun", _VIOLENCE, is_usual=True, threshold=0.25),
        423: Label("Fusillade", _VIOLENCE, is_usual=True, threshold=0.25),
        424: Label("Artillery fire", _VIOLENCE, is_usual=True, threshold=0.25),
        425: Label("Cap gun", _VIOLENCE),
        426: Label("Fireworks"),
        427: Label("Firecracker", _VIOLENCE),
        428: Label("Burst, pop", _VIOLENCE),
        430: Label("Boom", _VIOLENCE),
        432: Label("Chop", _VIOLENCE),
        433: Label("Splinter", _VIOLENCE),
        434: Label("Crack", _VIOLENCE),
        437: Label("Shatter", _VIOLENCE, is_usual=True),
        441: Label("Squish", _VIOLENCE),
        452: Label("Arrow", _VIOLENCE),
        454: Label("Thump, thud", _VIOLENCE),
        455: Label("Thunk", _VIOLENCE),
        460: Label("Bang", _VIOLENCE),
        461: Label("Slap, smack", _VIOLENCE),
        462: Label("Whack, thwack", _VIOLENCE, is_usual=True),
        463: Label("Smash, crash", _VIOLENCE, is_usual=True),
        464: Label("Breaking", _VIOLENCE, is_usual=True, threshold=0.6),
        466: Label("Whip", _VIOLENCE),
        472: Label("Crushing", _VIOLENCE),
        474: Label("Tearing", _VIOLENCE),
        478: Label("Clang", _VIOLENCE),
        493: Label("Crunch", _VIOLENCE),
    }
)
"""By place. A new sound, or another place, needs a new version of the detector."""

LABELS = Labels(SOUNDS.values())
