"""What the page shows of a film, made in a process of its own: clips, stills, the waveform."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from video_censor_personal.media.errors import MediaError
from video_censor_personal.runners.runner import Job, JobContext

if TYPE_CHECKING:
    from video_censor_personal.clips.request import ClipRequest


class ClipNotMade(MediaError):
    """A part of a film cannot be shown."""

    def __init__(self, film: Path, start: float, why: str) -> None:
        super().__init__(
            f"{film.name} cannot be shown at {start:.1f} s",
            why,
            "Look at another moment of it, or play the film itself; what was decided is not touched by this",
        )


@dataclass(frozen=True)
class MakeClip(Job):
    """Write a clip to the file `to`; `notes` is the folder of what is known of films."""

    film: Path
    notes: Path
    wanted: ClipRequest
    to: Path

    def run(self, context: JobContext) -> None:
        """Write it. Raises Failure where it cannot be made."""
        import av

        from video_censor_personal.clips.clip import write_clip
        from video_censor_personal.media.errors import RenderError, write_failure
        from video_censor_personal.media.probe import probe

        info = probe(self.film, self.notes)
        try:
            write_clip(info, self.wanted, self.to, context.cancel)
        except (av.FFmpegError, OSError, ValueError) as error:
            failure = write_failure(self.to, error)
            if not isinstance(failure, RenderError):  # the disk is full, or may not be written
                raise failure from error
            raise ClipNotMade(self.film, self.wanted.start, failure.why) from error


@dataclass(frozen=True)
class MakeStill(Job):
    """Make a JPEG of the picture at a moment, so wide at most."""

    film: Path
    notes: Path
    moment: float
    width: int

    def run(self, context: JobContext) -> bytes | None:
        """Return it; None where there is no picture then. Raises MediaError."""
        import av

        from video_censor_personal.media.probe import probe
        from video_censor_personal.media.stills import stills

        context.cancel.check()
        info = probe(self.film, self.notes)
        try:
            (found,) = stills(info, [self.moment], self.width)
        except (av.FFmpegError, ValueError) as error:
            raise ClipNotMade(self.film, self.moment, str(error)) from error
        return found


@dataclass(frozen=True)
class Listen(Job):
    """Measure the waveform of a film."""

    film: Path
    notes: Path

    def run(self, context: JobContext) -> bytes:
        """Return a byte for each tenth of a second (see `peaks`). Raises MediaError."""
        from video_censor_personal.media.peaks import peaks
        from video_censor_personal.media.probe import probe

        return peaks(probe(self.film, self.notes), context.progress, context.cancel)
