"""The samples of a picture, plane by plane, and which of them are in a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.findings.observations import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FULL_RANGE = 2
_WIDE = 1024
_SLACK = 1e-6
"""Of a sample; less than that past a border is what floats add."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of a picture, in whole samples of its luma; `right` and `bottom` are the first outside."""

    left: int
    top: int
    right: int
    bottom: int

    def grown(self, by: int, width: int, height: int) -> Rectangle:
        """Return it with a margin, within a picture of that size."""
        left, top = max(self.left - by, 0), max(self.top - by, 0)
        return Rectangle(left, top, min(self.right + by, width), min(self.bottom + by, height))


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The samples of a plane, height x width; one of them stands for `wide` x `high` of the luma's."""

    samples: NDArray[Any]
    wide: int
    high: int

    def part(self, of: Rectangle) -> NDArray[Any]:
        """Return the samples that have any part in a rectangle, to be read or written."""
        rows, columns = self.rows(of), self.columns(of)
        return self.samples[rows.start : rows.stop, columns.start : columns.stop]

    def rows(self, of: Rectangle) -> range:
        """Return the rows that have any part in a rectangle."""
        return range(of.top // self.high, min(ceil(of.bottom / self.high), self.samples.shape[0]))

    def columns(self, of: Rectangle) -> range:
        """Return the columns that have any part in a rectangle."""
        return range(of.left // self.wide, min(ceil(of.right / self.wide), self.samples.shape[1]))


def is_coverable(kind: Any) -> bool:
    """Whether pictures of this format (of the library) can be covered: each plane has one component."""
    planes = [component.plane for component in kind.components]
    return len(planes) == len(set(planes)) and not (
        kind.has_palette or kind.is_big_endian or kind.is_bit_stream or kind.is_bayer
    )


def planes_of(frame: Any) -> list[Plane]:
    """Return the planes of a picture, without what is stored beyond it; its format must be coverable."""
    kind = frame.format
    components = {component.plane: component for component in kind.components}
    # Asked of a wide picture, for in one of a few samples they would all seem alike.
    wide, high = _WIDE // kind.chroma_width(_WIDE), _WIDE // kind.chroma_height(_WIDE)
    found = []
    for number, component in sorted(components.items()):
        rows = np.frombuffer(frame.planes[number], dtype=sample_type(component.bits))
        rows = rows.reshape(-1, frame.planes[number].line_size // rows.itemsize)
        samples = rows[: component.height, : component.width]
        is_small = component.is_chroma and not kind.is_rgb
        found.append(Plane(samples, wide, high) if is_small else Plane(samples, 1, 1))
    return found


def plane_samples(frame: Any) -> list[NDArray[Any]]:
    """Return the samples of each plane, height x width, without what is stored beyond the picture."""
    return [plane.samples for plane in planes_of(frame)]


def sample_type(bits: int) -> type[np.uint8 | np.uint16]:
    """Return the type of samples with so many bits."""
    return np.uint8 if bits <= 8 else np.uint16


def whole(frame: Any) -> Rectangle:
    """Return all of a picture."""
    return Rectangle(0, 0, frame.width, frame.height)


def rectangle(frame: Any, box: Box) -> Rectangle | None:
    """Return the samples of a picture that have any part in `box`; None where that is beside it.

    It is rounded outwards to whole samples of every plane. An interlaced picture has the chroma of each
    field on every other line, so that a sample of it reaches over twice as many lines.
    """
    kind = frame.format
    across = _WIDE // kind.chroma_width(_WIDE)
    down = _WIDE // kind.chroma_height(_WIDE) * (2 if frame.interlaced_frame else 1)
    left, right = _reach(box.left, box.width, frame.width, across)
    top, bottom = _reach(box.top, box.height, frame.height, down)
    return Rectangle(left, top, right, bottom) if right > left and bottom > top else None


def _reach(start: float, length: float, size: int, step: int) -> tuple[int, int]:
    first, last = floor(start * size + _SLACK), ceil((start + length) * size - _SLACK)
    return max(first // step * step, 0), min(ceil(last / step) * step, size)


def is_full_range(frame: Any) -> bool:
    """Whether black is 0 in the samples of `frame`, and not a little more."""
    return int(frame.color_range) == _FULL_RANGE or str(frame.format.name).startswith("yuvj")


def converted(frame: Any, width: int, height: int, kind: str) -> Any:
    """Return a frame in this size and format: the same one where it has them, as most do."""
    if (frame.width, frame.height, frame.format.name) == (width, height, kind):
        return frame
    kept = {"src_color_range": 2, "dst_color_range": 2} if is_full_range(frame) else {}
    return frame.reformat(width, height, kind, **kept)
