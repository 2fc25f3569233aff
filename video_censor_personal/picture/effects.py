"""What is hidden in each picture, and how."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import takewhile
from typing import Any

from video_censor_personal.edits.screen_time import ScreenTime
from video_censor_personal.edits.values import PictureEdit, exact
from video_censor_personal.findings.observations import Box
from video_censor_personal.picture.blurring import blur, cell_size, mosaic
from video_censor_personal.picture.cover import cover
from video_censor_personal.picture.planes import Rectangle, rectangle, whole

_ORDER = ("blur", "mosaic", "color")
_AHEAD = 0.04
"""Seconds that a box moves on and is hidden all the way: a frame of two fields shows two moments."""


class Effects:
    """The edits of a picture, applied frame by frame.

    Args:
        edits: by time. Boxes are where they are in the picture as it is stored, before players turn it.
    """

    def __init__(self, edits: Sequence[PictureEdit]) -> None:
        self._edits = [_Timed(edit) for edit in edits]
        self._moving = {id(each.edit): each for each in self._edits}
        self._reached = 0

    def active(self, shown: ScreenTime) -> tuple[PictureEdit, ...]:
        """Return the edits that touch a frame which is shown then; frames come by time."""
        while self._reached < len(self._edits) and shown.begins_after(self._edits[self._reached].end):
            self._reached += 1
        rest = (self._edits[number] for number in range(self._reached, len(self._edits)))
        begun = takewhile(lambda each: not shown.is_over_at(each.start), rest)
        return tuple(each.edit for each in begun if not shown.begins_after(each.end))

    def apply(self, frame: Any, edits: Sequence[PictureEdit], moment: Fraction) -> None:
        """Hide in `frame`, in place, what these edits hide at `moment`; the strongest effect is on top.

        Args:
            frame: its format must be coverable (see `picture.planes`).
            edits: those that `active` gave for it.
            moment: when it appears.
        """
        for edit, part in self.parts(frame, edits, moment):
            if edit.effect == "color":
                cover(frame, edit.color, part)
            else:
                hide = mosaic if edit.effect == "mosaic" else blur
                hide(frame, part, self.cell(frame, edit))

    def parts(
        self, frame: Any, edits: Sequence[PictureEdit], moment: Fraction
    ) -> Iterator[tuple[PictureEdit, Rectangle]]:
        """Yield what `apply` hides in a frame, in this order; a box beside the picture hides nothing."""
        for edit in sorted(edits, key=lambda each: _ORDER.index(each.effect)):
            box = self._moving[id(edit)].box(float(moment))
            part = whole(frame) if box is None else rectangle(frame, box)
            if part is not None:
                yield edit, part

    def cell(self, frame: Any, edit: PictureEdit) -> int:
        """Return the size of the cells in which an edit takes away detail: the same all the way."""
        wide, high = self._moving[id(edit)].largest
        return cell_size(max(wide * frame.width, high * frame.height), edit.strength)


class _Timed:
    """An edit with exact times, and where its box is; `largest` is its greatest width and height."""

    def __init__(self, edit: PictureEdit) -> None:
        self.edit = edit
        self.start, self.end = exact(edit.start), exact(edit.end)
        self._moments = [at.moment for at in edit.path]
        boxes = [at.box for at in edit.path] or [Box(0, 0, 1, 1)]
        self.largest = max(box.width for box in boxes), max(box.height for box in boxes)

    def box(self, moment: float) -> Box | None:
        """Return all that the box passes over from `moment` until a little later; None: no box."""
        if not self._moments:
            return None
        until = moment + _AHEAD
        between = self.edit.path[bisect_right(self._moments, moment) : bisect_left(self._moments, until)]
        return _around([self._at(moment), *(at.box for at in between), self._at(until)])

    def _at(self, moment: float) -> Box:
        path, after = self.edit.path, bisect_right(self._moments, moment)
        if after in (0, len(path)):
            return path[max(after - 1, 0)].box
        one, other = path[after - 1], path[after]
        share = (moment - one.moment) / (other.moment - one.moment)
        a, b = one.box, other.box
        return Box(
            a.left + (b.left - a.left) * share,
            a.top + (b.top - a.top) * share,
            a.width + (b.width - a.width) * share,
            a.height + (b.height - a.height) * share,
        )


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right = max(box.left + box.width for box in boxes)
    bottom = max(box.top + box.height for box in boxes)
    return Box(left, top, right - left, bottom - top)
