"""Failures of deciding on segments: nothing was changed, and the page still has what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from modeltasks.report.os_errors import Use
from video_censor_personal.errors import VideoCensorError
from video_censor_personal.export.json_fields import SegmentsError
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.timecode import format_short

_TRY_AGAIN = "then wait a moment: the page keeps what you decided, and saves it"
_MOST_NAMED = 3
SAVING = Use(
    "{path} was not saved",
    "{path} was not saved",
    f"Free some space on that disk, {_TRY_AGAIN}",
    f"See to it that you may write to that folder, {_TRY_AGAIN}",
    f"Move what is in the way elsewhere, {_TRY_AGAIN}",
    f"Check that disk, {_TRY_AGAIN}",
)
"""What it means that decisions could not be saved: what was in the file before is still there."""


class NotPossible(VideoCensorError):
    """A change makes no sense; `field` is the part of it that does not, where it is one."""

    kind: ClassVar[str] = "review"

    def __init__(self, what: str, why: str, fix: str, field: str | None = None) -> None:
        super().__init__(what, why, fix)
        self.field = field


class Conflict(VideoCensorError):
    """Somebody else changed a segment since it was looked at.

    `segments` are those that are to be changed, as they are now; `gone` the ids of those that are no more.
    """

    kind: ClassVar[str] = "review"

    def __init__(self, segments: Sequence[Segment], gone: Sequence[str]) -> None:
        parts = []
        if segments:
            names = [name_of(each) for each in segments[:_MOST_NAMED]]
            names += [f"{len(segments) - _MOST_NAMED} more"] if len(segments) > _MOST_NAMED else []
            parts.append(f"{_in_words(names)} {'was' if len(segments) == 1 else 'were'} changed meanwhile")
        if gone:
            parts.append("one finding is gone" if len(gone) == 1 else f"{len(gone)} findings are gone")
        what = ", and ".join(parts)
        super().__init__(
            f"{what[:1].upper()}{what[1:]}",
            "another page or program did so after this page had read the file",
            "Look at what is there now, and decide again",
        )
        self.segments = tuple(segments)
        self.gone = tuple(gone)


class AnotherFilm(SegmentsError):
    """A results file now holds those of another film than when it was opened."""

    def __init__(self, path: Path, before: str, now: str) -> None:
        super().__init__(
            f"{path} is now about another film",
            f"it was about {before}, and somebody replaced it by one about {now}",
            "Put the file back that was there, or close this page and open it again",
        )


class BeyondTheFilm(SegmentsError):
    """Segments begin where the film has ended, so that what they are about is somewhere else."""

    def __init__(self, segments: Sequence[Segment], end: float) -> None:
        is_one = len(segments) == 1
        names = ", ".join(map(name_of, segments[:_MOST_NAMED]))
        more = f" and {len(segments) - _MOST_NAMED} more" if len(segments) > _MOST_NAMED else ""
        super().__init__(
            f"{names}{more} {'is' if is_one else 'are'} after the end of the film",
            f"the film ends at {format_short(end)}",
            f"Choose {'it' if is_one else 'them'} in the list and correct the times, then make the copy",
        )


class NoLongerRead(SegmentsError):
    """A results file could be read, and cannot any more."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} cannot be read any more",
            f"it was changed or taken away while this page was open: {why}",
            "Put it back as it was, or mend it: the page still has what was found and what you decided",
        )


def name_of(segment: Segment) -> str:
    """Return how a message calls a segment; no word that was said is repeated."""
    return f"{segment.category} at {format_short(segment.start)}"


def _in_words(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
