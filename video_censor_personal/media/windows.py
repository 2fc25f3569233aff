"""Sound in stretches of a few minutes, cut where it is quiet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SEARCHED = 8
"""The cut is made in the last of so many parts of a window."""
_PAUSE_SECONDS = 0.4
_HOP_SECONDS = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A stretch of sound: float32 samples, the first of which is sample `first` of the whole.

    They are of one sound, or rows of several at the same time.
    """

    first: int
    pcm: NDArray[np.float32]

    @property
    def end(self) -> int:
        """The number of the sample behind it."""
        return self.first + int(self.pcm.shape[-1])


def windows(
    blocks: Iterable[NDArray[np.float32]], rate: int, seconds: float, first: int = 0
) -> Iterator[Window]:
    """Yield the sound in windows; memory stays at one of them, however long the film is.

    The cuts fall between words, because each is made in the quietest moment near a window's end. Where
    they fall depends on the sound (of rows, on the first) from `first` on alone: who goes on at a cut gets
    the same windows.

    Args:
        blocks: float32 samples, or rows of them, from the beginning.
        rate: samples a second.
        seconds: how long a window is at most; a tenth of a second is the least.
        first: sample to begin with.
    """
    import numpy as np

    size = int(seconds * rate)
    start = first
    waiting: list[NDArray[np.float32]] = []
    held = 0
    for block in _from(first, blocks):
        waiting.append(block)
        held += block.shape[-1]
        while held >= size:
            pcm = np.concatenate(waiting, axis=-1)
            cut = _quietest(pcm[..., :size], rate)
            waiting = [pcm[..., cut:].copy()]
            held -= cut
            window = Window(start, pcm[..., :cut])
            start += cut
            del pcm  # whoever is given the window alone decides how long it is kept
            yield window
            del window
    if held:
        yield Window(start, np.concatenate(waiting, axis=-1))


def _from(first: int, blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    for block in blocks:
        yield block[..., first:]
        first = max(0, first - block.shape[-1])


def _quietest(pcm: NDArray[np.float32], rate: int) -> int:
    """The sample in the middle of the quietest pause in the last part of `pcm`."""
    import numpy as np

    mix = np.atleast_2d(pcm)[0]
    hop = int(_HOP_SECONDS * rate)
    count = mix.size // _SEARCHED // hop
    first = mix.size - count * hop
    hops = mix[first:].reshape(count, hop)
    energy = np.einsum("ij,ij->i", hops, hops, dtype=np.float64)
    wide = min(round(_PAUSE_SECONDS / _HOP_SECONDS), count)
    sums = np.convolve(energy, np.ones(wide), mode="valid")
    return int(first + (int(np.argmin(sums)) + wide // 2) * hop)
