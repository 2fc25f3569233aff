"""The analysis of one film: what must be observed is observed, the rest is remembered.

No model is opened and no media library imported when everything asked for was observed before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from modeltasks.report.progress import NoProgress, Progress
from modeltasks.support.cancel import CancelToken
from video_censor_personal.analysis.assignment import Assignment, EnabledDetector, assign, going_by
from video_censor_personal.analysis.deciding import decide
from video_censor_personal.analysis.observation_store import ObservationStore, Observed
from video_censor_personal.analysis.observing import NothingToSee, RunContext, observe
from video_censor_personal.analysis.texts import files_beside, read_beside, speech_of, unread
from video_censor_personal.analysis.track_languages import language_warnings, unjudged, was_heard
from video_censor_personal.analysis.track_notes import sound_tracks, text_tracks
from video_censor_personal.detectors.base import AudioDetector, FrameDetector, JudgeDetector, TextDetector
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.findings.coverage import DOUBTFUL, Coverage, Span, joined
from video_censor_personal.findings.languages import language_code
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.policy import Policy, make_segments
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.spoken import Spoken
from video_censor_personal.findings.texts import TextSource
from video_censor_personal.findings.tracks import SoundTrack, unheard
from video_censor_personal.media.notes import fingerprint
from video_censor_personal.media.probe import Film

Observe = Callable[[RunContext, Sequence[Assignment], ObservationStore], Mapping[str, Observed]]
"""Runs detectors over a film, stores what they observe, and returns it by digest of the key."""

_DOUBTFUL_END = 0.1
"""Past the container's duration by more than these seconds, it is the container that is wrong."""


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """What to analyse and how; `step` is the time in seconds between two sampled frames."""

    film: Film
    detectors: tuple[EnabledDetector, ...]
    policy: Policy = field(default_factory=Policy)
    step: float = 1.0


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """What was found. `observed` names the detectors that ran, `remembered` those that need not.

    `tracks` are the film's sound tracks, where any detector listens. `not_listening` names the
    detectors that listened to none of them, because all are in other languages. `coverage` says how much
    each detector was shown of each track.
    """

    segments: tuple[Segment, ...]
    duration: float
    fingerprint: str
    observed: tuple[str, ...]
    remembered: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    tracks: tuple[SoundTrack, ...] = ()
    not_listening: tuple[str, ...] = ()
    coverage: tuple[Coverage, ...] = ()


class Analyser:
    """Analyses films with one cache of observations.

    `cache_dir` is the application's cache folder; `find_model` tells where a model is, and is asked
    for each detector that has one; a model's files are opened only when its detector must run. `observe`
    runs the detectors: in this process, unless another way is given.
    """

    def __init__(
        self,
        cache_dir: Path,
        find_model: Callable[[str], InstalledModel],
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        observe: Observe = observe,
    ) -> None:
        self.store = ObservationStore(cache_dir / "observations")
        self._cache_dir = cache_dir
        self._find_model = find_model
        self._progress = progress or NoProgress()
        self._cancel = cancel or CancelToken()
        self._observe = observe

    def analyse(self, request: AnalysisRequest) -> AnalysisResult:
        """Return the film's segments.

        Fails closed: an error of any detector is the error of the analysis. Observations that were
        complete by then are kept.

        Raises:
            Failure: the film cannot be read, a detector failed, or the cache cannot be written.
            Cancelled: a stop was asked for.
        """
        prepared = self._prepare(request)
        tracks, assignments = prepared.tracks, prepared.assignments
        content, missing = self._bring(request, assignments, self._load(assignments))
        known = [(each, content[each.key.digest]) for each in assignments]
        duration = _duration(known) if content else request.film.info.duration
        speech = speech_of(known, tracks)
        observed, hits = [], list[Hit]()
        for assignment, seen in known:
            reading = read_beside(assignment, seen, speech)
            observed.append((assignment, reading.observed))
            seen_there = reading.observed.observations
            hits += decide(reading.assignment, seen_there, request.policy, duration, reading.heard)
        ran = dict.fromkeys(each.name for each in assignments if each.key.digest in missing)
        used = dict.fromkeys(each.name for each in assignments)
        idle = tuple(each for each in request.detectors if each.name not in used)
        tracks = _heard(tracks, observed)
        warnings = dict.fromkeys(f"{each.name}: {why}" for each, seen in observed for why in seen.warnings)
        covered = (_covered(each, seen, tracks) for each, seen in observed)
        return AnalysisResult(
            segments=make_segments(hits, request.policy, duration),
            duration=duration,
            fingerprint=prepared.fingerprint,
            observed=tuple(ran),
            remembered=tuple(name for name in used if name not in ran),
            warnings=(
                *warnings,
                *language_warnings(observed, tracks),
                *(_why_idle(each, tracks) for each in idle),
                *_left_unheard(tracks),
                *unread(prepared.texts, assignments),
            ),
            tracks=tracks,
            not_listening=tuple(each.name for each in idle),
            coverage=tuple(each for each in covered if each is not None),
        )

    def observe(self, request: AnalysisRequest) -> tuple[str, ...]:
        """Observe what was not observed yet; return the detectors that ran. Raises as `analyse`.

        Pictures that could not be judged before are tried again.
        """
        assignments = self.assignments(request)
        known = {digest: seen for digest, seen in self._load(assignments).items() if not seen.is_unfinished}
        _, missing = self._bring(request, assignments, known)
        return tuple(dict.fromkeys(each.name for each in assignments if each.key.digest in missing))

    def _load(self, assignments: Iterable[Assignment]) -> dict[str, Observed]:
        """Return what was observed before, by its digest."""
        loaded = {each.key.digest: self.store.load(each.key) for each in assignments}
        return {digest: seen for digest, seen in loaded.items() if seen is not None}

    def _bring(
        self, request: AnalysisRequest, assignments: Sequence[Assignment], known: Mapping[str, Observed]
    ) -> tuple[dict[str, Observed], dict[str, Assignment]]:
        """Return what was observed, and the assignments for which that was not known; each by its digest."""
        content = dict(known)
        missing = {each.key.digest: each for each in assignments if each.key.digest not in content}
        if missing:
            if _only_look(assignments) and not request.film.info.of_kind("video"):
                raise NothingToSee(request.film.path)
            context = RunContext(request.film, self._progress, self._cancel)
            content |= self._observe(context, tuple(missing.values()), self.store)
        return content, missing

    def forget(self, request: AnalysisRequest) -> None:
        """Remove what the detectors observed, so that they observe it again.

        Raises:
            Failure: the film cannot be read.
            Cancelled: a stop was asked for.
        """
        for assignment in self.assignments(request):
            self.store.forget(assignment.key)

    def assignments(self, request: AnalysisRequest) -> list[Assignment]:
        """Return what there is to observe of a film, and the keys that it is kept under.

        Raises:
            Failure: the film cannot be read.
            Cancelled: a stop was asked for.
        """
        return self._prepare(request).assignments

    def _prepare(self, request: AnalysisRequest) -> _Prepared:
        """Return what the film has, and what there is to observe of it."""
        film = request.film
        video = film.fingerprint or fingerprint(
            film.path, self._cache_dir, cancel=self._cancel, progress=self._progress
        )
        listens = any(issubclass(detector.kind, AudioDetector) for detector in request.detectors)
        tracks = sound_tracks(request.film, video, self._cache_dir) if listens else ()
        texts: tuple[TextSource, ...] = ()
        if any(issubclass(detector.kind, TextDetector) for detector in request.detectors):
            beside = files_beside(film.path, self._cache_dir)
            texts = (*text_tracks(film, video, self._cache_dir), *beside)
        assignments: list[Assignment] = []
        for detector in request.detectors:
            assignments += assign(detector, video, (*tracks, *texts), request.step, self._find_model)
        assignments = [
            going_by(each, assignments) if issubclass(each.kind, JudgeDetector) else each
            for each in assignments
        ]
        return _Prepared(video, tracks, texts, assignments)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A film's SHA-256, its sound tracks, what is written for it, and what there is to observe of it."""

    fingerprint: str
    tracks: tuple[SoundTrack, ...]
    texts: tuple[TextSource, ...]
    assignments: list[Assignment]


def _only_look(assignments: Iterable[Assignment]) -> bool:
    """Whether no detector that takes part listens."""
    return all(issubclass(each.kind, FrameDetector | JudgeDetector) for each in assignments)


def _heard(
    tracks: Iterable[SoundTrack], known: Iterable[tuple[Assignment, Observed]]
) -> tuple[SoundTrack, ...]:
    """The tracks, with the names of those that listened to their words."""
    heard = [(each.track, each.name) for each, observed in known if was_heard(each, observed)]
    return tuple(
        replace(track, heard_by=tuple(name for stream, name in heard if stream == track.stream))
        for track in tracks
    )


def _covered(assignment: Assignment, observed: Observed, tracks: Iterable[SoundTrack]) -> Coverage | None:
    """What the detector was shown and could judge, and where it hardly understood a word."""
    if observed.coverage is None:
        return None
    if assignment.text is not None:
        return replace(observed.coverage, detector=assignment.name)
    stream, found = observed.coverage.stream, tuple(tracks)
    language = next((track.language for track in found if track.stream == stream), None)
    doubtful = [Span(seen.start, seen.end) for seen in observed.observations if seen.label == DOUBTFUL]
    # A track that is not heard beside others that are is one of the rest, of which the config says what is
    # to become; where none is heard, that is a gap.
    is_heard = {track.stream for track in found if assignment.name in track.heard_by}
    counts = stream in is_heard or not is_heard
    gaps = [each.span for each in unjudged(assignment, observed)] if counts else []
    spoken = Spoken.of(observed.observations).most()
    return replace(
        observed.coverage,
        gaps=joined([*observed.coverage.gaps, *gaps]),
        detector=assignment.name,
        language=spoken or language_code(language),
        doubtful=joined(doubtful),
    )


def _why_idle(detector: EnabledDetector, tracks: Iterable[SoundTrack]) -> str:
    language = detector.kind.complete(detector.parameters)["language"]
    return (
        f"{detector.name} listened to nothing: its language is {language}, and the film has only "
        f"{', '.join(map(str, tracks))}; `tracks: all` makes it listen to these too"
    )


def _left_unheard(tracks: Iterable[SoundTrack]) -> tuple[str, ...]:
    left = ", ".join(map(str, unheard(tracks)))
    return (f"no detector listened to {left}",) if left else ()


def _duration(content: Collection[tuple[Assignment, Observed]]) -> float:
    """The film's length; longer than the container says where something was seen or heard later."""
    declared = max(seen.duration for _, seen in content)
    shown = (
        each.end for assignment, seen in content if assignment.text is None for each in seen.observations
    )
    last = max(shown, default=0.0)
    return last if last > declared + _DOUBTFUL_END else declared
