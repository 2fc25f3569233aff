"""A part of a film, and what is done to it, exactly as in a copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from video_censor_personal.clips.request import AllCut, ClipRequest, CopyEdits
from video_censor_personal.containers.container import CONTAINERS
from video_censor_personal.edits.after_cuts import sounds_in_copy
from video_censor_personal.edits.cuts import NO_CUTS, Cuts
from video_censor_personal.edits.screen_time import ScreenTime
from video_censor_personal.edits.values import Cut, PictureEdit, SoundEdit, exact
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.moments import frames_from
from video_censor_personal.smart_render.borders import Shown, placed

_SHORT = 10
"""Seconds. A cut up to this is looked at in one go; of a longer one, only the borders are."""
_LEAST_LEFT = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Part:
    """Seconds of a film, [start, end), and what is done to them; `sound` is at the copy's times."""

    start: Fraction
    end: Fraction
    cuts: Cuts = NO_CUTS
    sound: tuple[SoundEdit, ...] = ()
    picture: tuple[PictureEdit, ...] = ()
    copy: CopyEdits | None = None

    @property
    def begin(self) -> Fraction:
        """Where it begins in the copy."""
        return self.cuts.moved(self.start)

    @property
    def length(self) -> Fraction:
        """How long it is in the copy."""
        return self.cuts.moved(self.end) - self.begin

    @property
    def counts_milliseconds(self) -> bool:
        """Whether the times of pictures in the copy are whole milliseconds."""
        container = None if self.copy is None else CONTAINERS.get(self.copy.suffix.lower())
        return container is not None and container.format in ("matroska", "webm")


def part_of(info: MediaInfo, wanted: ClipRequest) -> Part:
    """Return a part of a film, at most to its end, and what is done to it.

    Raises:
        AllCut: nothing of it is in the copy.
        MediaError: the film cannot be read, or the part is not in it.
    """
    start = max(wanted.start, 0.0)
    begin, end = exact(start), exact(min(start + wanted.seconds, info.duration))
    if begin >= end:
        raise MediaError(
            f"There is nothing to show of {info.path.name} at {start:.1f} s",
            f"it lasts {info.duration:.1f} s",
            "Look at a moment before its end",
        )
    if wanted.copy is None:
        return Part(begin, end)
    near = wanted.copy.within(float(begin), float(end))
    cuts = _placed(info, near.edits.cuts)
    sound = sounds_in_copy(near.edits.sound, cuts)
    part = Part(begin, end, cuts, sound, near.edits.picture, near)
    if part.length < min(_LEAST_LEFT, end - begin):
        raise AllCut(info.path, float(begin), float(end))
    return part


def _placed(info: MediaInfo, wanted: tuple[Cut, ...]) -> Cuts:
    """Return cuts as the copy has them: from one picture to another (see `borders.place_cuts`)."""
    end = exact(info.duration)
    cuts = [(exact(each.start), min(exact(each.end), end)) for each in wanted if exact(each.start) < end]
    videos = [each.index for each in info.of_kind("video")]
    return placed(cuts, [[_near(info, index, cut) for index in videos] for cut in cuts], end)


def _near(info: MediaInfo, index: int, cut: tuple[Fraction, Fraction]) -> list[Shown]:
    """Return when the pictures at both borders of a cut are on the screen, and maybe some between."""
    start, stop = cut
    if stop - start <= _SHORT:
        return list(_on_screen(info, index, start, stop))
    return [span for moment in cut for span in list(_on_screen(info, index, moment, moment))[:1]]


def _on_screen(info: MediaInfo, index: int, start: Fraction, end: Fraction) -> Iterator[Shown]:
    """Yield from when to when pictures are on the screen, of those that are at any moment of a span."""
    held: Fraction | None = None
    for _, begin in shown_from(info, index, start):
        if held is not None and not ScreenTime(held, begin).is_over_at(start):
            yield held, begin
        if ScreenTime(begin, None).begins_after(end):
            return
        held = begin
    if held is not None:
        yield held, None


def shown_from(info: MediaInfo, index: int, moment: Fraction) -> Iterator[tuple[Any, Fraction]]:
    """Yield frames, each with the moment when it appears, put on the film's time line in its own ticks.

    Those that are never seen are left out.
    """
    last: int | None = None
    following = 0
    for frame in frames_from(info, index, moment):
        base = frame.time_base
        frame.pts = following if frame.pts is None else frame.pts - round(info.origin / base)
        if last is None or frame.pts > last:
            last = frame.pts
            following = last + max(frame.duration or 0, 1)
            yield frame, last * base
