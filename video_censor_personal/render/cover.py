"""Covers pictures wholly with a colour, in whatever way they are stored."""

from __future__ import annotations

from typing import Any

import numpy as np

_LUMA = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 7: (0.212, 0.087), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""Share of red and of blue in the luma, by matrix coefficients (ITU-T H.273, table 4)."""
_LUMA_SD = (0.299, 0.114)
_SD = frozenset({5, 6})
_LEAST_HD = 720
"""Lines from which players take an untagged picture for BT.709, and below for BT.601."""
_FULL_RANGE = 2


def is_coverable(kind: Any) -> bool:
    """Whether pictures of this format (of the library) can be covered: each plane has one component."""
    planes = [component.plane for component in kind.components]
    return len(planes) == len(set(planes)) and not (
        kind.has_palette or kind.is_big_endian or kind.is_bit_stream or kind.is_bayer
    )


def cover(frame: Any, color: str) -> None:
    """Cover `frame`, in place, with `color` (#rrggbb); its format must be coverable."""
    levels = plane_levels(frame, color)
    frame.make_writable()
    for plane, level in zip(frame.planes, levels, strict=True):
        size = np.uint8 if level.bits <= 8 else np.uint16
        np.frombuffer(plane, dtype=size)[:] = level.value


class Level:
    """What every sample of a plane has when the picture is of one colour."""

    __slots__ = ("bits", "value")

    def __init__(self, value: int, bits: int) -> None:
        self.value = value
        self.bits = bits


def plane_levels(frame: Any, color: str) -> list[Level]:
    """Return the levels of `color` (#rrggbb) in each plane of `frame`, in the order of the planes.

    The colour is given as users see it: it goes through the matrix and range that the frame is tagged
    with (ITU-T H.273, 8.3), or that players assume where it has no tags.
    """
    rgb = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    shares = rgb if frame.format.is_rgb else _luma_and_chroma(frame, rgb)
    is_full = (
        frame.format.is_rgb or int(frame.color_range) == _FULL_RANGE or frame.format.name.startswith("yuvj")
    )
    found: dict[int, Level] = {}
    for number, component in enumerate(frame.format.components):
        share = 1.0 if component.is_alpha else shares[number]
        is_chroma = component.is_chroma and not frame.format.is_rgb
        full = is_full or component.is_alpha
        found[component.plane] = Level(_code(share, component.bits, is_chroma, full), component.bits)
    return [found[plane] for plane in sorted(found)]


def _luma_and_chroma(frame: Any, rgb: list[float]) -> list[float]:
    """Return luma from 0 to 1 and the two chromas from -0.5 to 0.5."""
    matrix = int(frame.colorspace)
    untagged = _LUMA[1] if min(frame.width, frame.height) >= _LEAST_HD else _LUMA_SD
    share_red, share_blue = _LUMA_SD if matrix in _SD else _LUMA.get(matrix, untagged)
    red, green, blue = rgb
    luma = share_red * red + (1 - share_red - share_blue) * green + share_blue * blue
    return [luma, (blue - luma) / (2 - 2 * share_blue), (red - luma) / (2 - 2 * share_red)]


def _code(share: float, bits: int, is_chroma: bool, is_full: bool) -> int:
    top = (1 << bits) - 1
    unit = 1 << (bits - 8)
    if is_chroma:
        code = share * (top if is_full else 224 * unit) + (1 << (bits - 1))
    else:
        code = share * top if is_full else (16 + 219 * share) * unit
    return min(max(round(code), 0), top)
