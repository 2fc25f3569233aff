"""Running detectors over a film: one decoding pass feeds all frame detectors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from modeltasks.report.progress import Progress
from modeltasks.support.cancel import CancelToken
from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.analysis.draft import Draft
from video_censor_personal.analysis.judging import Failures, Judging
from video_censor_personal.analysis.observation_store import ObservationStore, Observed
from video_censor_personal.analysis.open_detectors import Lend, OpenDetectors, opened
from video_censor_personal.analysis.phases import finding_shots, judging, listening, looking, of_type, reading
from video_censor_personal.analysis.sampling import Sampler
from video_censor_personal.detectors.base import (
    AudioDetector,
    Frame,
    FrameDetector,
    JudgeDetector,
    NearbySound,
    StandaloneDetector,
    TextDetector,
    failing_closed,
)
from video_censor_personal.errors import DetectorError, UsageError
from video_censor_personal.findings.languages import language_code
from video_censor_personal.findings.observations import Observation
from video_censor_personal.findings.texts import coverage_of
from video_censor_personal.findings.timecode import format_time
from video_censor_personal.media.meter import Meter
from video_censor_personal.media.probe import Film
from video_censor_personal.media.progress import Passes, film_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from video_censor_personal.media.subtitles import WrittenText

_MOST = 0.95
"""Of a window is shown as heard, at most, before all that belongs to it is done."""
_SLACK = 1e-6
_READ_BETWEEN_MARKS = 60.0
"""Seconds of a text after which it is marked how far it was read."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run has to do with, apart from its detectors.

    Args:
        film: the film to analyse.
        progress: where to show progress.
        cancel: the token that stops the run.
        detectors: keeps detectors open from one film to the next; None: each is closed after its work.
    """

    film: Film
    progress: Progress
    cancel: CancelToken
    detectors: OpenDetectors | None = None


class NothingToSee(UsageError):
    """Every detector looks at pictures, and there are none."""

    def __init__(self, film: Path) -> None:
        super().__init__(
            f"{film} was not analysed",
            "it has sound only, and all enabled detectors look at pictures",
            "Add a detector that listens to `detectors` in the config, such as one of type speech",
        )


def observe(
    context: RunContext, assignments: Sequence[Assignment], store: ObservationStore
) -> dict[str, Observed]:
    """Run the detectors; store what they observed and return it, by digest of the key.

    Raises:
        Failure: the first one, of the film, a detector or the store.
        Cancelled: a stop was asked for.
    """
    kept = context.detectors
    run = _Run(context, store, opened if kept is None else kept.for_film(assignments))
    judges = of_type(JudgeDetector, assignments)
    for assignment in judges:
        _check(assignment)
    for assignment in of_type(StandaloneDetector, assignments):
        run.standalone(assignment)
    listeners = of_type(AudioDetector, assignments)
    for name in dict.fromkeys(each.name for each in listeners):
        run.audio([each for each in listeners if each.name == name])
    readers = of_type(TextDetector, assignments)
    for name in dict.fromkeys(each.name for each in readers):
        run.texts([each for each in readers if each.name == name])
    eyes = of_type(FrameDetector, assignments)
    if eyes and context.film.info.of_kind("video"):
        run.frames(eyes)
    else:
        for assignment in eyes:
            run.store_nothing(assignment, "the film has no picture, so there was nothing to see")
    for assignment in judges:
        if context.film.info.of_kind("video"):
            run.judge(assignment)
        else:
            run.store_nothing(assignment, "the film has no picture, so there was nothing to judge")
    return {each.key.digest: store.written(each.key) for each in assignments}


def _check(assignment: Assignment) -> None:
    """Find out whether a judge will be able to work when the others have, hours later."""
    with failing_closed(assignment.name):
        judge = cast(JudgeDetector, assignment.kind(assignment.parameters))
        judge.check(assignment.model)


class _Run:
    """One run over one film."""

    def __init__(self, context: RunContext, store: ObservationStore, lend: Lend) -> None:
        self._context = context
        self._store = store
        self._lend = lend
        self._duration = context.film.info.duration

    def store_nothing(self, assignment: Assignment, *why: str) -> None:
        """Store that there was nothing to observe, and why, where that has to be said."""
        with self._store.writing(assignment.key, self._duration, why):
            pass

    def standalone(self, assignment: Assignment) -> None:
        with self._lend(assignment) as detector, self._writing(assignment) as draft:
            for seen in _checked(assignment.name, cast(StandaloneDetector, detector).observe):
                self._context.cancel.check()
                draft.add(seen)

    def audio(self, assignments: Sequence[Assignment]) -> None:
        """Let one detector listen to its tracks, one after the other."""
        tracks = [each for each in assignments if each.track is not None]
        for each in assignments:
            if each.track is None:
                self.store_nothing(each, "the video has no sound, so nothing was listened to")
        if tracks:
            with self._lend(tracks[0]) as detector:
                for each in tracks:
                    self._track(cast(AudioDetector, detector), each, listening(each, len(tracks)))

    def _track(self, listener: AudioDetector, assignment: Assignment, label: str) -> None:
        from video_censor_personal.media.audio import windows
        from video_censor_personal.media.channels import signals

        with self._writing(assignment) as draft, self._shown(label, draft.reached) as reached:
            rate = listener.sample_rate
            listener.track_language = self._language(assignment.track)
            first = round(draft.reached * rate)
            meter = Meter()
            sound = self._sound(assignment.track, rate, meter)
            for window in windows(sound, rate, listener.window_seconds, first):
                begin, end = window.first, window.end / rate
                apart = signals(window.pcm, rate)
                del window  # all its channels: most are not needed, and a model needs the memory
                heard = partial(self._heard, reached, begin / rate)
                passes = Passes(heard, _MOST * (end - begin / rate), len(apart))
                for number, signal in enumerate(apart):
                    self._context.cancel.check()
                    start = (begin + signal.first) / rate
                    listener.reached = passes.after(number)
                    observe = partial(listener.observe, signal.pcm, start)
                    for seen in _checked(assignment.name, observe):
                        self._context.cancel.check()
                        draft.add(replace(seen, channel=signal.channel))
                        passes.at(seen.end - start)
                draft.mark(end)
                reached(end)
            draft.coverage = replace(meter.coverage(), device=listener.device)

    def _heard(self, reached: Callable[[float], None], begin: float, seconds: float) -> None:
        """Show how much of a window was heard; stop where that is asked for."""
        self._context.cancel.check()
        reached(begin + seconds)

    def _language(self, track: int | None) -> str | None:
        """A track's language, as the film gives it."""
        tracks = self._context.film.info.of_kind("audio")
        return next((language_code(each.language) for each in tracks if each.index == track), None)

    def texts(self, assignments: Sequence[Assignment]) -> None:
        """Let one detector read its texts; the tracks of the film are read in one pass."""
        from video_censor_personal.media.sidecars import UnreadableText, read_sidecar
        from video_censor_personal.media.subtitles import pictures_a_second, read_tracks, unread_captions

        film = self._context.film
        tracks = [each.text for each in assignments if each.text is not None and each.text.is_readable_track]
        written: dict[int, WrittenText] = read_tracks(film.info, tracks)
        for number, each in enumerate(assignments):
            self._context.cancel.check()
            text = each.text
            told = unread_captions(film.info) if number == 0 else ()
            if text is None:
                self.store_nothing(each, *told)
            elif text.unreadable:
                self._unread(each, text.unreadable, told)
            elif text.stream is not None:
                self._text(each, written[text.stream], told)
            else:
                try:
                    path = film.path.parent / (text.file or "")
                    said = read_sidecar(path, text, partial(pictures_a_second, film.info))
                except UnreadableText as error:
                    self._unread(each, error.why, told)
                else:
                    self._text(each, said, told)

    def _unread(self, assignment: Assignment, why: str, told: tuple[str, ...]) -> None:
        """Store that a text could not be read, and why."""
        assert assignment.text is not None
        warnings = (f"{assignment.text} was not read: {why}", *told)
        with self._store.writing(assignment.key, self._duration, warnings) as draft:
            draft.coverage = coverage_of(assignment.text, self._duration, why=why)

    def _text(self, assignment: Assignment, written: WrittenText, told: tuple[str, ...]) -> None:
        text = assignment.text
        assert text is not None
        warnings = (*(f"{text}: {note}" for note in written.notes), *told)
        with (
            self._lend(assignment) as detector,
            self._store.writing(assignment.key, self._duration, warnings) as draft,
            self._shown(reading(assignment), draft.reached) as reached,
        ):
            reader = cast(TextDetector, detector)
            sound = self._nearby(assignment) if reader.wants_sound else None
            starts = {cue.start for cue in written.cues}
            observe = partial(reader.observe, written.cues, sound, draft.reached)
            for seen in _checked(assignment.name, observe):
                self._context.cancel.check()
                begins = seen.start in starts and not seen.aligned
                if begins and seen.start >= draft.reached + _READ_BETWEEN_MARKS:
                    draft.mark(seen.start)
                draft.add(seen)
                reached(min(seen.end, self._duration))
            reached(self._duration)
            draft.coverage = coverage_of(text, self._duration, written.lost)

    def _nearby(self, assignment: Assignment) -> NearbySound | None:
        """The sound that a text goes with: a track in its language where there is one."""
        from video_censor_personal.media.audio import ForwardSound, choose_track

        info = self._context.film.info
        language = assignment.parameters["language"]
        tracks = info.of_kind("audio")
        track = next((each.index for each in tracks if language_code(each.language) == language), None)
        track = choose_track(info) if track is None else track
        return None if track is None else ForwardSound(info, track)

    def _sound(self, track: int | None, rate: int, meter: Meter) -> Iterator[NDArray[np.float32]]:
        from video_censor_personal.media.audio import read_channels

        for block in read_channels(self._context.film.info, rate, track=track, meter=meter):
            self._context.cancel.check()
            yield block

    def frames(self, assignments: Sequence[Assignment]) -> None:
        from video_censor_personal.media.frames import read_pictures

        with ExitStack() as stack:
            detectors = [cast(FrameDetector, stack.enter_context(self._lend(each))) for each in assignments]
            samplers = [
                Sampler(each.step, _checking(each.name, detector), stack.enter_context(self._writing(each)))
                for each, detector in zip(assignments, detectors, strict=True)
            ]
            last = min((sampler.draft for sampler in samplers), key=lambda draft: draft.reached)
            start, meter = last.reached, Meter(last.measured)
            reached = stack.enter_context(self._shown(looking(assignments), start))
            # Nobody looks closer than this, and turning a small picture into RGB costs a fraction.
            shortest = max(max(detector.frame_size) for detector in detectors)
            for picture in read_pictures(self._context.film.info, shortest, start, meter):
                self._context.cancel.check()
                for sampler in samplers:
                    sampler.show(picture, meter.state)
                reached(picture.time)
            for sampler, detector in zip(samplers, detectors, strict=True):
                sampler.finish()
                sampler.draft.coverage = replace(meter.coverage(), device=detector.device)

    def judge(self, assignment: Assignment) -> None:
        """Let a judge look at what the others were unsure of, or at a picture of each shot."""
        context = self._context
        with self._writing(assignment) as draft:
            work = Judging(assignment, context.film.info, draft, self._store, context.cancel)
            if work.needs_shots:
                with self._shown(finding_shots(assignment), 0.0) as reached:
                    work.find_shots(reached)
            chosen = work.plan()
            left, failures, device = work.left(chosen), Failures(), None
            if left:
                with self._lend(assignment) as lent, self._shown(judging(assignment), 0.0) as reached:
                    detector = cast(JudgeDetector, lent)
                    judge = partial(_judged, assignment.name, detector)
                    failures = work.judge(left, max(detector.frame_size), judge, reached)
                    device = detector.device
            draft.coverage = replace(work.coverage(chosen, failures), device=device)
        if failures.spans:
            logger.warning("%s", draft.coverage.judged)

    @contextmanager
    def _writing(self, assignment: Assignment) -> Iterator[Draft]:
        with self._store.writing(assignment.key, self._duration) as draft:
            if draft.reached:
                logger.info("%s resumes at %s", assignment.name, format_time(draft.reached))
            yield draft

    def _shown(self, label: str, start: float) -> AbstractContextManager[Callable[[float], None]]:
        return film_progress(self._context.progress, label, self._duration, start)


def _checking(name: str, detector: FrameDetector) -> Callable[[Sequence[Frame]], Iterator[Observation]]:
    return lambda frames: _checked(name, partial(detector.observe, frames), {each.time for each in frames})


def _judged(name: str, detector: JudgeDetector, frame: Frame) -> list[Observation]:
    seen = list(_checked(name, partial(detector.observe, frame), {frame.time}))
    if not seen:
        raise DetectorError(f"The detector {name} failed", "it said nothing of a picture", "Run again")
    return seen


def _checked(
    name: str, observe: Callable[[], Iterable[Observation]], times: Collection[float] | None = None
) -> Iterator[Observation]:
    """Yield what is observed as long as it makes sense: a score that is no number is a failure.

    Args:
        name: the detector's.
        observe: returns the observations.
        times: of the pictures that were shown, if any were.
    """
    with failing_closed(name):
        for seen in observe():
            if not (seen.start <= seen.end and -_SLACK <= seen.score <= 1 + _SLACK):
                raise ValueError(f"{seen} is no observation")
            if times is not None and seen.start not in times:
                raise ValueError(f"{seen} is of no picture that was shown")
            yield seen
