"""Which detector types there are: those of this program, and those that other packages bring.

A new one here is a class in a file of its own, and a name in this list. Another package names its class as
an entry point of the group `video_censor_personal.detectors` (docs/detectors.md).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from video_censor_personal.detectors.base import Detector
from video_censor_personal.detectors.classifier import ClassifierDetector
from video_censor_personal.detectors.clip import ClipDetector
from video_censor_personal.detectors.llava import LlavaDetector
from video_censor_personal.detectors.nsfw import NsfwDetector
from video_censor_personal.detectors.nudenet import NudenetDetector
from video_censor_personal.detectors.scripted import ScriptedDetector
from video_censor_personal.detectors.sound import SoundDetector
from video_censor_personal.detectors.speech import SpeechDetector
from video_censor_personal.detectors.subtitles import SubtitlesDetector
from video_censor_personal.errors import DetectorError

GROUP = "video_censor_personal.detectors"

DETECTOR_TYPES: Mapping[str, type[Detector]] = MappingProxyType(
    {
        each.type_name: each
        for each in (
            SpeechDetector,
            SubtitlesDetector,
            SoundDetector,
            NsfwDetector,
            NudenetDetector,
            ClipDetector,
            ClassifierDetector,
            LlavaDetector,
            ScriptedDetector,
        )
    }
)
"""The types of this program."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {"speech-profanity": "speech", "audio-classification": "sound", "mock": "scripted"}
)
"""Names of the original program."""

logger = logging.getLogger(__name__)


def type_names() -> tuple[str, ...]:
    """Return the names of all types that there are here, those of other packages included."""
    return (*DETECTOR_TYPES, *(name for name in _added() if name not in DETECTOR_TYPES))


def detector_type(name: str) -> type[Detector]:
    """Return the type of that name, or of that name in the original program.

    Raises:
        KeyError: nobody has such a type.
        DetectorError: another package has it, and it cannot be used.
    """
    name = ALIASES.get(name, name)
    if name in DETECTOR_TYPES:
        return DETECTOR_TYPES[name]
    return _load(_added()[name])


@cache
def _added() -> Mapping[str, EntryPoint]:
    """The types that other packages bring, by name; looked for only when a name is not one of ours."""
    return {each.name: each for each in entry_points(group=GROUP)}


@cache
def _load(entry: EntryPoint) -> type[Detector]:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
    try:
        kind = entry.load()
    except Exception as error:
        logger.debug("%s", entry, exc_info=True)
        raise _unusable(entry, package, f"{type(error).__name__}: {error}") from error
    if not (isinstance(kind, type) and issubclass(kind, Detector)):
        raise _unusable(entry, package, f"{entry.value} is no subclass of Detector")
    if kind.type_name != entry.name:
        raise _unusable(entry, package, f"the class calls itself {kind.type_name!r}")
    logger.debug("the detector type %s comes from %s", entry.name, package)
    return kind


def _unusable(entry: EntryPoint, package: str, why: str) -> DetectorError:
    return DetectorError(
        f"The detector type {entry.name!r} of the package {package} cannot be used",
        why,
        "Install another version of that package, or take the detector out of the config",
    )
