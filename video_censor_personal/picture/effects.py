"""What is hidden in each picture, and how."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from video_censor_personal.edits.values import PictureEdit, exact
from video_censor_personal.picture.cover import cover


class Effects:
    """The edits of a picture, applied frame by frame.

    A frame is on the screen from its time to the next one's, the last one for good; an edit applies to it
    when it has any moment of that.
    """

    def __init__(self, edits: Sequence[PictureEdit]) -> None:
        self._edits = [(exact(edit.start), exact(edit.end), edit) for edit in edits]
        self._reached = 0

    def active(self, begin: Fraction, until: Fraction | None) -> tuple[PictureEdit, ...]:
        """Return the edits of a frame that is shown from `begin` until another; frames come by time."""
        while self._reached < len(self._edits) and self._edits[self._reached][1] < begin:
            self._reached += 1
        return tuple(
            edit
            for start, end, edit in self._edits[self._reached :]
            if end >= begin and (start < until if until is not None else True)
        )

    def apply(self, frame: Any, edits: Sequence[PictureEdit], moment: Fraction) -> None:
        """Hide in `frame`, in place, what these edits hide at `moment`; the strongest effect is on top."""
        for edit in edits:
            cover(frame, edit.color)
