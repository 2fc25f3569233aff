"""A stream of an open file, looked at again from any moment on, to check it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from video_censor_personal.media.reader import FilmReader

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Track:
    """A stream of an open file; `origin` is the container's time, in seconds, of the time line's 0."""

    film: FilmReader
    index: int
    origin: Fraction

    def frames_from(self, moment: Fraction) -> Iterator[Any]:
        """Yield the frames from the last key frame before a moment of the container's clock on."""
        return self.film.frames_from(self.index, moment)


def spread(items: Sequence[T], most: int) -> list[T]:
    """Return at most so many items, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[number * (len(items) - 1) // (most - 1)] for number in range(most)]
