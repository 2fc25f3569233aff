"""What there is to observe: each detector on each of its tracks, and the key of its observations."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from modeltasks.support.identity import StatIdentity, stat_identity
from video_censor_personal.analysis.observation_store import ObservationKey
from video_censor_personal.detectors.base import (
    AudioDetector,
    Detector,
    FrameDetector,
    Parameter,
    TextDetector,
)
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.languages import AUTO, language_code
from video_censor_personal.findings.texts import TextSource
from video_censor_personal.findings.tracks import SoundTrack, in_language

JUDGED = "judged"
"""What is in a judge's key for what it goes by."""


@dataclass(frozen=True, slots=True)
class EnabledDetector:
    """A detector as the config asks for it; `model` is None for a type that needs none.

    Without `categories` it has its type's. `parameters` need only hold those that are set.
    """

    name: str
    kind: type[Detector]
    model: str | None = None
    categories: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A detector with all its parameters, and the key that its observations are kept under.

    `step` is the time in seconds between two frames that it wants to see. `track` is the stream that it is
    to listen to; a film without sound has none. `text` is what it is to read. `judged` are the keys of what a
    judge goes by.
    """

    name: str
    kind: type[Detector]
    categories: tuple[str, ...]
    parameters: Mapping[str, Any]
    step: float
    model: InstalledModel | None
    key: ObservationKey
    track: int | None = None
    text: TextSource | None = None
    judged: tuple[ObservationKey, ...] = ()


def assign(
    detector: EnabledDetector,
    film: str,
    tracks: Iterable[SoundTrack | TextSource],
    step: float,
    find_model: Callable[[str], InstalledModel],
) -> list[Assignment]:
    """Return what a detector has to observe: the film's pictures, or each track or text that is for it.

    Args:
        detector: as the config asks for it.
        film: the film's SHA-256.
        tracks: its sound tracks, and what is written for it.
        step: seconds between two frames, where the detector does not say.
        find_model: tells where a model is.

    Raises:
        DetectorError: a file that a parameter names cannot be read.
    """
    kind = detector.kind
    categories = detector.categories or kind.default_categories
    parameters = kind.for_categories(kind.complete(detector.parameters), categories)
    infer = {
        each.name: canonical(detector.name, each, parameters[each.name])
        for each in kind.schema
        if each.role == "infer"
    } | dict(kind.depends_on(parameters))
    if issubclass(kind, FrameDetector):
        infer["sample_rate"] = step = float(parameters.get("sample_rate") or step)
    model = find_model(detector.model) if detector.model is not None else None
    digest = model.digest if model else None

    def on(track: int | None, infer: Mapping[str, object]) -> Assignment:
        key = ObservationKey(film, kind.type_name, kind.version, digest, infer)
        return Assignment(detector.name, kind, categories, parameters, step, model, key, track)

    if issubclass(kind, TextDetector):
        texts = (each for each in tracks if isinstance(each, TextSource))
        read = [_reading(on(None, infer), *each) for each in _to_read(kind, parameters, texts)]
        return read or [on(None, {**infer, "text": None})]
    if not issubclass(kind, AudioDetector):
        return [on(None, infer)]
    found = tuple(each for each in tracks if isinstance(each, SoundTrack))
    wanted = [track.stream for track in _to_hear(parameters, found)] if found else [None]
    return [on(track, {**infer, "track": track}) for track in wanted]


def going_by(judge: Assignment, others: Iterable[Assignment]) -> Assignment:
    """Return a judge's assignment with the keys of what it goes by, on which its observations depend."""
    judged = tuple(each.key for each in others if each.name in judge.parameters["judges"])
    infer = {**judge.key.infer, JUDGED: sorted(key.digest for key in judged)}
    return replace(judge, key=replace(judge.key, infer=infer), judged=judged)


def _to_hear(parameters: Mapping[str, Any], tracks: tuple[SoundTrack, ...]) -> tuple[SoundTrack, ...]:
    language = parameters.get("language")
    if language is None or language == AUTO or parameters.get("tracks") == "all":
        return tracks
    return in_language(tracks, language)


def _to_read(
    kind: type[Detector], parameters: Mapping[str, Any], texts: Iterable[TextSource]
) -> Iterable[tuple[TextSource, str]]:
    """The texts of the detector's language, and those without, which are taken to be in it.

    With `tracks: all`, others as well for whose language there are words to look for.
    """
    own: str = parameters["language"]
    for text in texts:
        language = language_code(text.language) or own
        others = {**parameters, "language": language}
        if language == own or (parameters.get("tracks") == "all" and not kind.misconfigured(others)):
            yield text, language


def _reading(assignment: Assignment, text: TextSource, language: str) -> Assignment:
    """The assignment for one text, in whose language its words are."""
    about = {"language": language, "text": text.name, "digest": text.digest}
    return replace(
        assignment,
        parameters={**assignment.parameters, "language": language},
        key=replace(assignment.key, infer={**assignment.key.infer, **about}),
        text=text,
    )


def canonical(detector: str, parameter: Parameter, value: Any) -> object:
    """Return a parameter as keys hold it: a file by its content, a number the same however it is written.

    Raises:
        DetectorError: the file that it names cannot be read.
    """
    if value is None:
        return None
    if parameter.kind == "path":
        try:
            return _content(value, stat_identity(Path(value).stat()))
        except OSError as error:
            raise DetectorError(
                f"The detector {detector} cannot read its {parameter.name} {value}",
                error.strerror or str(error),
                "Name an existing file",
            ) from error
    if parameter.kind == "prompts":
        return [asdict(each) for each in value]
    if parameter.kind == "number":
        return float(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple | list) else value


@lru_cache(maxsize=64)
def _content(path: str | Path, _identity: StatIdentity) -> str:
    """Return the SHA-256 of a file, read once for all films while its stat is the same."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
