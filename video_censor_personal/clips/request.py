"""What is asked for: a part of a film, as it is or as a copy of it would be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.edits.own_sound import own_sound_digest
from video_censor_personal.edits.values import Edits, Stretched
from video_censor_personal.media.errors import MediaError
from video_censor_personal.render.clean_copy import CopyRequest

Edit = TypeVar("Edit", bound=Stretched)

_BESIDE = 3.0
"""Seconds on each side of a clip within which cuts count: what is heard there tells how loud a tone is."""
_HELD = 30.0
"""Seconds for which a picture may be held: it is hidden for all that time when it is for a moment of it."""


class AllCut(MediaError):
    """Nothing of the seconds that were asked for is in the copy."""

    def __init__(self, film: Path, start: float, end: float) -> None:
        super().__init__(
            f"There is nothing to show of {film.name} from {start:.1f} to {end:.1f} s",
            "all of it is cut out of the copy",
            "Look at what comes before or after it",
        )


@dataclass(frozen=True, slots=True)
class CopyEdits:
    """What is done to a film in its copy.

    `audio` says how sound is hidden, in the streams `muted`; the streams `left_out` are not in the copy.
    `suffix` is that of the copy's name, and says what it is written in.
    """

    edits: Edits = field(default_factory=Edits)
    audio: AudioRemediation = field(default_factory=AudioRemediation)
    muted: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    suffix: str = ".mkv"

    @classmethod
    def of(cls, request: CopyRequest) -> CopyEdits:
        """Return what would be done for a copy that is wanted.

        Raises:
            UsageError: the config, or a segment, asks for what cannot be done.
        """
        sounds = [each.index for each in request.film.info.of_kind("audio")]
        muted, left_out = request.sounds.treatment(sounds)
        return cls(request.edits, request.config.audio, muted, tuple(left_out), request.output.suffix)

    def within(self, start: float, end: float) -> CopyEdits:
        """Return what of it makes a difference for what is seen and heard between two moments."""
        ramp = self.audio.ramp
        kept = Edits(
            sound=_touching(self.edits.sound, start - ramp, end + ramp),
            picture=_touching(self.edits.picture, start - _HELD, end + _HELD),
            cuts=_touching(self.edits.cuts, start - _BESIDE, end + _BESIDE),
        )
        return replace(self, edits=kept)

    @property
    def digest(self) -> str:
        """The digest of all that a clip depends on besides the film."""
        parts: list[object] = [self.edits, self.left_out, self.suffix.lower()]
        if self.edits.sound:
            audio = self.audio
            parts += [self.muted, audio.ramp, audio.scope, audio.bleep_frequency, audio.duck_level]
            parts.append(own_sound_digest(audio))
        return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """A part of a film that is to be seen and heard.

    Args:
        start: the second of the film at which it begins.
        seconds: how much of the film it is. What is cut out of that makes the clip shorter.
        track: the stream of sound that is heard; by default the one that players choose.
        copy: what would be done in a copy, to be seen and heard as it would be there; None: the film as it
            is.
    """

    start: float
    seconds: float
    track: int | None = None
    copy: CopyEdits | None = None


def _touching(edits: tuple[Edit, ...], start: float, end: float) -> tuple[Edit, ...]:
    return tuple(each for each in edits if each.start <= end and each.end >= start)
