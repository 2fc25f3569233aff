"""The analysis of one video: what must be observed is observed, the rest is remembered.

No model is opened and no media library imported when everything asked for was observed before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from modeltasks.report.progress import FileProgress, NoProgress, Progress
from modeltasks.support.cancel import CancelToken
from video_censor_personal.analysis.deciding import Whole, decide
from video_censor_personal.analysis.observation_store import ObservationKey, ObservationStore, Observed
from video_censor_personal.analysis.observing import (
    Assignment,
    Media,
    media_duration,
    observe,
)
from video_censor_personal.analysis.track_notes import sound_tracks
from video_censor_personal.detectors.base import (
    AudioDetector,
    Detector,
    DetectorError,
    FrameDetector,
    Parameter,
)
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.findings.coverage import DOUBTFUL, Coverage, Span, joined
from video_censor_personal.findings.languages import language_code
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.policy import Policy, make_segments
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.tracks import SoundTrack, in_language, unheard
from video_censor_personal.media.errors import MediaError, NotFound
from video_censor_personal.media.fingerprint import fingerprint

_DOUBTFUL = 0.1
"""Seconds past the container's duration from which on it is the container that is wrong."""


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
class AnalysisRequest:
    """What to analyse and how; `step` is the time in seconds between two sampled frames."""

    video: Path
    detectors: tuple[EnabledDetector, ...]
    policy: Policy = field(default_factory=Policy)
    step: float = 1.0


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """What was found. `observed` names the detectors that ran, `remembered` those that need not.

    `tracks` are the film's sound tracks, where any detector listens. `deaf` names the detectors that
    listened to none of them, because all are in other languages. `coverage` says how much each detector was
    shown of each track.
    """

    segments: tuple[Segment, ...]
    duration: float
    fingerprint: str
    observed: tuple[str, ...]
    remembered: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    tracks: tuple[SoundTrack, ...] = ()
    deaf: tuple[str, ...] = ()
    coverage: tuple[Coverage, ...] = ()


class Analyser:
    """Analyses videos with one cache of observations.

    `cache_dir` is the application's cache folder; `find_model` tells where a model is, and is asked
    for each detector that has one; a model's files are opened only when its detector must run.
    """

    def __init__(
        self,
        cache_dir: Path,
        find_model: Callable[[str], InstalledModel],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        self.store = ObservationStore(cache_dir / "observations")
        self._cache_dir = cache_dir
        self._find_model = find_model
        self._progress = progress or NoProgress()
        self._cancel = cancel or CancelToken()

    def analyse(self, request: AnalysisRequest) -> AnalysisResult:
        """Return the video's segments.

        Fails closed: an error of any detector is the error of the analysis. Observations that were
        complete by then are kept.

        Raises:
            VideoCensorError: the video cannot be read, a detector failed, or the cache cannot be written.
            Cancelled: a stop was asked for.
        """
        video = self._fingerprint(request.video)
        tracks = self._tracks(request, video)
        named = self._assignments(request, video, tracks)
        assignments = [each for _, each in named]
        known = {each.key.digest: self.store.load(each.key) for each in assignments}
        missing = {each.key.digest: each for each in assignments if known[each.key.digest] is None}
        media = Media(request.video, self._progress, self._cancel)
        content = {digest: each for digest, each in known.items() if each is not None}
        only_eyes = all(issubclass(each.kind, FrameDetector) for each in assignments)
        content |= observe(media, tuple(missing.values()), self.store, only_eyes=only_eyes)
        duration = _duration(content) if content else media_duration(request.video)
        hits: list[Hit] = []
        for detector, assignment in named:
            categories = detector.categories or detector.kind.default_categories
            seen = content[assignment.key.digest].observations
            hits += decide(assignment, seen, categories, Whole(request.policy, duration))
        tracks = _heard(tracks, assignments)
        ran = tuple(dict.fromkeys(each.name for _, each in named if each.key.digest in missing))
        used = dict.fromkeys(each.name for each in assignments)
        deaf = tuple(each for each in request.detectors if each.name not in used)
        told = dict.fromkeys(
            f"{each.name}: {warning}" for each in assignments for warning in content[each.key.digest].warnings
        )
        return AnalysisResult(
            segments=make_segments(hits, request.policy, duration),
            duration=duration,
            fingerprint=video,
            observed=ran,
            remembered=tuple(name for name in used if name not in ran),
            warnings=(*told, *(_deafness(each, tracks) for each in deaf), *_left_unheard(tracks)),
            tracks=tracks,
            deaf=tuple(each.name for each in deaf),
            coverage=tuple(
                covered
                for each in assignments
                if (covered := _covered(each, content[each.key.digest], tracks)) is not None
            ),
        )

    def forget(self, request: AnalysisRequest) -> None:
        """Remove what the detectors observed, so that they observe it anew.

        Raises:
            VideoCensorError: the video cannot be read.
            Cancelled: a stop was asked for.
        """
        video = self._fingerprint(request.video)
        for _, assignment in self._assignments(request, video, self._tracks(request, video)):
            self.store.forget(assignment.key)

    def _tracks(self, request: AnalysisRequest, video: str) -> tuple[SoundTrack, ...]:
        listens = any(issubclass(detector.kind, AudioDetector) for detector in request.detectors)
        return sound_tracks(request.video, video, self._cache_dir) if listens else ()

    def _assignments(
        self, request: AnalysisRequest, video: str, tracks: tuple[SoundTrack, ...]
    ) -> list[tuple[EnabledDetector, Assignment]]:
        return [
            (detector, self._assign(detector, request.step, video, track))
            for detector in request.detectors
            for track in _to_hear(detector, tracks)
        ]

    def _fingerprint(self, video: Path) -> str:
        shown: FileProgress | None = None

        def on_bytes(count: int) -> None:
            nonlocal shown
            shown = shown or self._progress.begin(f"reading {video.name}", video.stat().st_size)
            shown.advance(count)

        try:
            return fingerprint(video, self._cache_dir, cancel=self._cancel, on_bytes=on_bytes)
        except FileNotFoundError as error:
            raise NotFound(video) from error
        except OSError as error:
            raise MediaError(
                f"{video} cannot be read", error.strerror or str(error), "Check the path and its permissions"
            ) from error
        finally:
            if shown is not None:
                shown.close()

    def _assign(self, detector: EnabledDetector, step: float, video: str, track: int | None) -> Assignment:
        kind = detector.kind
        parameters = kind.complete(detector.parameters)
        infer = {
            each.name: _plain(detector, each, parameters[each.name])
            for each in kind.schema
            if each.role == "infer"
        }
        if issubclass(kind, FrameDetector):
            step = float(parameters.get("sample_rate") or step)
            infer["sample_rate"] = step
        if issubclass(kind, AudioDetector):
            infer["track"] = track
        model = self._find_model(detector.model) if detector.model is not None else None
        return Assignment(
            name=detector.name,
            kind=kind,
            parameters=parameters,
            step=step,
            model=model,
            key=ObservationKey(video, kind.type_name, kind.version, model.digest if model else None, infer),
            track=track,
        )


def _to_hear(detector: EnabledDetector, tracks: tuple[SoundTrack, ...]) -> tuple[int | None, ...]:
    """The streams that the detector is to listen to; one None for a detector, or a film, without sound."""
    if not issubclass(detector.kind, AudioDetector) or not tracks:
        return (None,)
    parameters = detector.kind.complete(detector.parameters)
    language = parameters.get("language")
    if language is None or parameters.get("tracks") == "all":
        return tuple(track.stream for track in tracks)
    return tuple(track.stream for track in in_language(tracks, str(language)))


def _heard(tracks: Iterable[SoundTrack], assignments: Iterable[Assignment]) -> tuple[SoundTrack, ...]:
    """The tracks, with the names of those that listened to them."""
    return tuple(
        replace(track, heard_by=tuple(each.name for each in assignments if each.track == track.stream))
        for track in tracks
    )


def _covered(assignment: Assignment, observed: Observed, tracks: Iterable[SoundTrack]) -> Coverage | None:
    """What the detector was shown, and where it hardly understood what it heard."""
    if observed.coverage is None:
        return None
    languages = {track.stream: track.language for track in tracks}
    doubtful = [Span(seen.start, seen.end) for seen in observed.observations if seen.label == DOUBTFUL]
    return replace(
        observed.coverage,
        detector=assignment.name,
        language=language_code(languages.get(observed.coverage.stream)),
        doubtful=joined(doubtful),
    )


def _deafness(detector: EnabledDetector, tracks: Iterable[SoundTrack]) -> str:
    language = detector.kind.complete(detector.parameters)["language"]
    return (
        f"{detector.name} listened to nothing: its language is {language}, and the film has only "
        f"{', '.join(map(str, tracks))}; `tracks: all` makes it listen to these too"
    )


def _left_unheard(tracks: Iterable[SoundTrack]) -> tuple[str, ...]:
    left = ", ".join(map(str, unheard(tracks)))
    return (f"no detector listened to {left}",) if left else ()


def _plain(detector: EnabledDetector, parameter: Parameter, value: Any) -> object:
    """A parameter as the key holds it: a file by its content, a number the same however it is written."""
    if value is None:
        return None
    if parameter.kind == "path":
        try:
            return hashlib.sha256(Path(value).read_bytes()).hexdigest()
        except OSError as error:
            raise DetectorError(
                f"The detector {detector.name} cannot read its {parameter.name} {value}",
                error.strerror or str(error),
                "Name an existing file",
            ) from error
    if parameter.kind == "number":
        return float(value)
    return list(value) if isinstance(value, tuple | list) else value


def _duration(content: Mapping[str, Observed]) -> float:
    """The video's length; past the container's word where something was seen or heard there."""
    told = max(each.duration for each in content.values())
    last = max((seen.end for each in content.values() for seen in each.observations), default=0.0)
    return last if last > told + _DOUBTFUL else told
