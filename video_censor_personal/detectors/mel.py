"""Sound as a network for sound events takes it: logarithmic mel spectra, 96 of 10 ms to a patch.

Method: YAMNet (Google, TensorFlow Model Garden, `research/audioset/yamnet`): 16 kHz, magnitudes of 25 ms
frames under a Hann window, 64 mel bands from 125 to 7500 Hz on HTK's scale, the logarithm of each plus 0.001.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16000
FRAME, HOP = 400, 160
BANDS = 64
FRAMES = 96
"""Frames of a patch."""
PATCH = FRAME + (FRAMES - 1) * HOP
"""Samples of a patch: 0.975 s."""
_SPECTRUM = 512
_LOWEST, _HIGHEST = 125.0, 7500.0
_OFFSET = 0.001
_BLOCK = 1000
"""Frames at once: few enough for memory, and many, because each product wakes threads that then idle."""


def bands(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the log mel values, frames x `BANDS`; frame n begins with sample n x `HOP`."""
    import numpy as np

    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    found = np.empty((len(frames), BANDS), dtype=np.float32)
    for first in range(0, len(frames), _BLOCK):
        block = slice(first, first + _BLOCK)
        magnitudes = np.abs(np.fft.rfft(frames[block] * _hann(), _SPECTRUM)).astype(np.float32)
        found[block] = np.log(magnitudes @ _weights() + np.float32(_OFFSET))
    return found


@cache
def _hann() -> NDArray[np.float32]:
    """The window, periodic as TensorFlow's is."""
    import numpy as np

    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)


@cache
def _weights() -> NDArray[np.float32]:
    """What each frequency adds to each band: triangles that meet at each other's peaks."""
    import numpy as np

    frequencies = _mel(np.linspace(0.0, RATE / 2, _SPECTRUM // 2 + 1))[:, None]
    lowest, highest = _mel(np.asarray([_LOWEST, _HIGHEST]))
    edges = np.linspace(lowest, highest, BANDS + 2)
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    weights: NDArray[np.float32] = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    weights[0] = 0.0
    return weights


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(1127.0 * np.log1p(hertz / 700.0))
