"""What the colors of HDR are on an ordinary screen, as a table."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PQ, HLG = 16, 18
"""Transfer characteristics (ITU-T H.273, table 3)."""
_SIZE = 33
_WHITE = 203.0
"""Candelas a square metre of a white sheet of paper in HDR (ITU-R BT.2408)."""
_BRIGHTEST = 1000.0
"""Candelas a square metre that become the brightest that an ordinary screen has."""
_TO_BT709 = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))
"""From the primaries of BT.2020 (ITU-R BT.2407, 2.2)."""
_LUMA = (0.2627, 0.6780, 0.0593)


@lru_cache(maxsize=2)
def color_table(transfer: int) -> str:
    """Return a table in the format .cube: from BT.2020 with this transfer function to BT.709.

    What is brighter than paper is compressed, so that it can be told apart. It is meant for pictures that are
    looked at to recognise what is in them.
    """
    steps = np.linspace(0.0, 1.0, _SIZE)
    # Red changes fastest.
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    signal = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    light = (_pq_light(signal) if transfer == PQ else _hlg_light(signal)) @ np.array(_TO_BT709).T
    light = np.maximum(light, 0.0) / _WHITE
    most = light.max(axis=1, keepdims=True)
    # Reinhard's curve, with a white point; the same factor for all three keeps the hue.
    shown = light * (1 + most / (_BRIGHTEST / _WHITE) ** 2) / (1 + most)
    lines = "\n".join(
        f"{r:.5f} {g:.5f} {b:.5f}" for r, g, b in _bt709_signal(np.minimum(shown, 1.0)).tolist()
    )
    return f"LUT_3D_SIZE {_SIZE}\n{lines}\n"


def _pq_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return candelas a square metre (SMPTE ST 2084, 5.1)."""
    root = signal ** (1 / 78.84375)
    return 10000.0 * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (
        1 / 0.1593017578125
    )


def _hlg_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return candelas a square metre on a screen of 1000 (ITU-R BT.2100, table 5)."""
    high = (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12
    scene = np.where(signal <= 0.5, signal**2 / 3, high)
    luma = scene @ np.array(_LUMA)
    return np.asarray(1000.0 * scene * luma[:, np.newaxis] ** 0.2)


def _bt709_signal(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what an ordinary screen must be given (ITU-R BT.1886)."""
    return np.asarray(light ** (1 / 2.4))
