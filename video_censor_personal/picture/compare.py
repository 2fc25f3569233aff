"""How alike two pictures are, and whether what was hidden in one of them can still be told."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.picture.cover import plane_levels
from video_censor_personal.picture.planes import Plane, Rectangle, converted, plane_samples, planes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 16
"""Samples of the luma along the side of a block: the smallest that is looked at by itself."""
_LARGE = 1 << 17
"""Samples; of a larger part every other row and column tells enough."""
_MOST_LEFT, _MOST_LEFT_OF_ALL = 0.5, 0.25
"""The share of its detail that may be left of a block, where an encoder's noise counts, and of a part."""
_FLAT, _ALL_FLAT = 16.0, 4.0
"""The mean square, in steps of 8 bits, below which a block, or a part, has no detail that one could see."""
_FLAT_COLOR = 64.0
"""The same for a block of chroma: encoders keep less of it, and eyes see less of it."""
_MOST_OFF = 20.0
"""Steps of 8 bits by which a block may be off, as a root of the mean square; copies have up to 5."""


def likeness(was: Any, now: Any) -> float:
    """Return the peak signal-to-noise ratio of two frames, in decibels; size and format are the second's."""
    same = converted(was, now.width, now.height, now.format.name)
    pairs = list(zip(plane_samples(same), plane_samples(now), strict=True))
    errors = sum(float(np.sum((one.astype(np.float32) - other) ** 2)) for one, other in pairs)
    mean = errors / sum(one.size for one, _ in pairs)
    peak = (1 << now.format.components[0].bits) - 1
    return 20 * log10(peak / mean**0.5) if mean else float("inf")


def distance(frame: Any, color: str) -> float:
    """Return by how much the sample that is farthest from `color` is off, in steps of 8 bits."""
    worst = 0.0
    for seen, level in zip(plane_samples(frame), plane_levels(frame, color), strict=True):
        far = max(int(seen.max()) - level.value, level.value - int(seen.min()))
        worst = max(worst, far / (1 << (level.bits - 8)))
    return worst


class Seen:
    """What a part of a picture shows before it is hidden."""

    def __init__(self, frame: Any, part: Rectangle) -> None:
        self._part = part
        self._was = [_part(plane, part).copy() for plane in planes_of(frame)]
        self._steps = _steps(frame)

    def is_hidden(self, wanted: Any, now: Any) -> bool:
        """Whether a frame shows at this place what is wanted, and nothing of what was there.

        What was taken away is the difference between what was there and what is wanted. As far as the frame
        is off in the same way, it shows that still. That is a projection, to which an encoder's noise adds
        little. It is made for each block, so that a strip that was left out is found, and for all of them.

        Args:
            wanted: the picture as it was to be hidden.
            now: the picture as it is; both have the format of the first.
        """
        flats = [_FLAT, *([_FLAT if wanted.format.is_rgb else _FLAT_COLOR] * (len(self._was) - 1))]
        for was, meant, now_plane, step, flat in zip(
            self._was, planes_of(wanted), planes_of(now), _steps(wanted), flats, strict=True
        ):
            hidden = _part(meant, self._part).astype(np.float32)
            taken, off = (was - hidden) / step, (_part(now_plane, self._part) - hidden) / step
            sides = _sides(meant, _stride(self._part))
            energy, left = _means(taken * taken, sides), _means(taken * off, sides)
            if np.any((energy >= flat) & (left > _MOST_LEFT * energy)):
                return False
            if energy.size and energy.mean() >= _ALL_FLAT and left.mean() > _MOST_LEFT_OF_ALL * energy.mean():
                return False
            if np.any(_means(off * off, sides) > _MOST_OFF**2):
                return False
        return True


def is_as_wanted(wanted: Any, now: Any) -> bool:
    """Whether no block of a frame shows something else than the one of this format that is wanted."""
    for meant, seen, step in zip(planes_of(wanted), planes_of(now), _steps(wanted), strict=True):
        off = (seen.samples[::2, ::2].astype(np.float32) - meant.samples[::2, ::2]) / step
        if np.any(_means(off * off, _sides(meant, 2)) > _MOST_OFF**2):
            return False
    return True


def _part(plane: Plane, part: Rectangle) -> NDArray[Any]:
    stride = _stride(part)
    return plane.part(part)[::stride, ::stride]


def _stride(part: Rectangle) -> int:
    return 2 if (part.right - part.left) * (part.bottom - part.top) > _LARGE else 1


def _sides(plane: Plane, stride: int) -> tuple[int, int]:
    """Return how many rows and columns of a plane a block has."""
    return max(1, _BLOCK // plane.high // stride), max(1, _BLOCK // plane.wide // stride)


def _steps(frame: Any) -> list[float]:
    """Return how large a step of 8 bits is in each plane."""
    components = sorted(frame.format.components, key=lambda each: each.plane)
    return [2.0 ** (each.bits - 8) for each in components]


def _means(values: NDArray[np.float32], sides: tuple[int, int]) -> NDArray[np.float32]:
    """Return the mean of each block; those at the right and the bottom are larger, up to twice."""
    if not values.size:
        return np.zeros((0, 0), np.float32)
    ends = ((max(length - side + 1, 1), side) for length, side in zip(values.shape, sides, strict=True))
    tops, lefts = (np.arange(0, end, side) for end, side in ends)
    sums = np.add.reduceat(np.add.reduceat(values, tops, axis=0), lefts, axis=1)
    counts = np.outer(np.diff(tops, append=len(values)), np.diff(lefts, append=values.shape[1]))
    return np.asarray(sums / counts, np.float32)
