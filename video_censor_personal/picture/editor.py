"""Frames of a film made ready for the encoder: hidden what is to be hidden, each at its time in the copy."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Any

from av.video.frame import PictureType

from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.screen_time import ScreenTime
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.picture.effects import Effects
from video_censor_personal.picture.encoding import Look
from video_censor_personal.picture.planes import converted

_MILLISECOND = 1000
_HALF = Fraction(1, 2)


class FrameEditor:
    """Edits frames that come by time.

    A frame is on the screen from its time to the next one's, the last one for good.

    Args:
        look: that of the film's picture.
        pixel_format: of the frames that are made.
        edits: by time; those are applied to a frame that touch it by its own clock, or by the copy's.
        cuts: what is taken out.
        counts_milliseconds: whether the copy's container does.
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
        active = self._effects.active(self._screen_time(pts, until))
        made = converted(frame, self._look.width, self._look.height, self._format)
        self._effects.apply(made, active, pts * base)
        made.pts, made.duration, made.time_base = self._cuts.moved_ticks(pts, base), duration, base
        # Nothing of what is hidden serves as a reference for what is not, nor the other way round.
        made.pict_type = PictureType.I if active != self._active else PictureType.NONE
        self._active = active
        return made

    def _screen_time(self, pts: int, until: int | None) -> ScreenTime:
        base = self._look.time_base
        film = ScreenTime(pts * base, None if until is None else until * base)
        if not self._counts_milliseconds:
            return film
        return film.joined(ScreenTime(self._in_copy(pts), None if until is None else self._in_copy(until)))

    def _in_copy(self, pts: int) -> Fraction:
        """Return when a frame appears in a copy that counts milliseconds, put on the film's time line."""
        base = self._look.time_base
        milliseconds = self._cuts.moved_ticks(pts, base) * base * _MILLISECOND
        # As muxers round: a half goes up.
        appears = Fraction(floor(milliseconds + _HALF), _MILLISECOND)
        return appears + pts * base - self._cuts.moved(pts * base)
