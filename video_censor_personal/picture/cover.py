"""Covers pictures, or parts of them, with a colour, in whatever way they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from video_censor_personal.picture.planes import Rectangle, is_full_range, planes_of, whole

_LUMA = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 7: (0.212, 0.087), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""Share of red and of blue in the luma, by matrix coefficients (ITU-T H.273, table 4)."""
_LUMA_SD = (0.299, 0.114)
_SD = frozenset({5, 6})
_LEAST_HD = 720
"""Lines from which players take an untagged picture for BT.709, and below for BT.601."""


@dataclass(frozen=True, slots=True)
class Level:
    """What every sample of a plane has when the picture is of one colour."""

    value: int
    bits: int


def cover(frame: Any, color: str, part: Rectangle | None = None) -> None:
    """Cover `frame`, or a part of it, with `color` (#rrggbb), in place; its format must be coverable."""
    levels = plane_levels(frame, color)
    frame.make_writable()
    for plane, level in zip(planes_of(frame), levels, strict=True):
        plane.part(part or whole(frame))[:] = level.value


def plane_levels(frame: Any, color: str) -> list[Level]:
    """Return the levels of `color` (#rrggbb) in each plane of `frame`, in the order of the planes.

    The colour is given as users see it: it goes through the matrix and range that the frame is tagged
    with (ITU-T H.273, 8.3), or that players assume where it has no tags.
    """
    rgb = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    is_rgb = frame.format.is_rgb
    shares = rgb if is_rgb else _luma_and_chroma(frame, rgb)
    is_full = is_rgb or is_full_range(frame)
    found: dict[int, Level] = {}
    for number, component in enumerate(frame.format.components):
        if component.is_alpha:
            code = (1 << component.bits) - 1
        elif number > 0 and not is_rgb:
            code = _chroma_code(shares[number], component.bits, is_full)
        else:
            code = _luma_code(shares[number], component.bits, is_full)
        found[component.plane] = Level(code, component.bits)
    return [found[plane] for plane in sorted(found)]


def _luma_and_chroma(frame: Any, rgb: list[float]) -> list[float]:
    """Return luma from 0 to 1 and the two chromas from -0.5 to 0.5."""
    matrix = int(frame.colorspace)
    untagged = _LUMA[1] if min(frame.width, frame.height) >= _LEAST_HD else _LUMA_SD
    share_red, share_blue = _LUMA_SD if matrix in _SD else _LUMA.get(matrix, untagged)
    red, green, blue = rgb
    luma = share_red * red + (1 - share_red - share_blue) * green + share_blue * blue
    return [luma, (blue - luma) / (2 - 2 * share_blue), (red - luma) / (2 - 2 * share_red)]


def _luma_code(share: float, bits: int, is_full: bool) -> int:
    return round(share * ((1 << bits) - 1) if is_full else (16 + 219 * share) * (1 << (bits - 8)))


def _chroma_code(share: float, bits: int, is_full: bool) -> int:
    top = (1 << bits) - 1
    return min(round(share * (top if is_full else 224 << (bits - 8)) + (1 << (bits - 1))), top)
