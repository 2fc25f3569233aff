"""Running detectors over a video: one decode of the pictures feeds all that look at them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from modeltasks.errors import Failure
from modeltasks.report.progress import Progress
from modeltasks.support.cancel import Cancelled, CancelToken
from video_censor_personal.analysis.draft import Draft
from video_censor_personal.analysis.observation_store import ObservationKey, ObservationStore, Observed
from video_censor_personal.analysis.viewing import Viewer
from video_censor_personal.detectors.base import (
    AudioDetector,
    Detector,
    DetectorError,
    Frame,
    FrameDetector,
    StandaloneDetector,
)
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import UsageError
from video_censor_personal.findings.observations import Observation
from video_censor_personal.findings.timecode import format_time
from video_censor_personal.media.progress import film_progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from video_censor_personal.media.meter import Meter

_SLACK = 1e-6

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A detector that has to run, with all its parameters, and the key to keep its observations under.

    `step` is the time in seconds between two frames that it wants to see. `track` is the stream that it is
    to listen to; a film without sound has none.
    """

    name: str
    kind: type[Detector]
    parameters: Mapping[str, Any]
    step: float
    model: InstalledModel | None
    key: ObservationKey
    track: int | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """The video to look at, where to show how far we are, and what may stop us."""

    path: Path
    progress: Progress
    cancel: CancelToken


def media_duration(video: Path) -> float:
    """Return the video's length in seconds.

    Raises:
        MediaError: it cannot be read.
    """
    from video_censor_personal.media.probe import probe

    return probe(video).duration


class NothingToSee(UsageError):
    """Every detector looks at pictures, and there are none."""

    def __init__(self, film: Path) -> None:
        super().__init__(
            f"{film} was not analysed",
            "it has sound only, and all enabled detectors look at pictures",
            "Add a detector that listens to `detectors` in the config, such as one of type speech",
        )


def observe(
    media: Media, assignments: Sequence[Assignment], store: ObservationStore, *, only_eyes: bool = False
) -> dict[str, Observed]:
    """Run the detectors and return what they observed, by digest of the key; it is in the store then.

    Args:
        media: the film.
        assignments: the detectors that have to run.
        store: where to keep what they observe.
        only_eyes: no detector takes part that does not look at pictures.

    Raises:
        NothingToSee: `only_eyes`, and there are no pictures.
        VideoCensorError: the first failure, of the video, a detector or the store.
        Cancelled: a stop was asked for.
    """
    if not assignments:
        return {}
    from video_censor_personal.media.probe import probe

    info = probe(media.path)
    run = _Run(media, store, info.duration)
    for assignment in _of_type(StandaloneDetector, assignments):
        run.standalone(assignment)
    listening = _of_type(AudioDetector, assignments)
    for name in dict.fromkeys(each.name for each in listening):
        run.audio([each for each in listening if each.name == name])
    looking = _of_type(FrameDetector, assignments)
    if info.of_kind("video"):
        run.frames(looking)
    elif only_eyes:
        raise NothingToSee(media.path)
    else:
        for assignment in looking:
            run.nothing(assignment, "the film has no picture, so there was nothing to see")
    return {each.key.digest: store.written(each.key) for each in assignments}


def _of_type(kind: type, assignments: Iterable[Assignment]) -> list[Assignment]:
    return [each for each in assignments if issubclass(each.kind, kind)]


@contextmanager
def failing_closed(name: str) -> Iterator[None]:
    """Make any error of the detector `name` a `DetectorError`: it must not pass for 'nothing found'."""
    try:
        yield
    except (Failure, Cancelled):
        raise
    except Exception as error:
        logger.debug("%s", name, exc_info=True)
        detail = (str(error).splitlines() or [""])[0]
        raise DetectorError(
            f"The detector {name} failed",
            f"{type(error).__name__}: {detail}".rstrip(": "),
            "The video was not cleared. Run again; `enabled: false` leaves the detector out",
        ) from error


class _Run:
    """One run over one video; `duration` in seconds."""

    def __init__(self, media: Media, store: ObservationStore, duration: float) -> None:
        self._media = media
        self._store = store
        self._duration = duration

    def nothing(self, assignment: Assignment, why: str) -> None:
        """Note that there was nothing to look at."""
        with self._store.writing(assignment.key, self._duration, (why,)):
            pass

    def standalone(self, assignment: Assignment) -> None:
        with self._opened(assignment) as detector, self._writing(assignment) as draft:
            for seen in _checked(assignment.name, cast(StandaloneDetector, detector).observe()):
                self._media.cancel.check()
                draft.add(seen)

    def audio(self, assignments: Sequence[Assignment]) -> None:
        """Let one detector listen to its tracks, one after the other."""
        tracks = [each for each in assignments if each.track is not None]
        for each in assignments:
            if each.track is None:
                self.nothing(each, "the video has no sound, so nothing was listened to")
        if tracks:
            with self._opened(tracks[0]) as detector:
                for each in tracks:
                    label = each.name if len(tracks) == 1 else f"{each.name}, stream {each.track}"
                    self._track(cast(AudioDetector, detector), each, label)

    def _track(self, listener: AudioDetector, assignment: Assignment, label: str) -> None:
        from video_censor_personal.media.channels import signals
        from video_censor_personal.media.meter import Meter
        from video_censor_personal.media.windows import windows

        with self._writing(assignment) as draft, self._shown(label, draft.reached) as reached:
            rate = listener.sample_rate
            first = round(draft.reached * rate)
            meter = Meter()
            sound = self._sound(assignment.track, rate, meter)
            for window in windows(sound, rate, listener.window_seconds, first):
                begin, end = window.first, window.end / rate
                apart = signals(window.pcm, rate)
                del window  # all its channels: most are not needed, and a model needs the memory
                for signal in apart:
                    self._media.cancel.check()
                    start = (begin + signal.first) / rate
                    for seen in _checked(assignment.name, listener.observe(signal.pcm, start)):
                        self._media.cancel.check()
                        draft.add(replace(seen, channel=signal.channel))
                        reached(seen.end)
                draft.mark(end)
                reached(end)
            draft.coverage = meter.coverage()

    def _sound(self, track: int | None, rate: int, meter: Meter) -> Iterator[NDArray[np.float32]]:
        from video_censor_personal.media.audio import read_channels

        for block in read_channels(self._media.path, rate, track=track, meter=meter):
            self._media.cancel.check()
            yield block

    def frames(self, assignments: Sequence[Assignment]) -> None:
        if not assignments:
            return
        from video_censor_personal.media.frames import read_pictures
        from video_censor_personal.media.meter import Meter

        with ExitStack() as stack:
            detectors = [cast(FrameDetector, stack.enter_context(self._opened(each))) for each in assignments]
            viewers = [
                Viewer(each.step, _checking(each.name, detector), stack.enter_context(self._writing(each)))
                for each, detector in zip(assignments, detectors, strict=True)
            ]
            label = ", ".join(assignment.name for assignment in assignments)
            last = min((viewer.draft for viewer in viewers), key=lambda draft: draft.reached)
            start, meter = last.reached, Meter(last.measured)
            reached = stack.enter_context(self._shown(label, start))
            # Nobody looks closer than this, and turning a small picture into RGB costs a fraction.
            shortest = max(max(detector.frame_size) for detector in detectors)
            for picture in read_pictures(self._media.path, shortest, start, meter):
                self._media.cancel.check()
                for viewer in viewers:
                    viewer.show(picture, meter.state)
                reached(picture.time)
            for viewer in viewers:
                viewer.finish()
                viewer.draft.coverage = meter.coverage()

    @contextmanager
    def _opened(self, assignment: Assignment) -> Iterator[Detector]:
        with failing_closed(assignment.name):
            detector = assignment.kind(assignment.parameters)
        try:
            with failing_closed(assignment.name):
                detector.open(assignment.model)
            yield detector
        finally:
            detector.close()

    @contextmanager
    def _writing(self, assignment: Assignment) -> Iterator[Draft]:
        with self._store.writing(assignment.key, self._duration) as draft:
            if draft.reached:
                logger.info("%s goes on at %s", assignment.name, format_time(draft.reached))
            yield draft

    def _shown(self, label: str, start: float) -> AbstractContextManager[Callable[[float], None]]:
        return film_progress(self._media.progress, label, self._media.path, self._duration, start)


def _checking(name: str, detector: FrameDetector) -> Callable[[Sequence[Frame]], Iterator[Observation]]:
    def observe(frames: Sequence[Frame]) -> Iterator[Observation]:
        times = {frame.time for frame in frames}
        with failing_closed(name):
            for seen in _checked(name, detector.observe(frames)):
                if seen.start not in times:
                    raise ValueError(f"{seen} is of no picture that was shown")
                yield seen

    return observe


def _checked(name: str, observations: Iterable[Observation]) -> Iterator[Observation]:
    """The observations, as long as they make sense: a score that is no number is a failure."""
    with failing_closed(name):
        for seen in observations:
            if not (seen.start <= seen.end and -_SLACK <= seen.score <= 1 + _SLACK):
                raise ValueError(f"{seen} is no observation")
            yield seen
