"""Which detector types there are. A new one is a class in a file of its own, and a name in this list."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from video_censor_personal.detectors.base import Detector
from video_censor_personal.detectors.nsfw import NsfwDetector
from video_censor_personal.detectors.scripted import ScriptedDetector
from video_censor_personal.detectors.speech import SpeechDetector

DETECTOR_TYPES: Mapping[str, type[Detector]] = MappingProxyType(
    {each.type_name: each for each in (SpeechDetector, NsfwDetector, ScriptedDetector)}
)

ALIASES: Mapping[str, str] = MappingProxyType({"speech-profanity": "speech", "mock": "scripted"})
"""Names of the original program."""


def detector_type(name: str) -> type[Detector]:
    """Return the type of that name, or of that name in the original program.

    Raises:
        KeyError: it is neither.
    """
    return DETECTOR_TYPES[ALIASES.get(name, name)]
