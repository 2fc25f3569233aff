"""Takes the detail out of a part of a picture: what is left is the mean of large cells, and nothing else.

Cells lie on a grid that is fixed to the picture, so that nothing flickers when the part moves. A mosaic shows
their means as they are. A blur draws a smooth surface through them; it is softened at the rim outside of the
part, so that inside of it nothing of the picture itself is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.picture.planes import Plane, Rectangle, planes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_CELLS, _FEWEST_CELLS = 12, 2
"""Along the longer side of what is hidden, at strength 0 and 1. A face can be told from 16 and more."""
_LEAST_CELL = 8
"""Samples; with fewer, an encoder would blur a mosaic."""
_STEP = 4
"""Cells are of whole samples in every plane."""
_PROBES = 32
"""Samples along each side of a cell that its mean is taken of; of a large one not all are needed."""
_BESIDE = 2
"""Cells beside a sample that have a part in its blur."""
_WIDEST_RIM = 24


def cell_size(longer: float, strength: float) -> int:
    """Return the side of a cell, in samples of the luma, for what is `longer` samples long."""
    cells = _MOST_CELLS - (_MOST_CELLS - _FEWEST_CELLS) * strength
    return max(_LEAST_CELL, ceil(longer / cells / _STEP) * _STEP)


def rim(cell: int) -> int:
    """Return over how many samples of the luma a blur fades out beside what is hidden."""
    return min(cell // 3 // _STEP * _STEP, _WIDEST_RIM)


def mosaic(frame: Any, part: Rectangle, cell: int) -> None:
    """Replace a part of `frame`, whose format must be coverable, by squares; in place."""
    frame.make_writable()
    for plane in planes_of(frame):
        down = _Cells.of(plane.rows(part), cell // plane.high, plane.samples.shape[0])
        across = _Cells.of(plane.columns(part), cell // plane.wide, plane.samples.shape[1])
        means = _means(plane, down, across).astype(plane.samples.dtype)
        plane.part(part)[:] = means[:, across.of_each][down.of_each]


def blur(frame: Any, part: Rectangle, cell: int) -> None:
    """Replace a part of `frame`, whose format must be coverable, by a blur with a soft rim; in place."""
    frame.make_writable()
    around = part.grown(rim(cell), frame.width, frame.height)
    for plane in planes_of(frame):
        down = _Cells.of(plane.rows(around), cell // plane.high, plane.samples.shape[0], _BESIDE)
        across = _Cells.of(plane.columns(around), cell // plane.wide, plane.samples.shape[1], _BESIDE)
        smooth = _surface(_mixed(_means(plane, down, across)), down, across)
        _fade_in(plane, smooth, part, around)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of one axis, from `first` to `last`, whose means some samples are made of.

    `length` is how many samples the axis has; its last cell may be cut off.
    """

    samples: range
    size: int
    length: int
    first: int
    last: int

    @classmethod
    def of(cls, samples: range, size: int, length: int, beside: int = 0) -> _Cells:
        """Return the cells that the samples are in, and so many beside them."""
        last = min(ceil(samples.stop / size) + beside, ceil(length / size))
        return cls(samples, size, length, max(samples.start // size - beside, 0), last)

    @property
    def of_each(self) -> NDArray[np.intp]:
        """Return in which of the cells each sample is."""
        return np.arange(self.samples.start, self.samples.stop) // self.size - self.first

    def probes(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return samples to take the means of the cells of, and where those of each cell begin."""
        step = max(1, self.size // _PROBES)
        starts = range(self.first * self.size, min(self.last * self.size, self.length), self.size)
        each = [np.arange(start, min(start + self.size, self.length), step) for start in starts]
        return np.concatenate(each), np.cumsum([0, *map(len, each[:-1])])

    def middles(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return the cell whose middle is before each sample, and how near the next one's is, from 0 to 1."""
        last = self.last - 1 - self.first
        places = (np.arange(self.samples.start, self.samples.stop) + 0.5) / self.size - 0.5 - self.first
        places = np.clip(places, 0, last)
        before = np.minimum(places.astype(np.intp), max(last - 1, 0))
        return before, (places - before).astype(np.float32)


def _means(plane: Plane, down: _Cells, across: _Cells) -> NDArray[np.float32]:
    """Return the mean of each cell, and half a step more: so cutting off the fraction rounds it."""
    (rows, tops), (columns, lefts) = down.probes(), across.probes()
    probed = plane.samples[np.ix_(rows, columns)]
    sums = np.add.reduceat(np.add.reduceat(probed, tops, axis=0, dtype=np.float32), lefts, axis=1)
    counts = np.diff([*tops, len(rows)])[:, None] * np.diff([*lefts, len(columns)])
    means: NDArray[np.float32] = (sums / counts + 0.5).astype(np.float32)
    return means


def _mixed(means: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each mean mixed with those beside it, 1 : 2 : 1, down and across."""
    for axis in (0, 1):
        wide = np.pad(means, [(1, 1) if each == axis else (0, 0) for each in (0, 1)], "edge")
        before, after = (np.take(wide, range(at, wide.shape[axis] - 2 + at), axis) for at in (0, 2))
        means = (means / 2 + (before + after) / 4).astype(np.float32)
    return means


def _surface(means: NDArray[np.float32], down: _Cells, across: _Cells) -> NDArray[np.float32]:
    """Return what lies straight between the means of neighbours, for every sample."""
    above, share = down.middles()
    below = np.minimum(above + 1, len(means) - 1)
    columns = means[above] + (means[below] - means[above]) * share[:, None]
    left, share = across.middles()
    smooth = np.empty((len(above), len(left)), np.float32)
    starts = [*np.flatnonzero(np.diff(left, prepend=-1)), len(left)]
    for start, stop in pairwise(starts):
        one = columns[:, left[start], None]
        other = columns[:, min(left[start] + 1, means.shape[1] - 1), None]
        np.multiply(other - one, share[start:stop], out=smooth[:, start:stop])
        smooth[:, start:stop] += one
    return smooth


def _fade_in(plane: Plane, smooth: NDArray[np.float32], part: Rectangle, around: Rectangle) -> None:
    """Put a blur into a plane: wholly in `part`, and less and less to the border of `around`."""
    target = plane.part(around)
    rows, columns = plane.rows(part), plane.columns(part)
    top, left = rows.start - plane.rows(around).start, columns.start - plane.columns(around).start
    bottom, right = top + len(rows), left + len(columns)
    down, across = _fading(top, bottom, len(smooth)), _fading(left, right, smooth.shape[1])
    for strip in (
        (slice(0, top), slice(None)),
        (slice(bottom, None), slice(None)),
        (slice(top, bottom), slice(0, left)),
        (slice(top, bottom), slice(right, None)),
    ):
        was, weights = target[strip], np.outer(down[strip[0]], across[strip[1]])
        was[:] = was + (smooth[strip] - 0.5 - was) * weights + 0.5
    target[top:bottom, left:right] = smooth[top:bottom, left:right]


def _fading(first: int, last: int, length: int) -> NDArray[np.float32]:
    """Return a share that rises to 1 until `first`, and falls again from `last` on."""
    places = np.arange(length)
    rising = (places + 1) / (first + 1)
    falling = (length - places) / (length - last + 1)
    return np.minimum(np.minimum(rising, falling), 1).astype(np.float32)
