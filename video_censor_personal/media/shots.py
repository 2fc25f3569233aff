"""Where one shot ends and the next begins, judged by how pictures follow each other.

A cut is a jump that stands out: from the picture before, and among the changes around it. So neither a
camera that moves nor a picture that flickers is one. What is said of a picture depends on its neighbours
within `REACH` alone, so it does not matter where in the film one begins.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Signature = NDArray[np.float32]

REACH = 0.25
"""Seconds before and after a picture that tell whether it stands out."""
_NEIGHBOURS = 5
"""Pictures before and after that do; fewer where they are far apart."""
_LEAST_JUMP = 5.0
"""Of 255, on average over the signature: less is no cut however still the rest is."""
_STANDS_OUT = 2.5
"""How much larger a cut is than the changes around it."""
_RANK = 3
"""The changes around are as large as the third largest: a short shot's other cut is not motion."""
_ROWS, _COLUMNS = 9, 16
_PIXELS = 64
"""Rows and columns of an image that a signature takes, about."""
_SLACK = 1e-6


@dataclass(slots=True, eq=False)
class Picture:
    """What is on the screen from `time` to `end` (seconds), and whether a shot begins with it.

    `image` makes the RGB image, height x width x 3, uint8; None once it is not needed any more. It is turned
    left by so many `quarters` against how the picture is stored, which the signature is not.
    """

    time: float
    end: float
    image: Callable[[], Image] | None
    signature: Signature
    is_cut: bool = False
    quarters: int = 0


def signature(planes: Sequence[Image]) -> Signature:
    """Return the means of an image's 9 x 16 parts, 0 to 255, for each of its planes."""
    import numpy as np

    return np.stack([_means(plane) for plane in planes])


def _means(plane: Image) -> Signature:
    import numpy as np

    height, width = plane.shape
    means: Signature = plane[:: max(1, height // _PIXELS), :: max(1, width // _PIXELS)].astype(np.float32)
    for axis, wanted in ((0, _ROWS), (1, _COLUMNS)):
        size = means.shape[axis]
        starts = np.minimum(np.arange(wanted) * size // wanted, size - 1)
        lengths = np.maximum(np.diff(np.append(starts, size)), 1).astype(np.float32)
        means = np.divide(np.add.reduceat(means, starts, axis=axis), np.expand_dims(lengths, 1 - axis))
    return means


def difference(one: Signature, other: Signature) -> float:
    """Return how far two signatures are apart, 0 to 255."""
    return float(abs(one - other).mean())


def mark_cuts(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Give the pictures, in time order, with `is_cut` set; each as soon as its neighbours are known."""
    around: deque[tuple[Picture, float]] = deque()
    at = 0
    for picture in pictures:
        jump = difference(around[-1][0].signature, picture.signature) if around else 0.0
        around.append((picture, jump))
        while at < len(around) - 1 and _is_settled(around, at):
            yield _judged(around, at)
            at += 1
            if at > _NEIGHBOURS:
                around.popleft()
                at -= 1
    for rest in range(at, len(around)):
        yield _judged(around, rest)


def _is_settled(around: Sequence[tuple[Picture, float]], at: int) -> bool:
    far = around[-1][0].time - around[at][0].time > REACH + _SLACK
    return far or len(around) - 1 - at >= _NEIGHBOURS


def _judged(around: Sequence[tuple[Picture, float]], at: int) -> Picture:
    picture, jump = around[at]
    first, last = max(0, at - _NEIGHBOURS), min(len(around) - 1, at + _NEIGHBOURS)
    others = sorted(
        around[k][1]
        for k in range(first, last + 1)
        if k != at and abs(around[k][0].time - picture.time) <= REACH + _SLACK
    )
    usual = others[-_RANK] if len(others) >= _RANK else 0.0
    picture.is_cut = jump >= max(_LEAST_JUMP, _STANDS_OUT * usual)
    return picture
