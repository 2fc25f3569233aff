"""A stream of an open file, looked at again from any moment on, to check it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from video_censor_personal.containers.cut_frames import Timed, kept_pictures, kept_sounds, timed
from video_censor_personal.edits.cuts import FOR_GOOD, NO_CUTS, Cuts
from video_censor_personal.media.reader import FilmReader

T = TypeVar("T")

_LONG = 5
"""Seconds of a cut that are not decoded to get behind it…"""
_RUN_UP = Fraction(1, 2)
"""… but for so many, which a decoder of sound needs to settle."""


@dataclass(frozen=True, slots=True)
class Track:
    """A stream of an open file; `origin` is the container's time, in seconds, of the time line's 0.

    With `cuts` it is that stream as it should be without what they take, at the times of the copy.
    """

    film: FilmReader
    index: int
    origin: Fraction
    cuts: Cuts = NO_CUTS

    def frames_from(self, moment: Fraction) -> Iterator[Any]:
        """Yield the frames from the last key frame before a moment of the container's clock on."""
        if not self.cuts.spans:
            return self.film.frames_from(self.index, moment)
        frames = self._around(self.cuts.film_moment(moment - self.origin))
        is_sound = self.film.stream(self.index).type == "audio"
        return (kept_sounds if is_sound else kept_pictures)(frames, self.cuts, self.origin)

    def _around(self, moment: Fraction) -> Iterator[Timed]:
        """Yield frames, each with its time, from a moment of the film on, but for the inside of long cuts."""
        can_seek = self.film.info.timeline.is_plain
        ends = [end for start, end in self.cuts.spans if can_seek and end - start > _LONG and end < FOR_GOOD]
        reached: Fraction | None = None
        while True:
            wanted = max(moment - _RUN_UP, Fraction(0))
            for frame, begin in timed(self.film.frames_from(self.index, wanted + self.origin), self.origin):
                if reached is not None and begin <= reached:
                    continue
                yield frame, begin
                reached = begin
                ahead = next((end for end in ends if begin < end), None)
                if ahead is not None and self.cuts.takes(begin) and ahead - begin > _LONG:
                    moment = ahead
                    break
            else:
                return


def spread(items: Sequence[T], most: int) -> list[T]:
    """Return at most so many items, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[number * (len(items) - 1) // (most - 1)] for number in range(most)]
