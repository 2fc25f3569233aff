"""Frames of a film made ready for the encoder: hidden what is to be hidden, each at its time in the copy."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from av.video.frame import PictureType

from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.picture.effects import Effects
from video_censor_personal.picture.encoding import Look
from video_censor_personal.picture.planes import converted

_MILLISECOND = 1000


class FrameEditor:
    """Edits frames that come by time.

    A frame is on the screen from its time to the next one's, the last one for good; it is covered when an
    edit has any moment of that. `counts_milliseconds` says that so does the copy's container.
    """

    def __init__(
        self,
        look: Look,
        pixel_format: str,
        edits: Sequence[PictureEdit],
        cuts: Cuts,
        *,
        counts_milliseconds: bool,
    ) -> None:
        self._look = look
        self._format = pixel_format
        self._effects = Effects(edits)
        self._cuts = cuts
        self._counts_milliseconds = counts_milliseconds
        self._active: tuple[PictureEdit, ...] = ()

    def edited(self, frame: Any, until: int | None) -> Any | None:
        """Return a frame for the encoder; None if it is cut out.

        Args:
            frame: its time is that of the film's time line, in the stream's ticks.
            until: when the next one appears, if any does.
        """
        base, pts, duration = self._look.time_base, frame.pts, frame.duration
        if not self._cuts.keeps(pts * base, None if until is None else until * base):
            return None
        begin = self._moments(pts)
        active = self._effects.active(min(begin), None if until is None else max(self._moments(until)))
        made = converted(frame, self._look.width, self._look.height, self._format)
        self._effects.apply(made, active, begin[0])
        made.pts, made.duration, made.time_base = self._cuts.moved_ticks(pts, base), duration, base
        # Nothing of what is hidden serves as a reference for what is not, nor the other way round.
        made.pict_type = PictureType.I if active != self._active else PictureType.NONE
        self._active = active
        return made

    def _moments(self, pts: int) -> tuple[Fraction, Fraction]:
        """Return when a frame appears: by its own clock, and by that of the output's container."""
        moment = pts * self._look.time_base
        if not self._counts_milliseconds:
            return moment, moment
        return moment, Fraction(round(moment * _MILLISECOND), _MILLISECOND)
