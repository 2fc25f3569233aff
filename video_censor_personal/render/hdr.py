"""Tells an encoder how bright a film in high dynamic range is, so that screens go on showing it right."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

_MASTERING, _LIGHT = "MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"
_DYNAMIC = frozenset({"DOVI_METADATA", "DOVI_RPU_BUFFER", "DYNAMIC_HDR_PLUS", "DYNAMIC_HDR_VIVID"})
_CHROMA_UNIT, _LIGHT_UNIT = 50_000, 10_000
"""What one is, in the units of SMPTE ST 2086 as H.265 writes them (ITU-T H.265, D.3.28)."""
_KEYS = {
    "libx265": ("x265-params", "master-display", "max-cll"),
    "libx264": ("x264-params", "mastering-display", "cll"),
    "libsvtav1": ("svtav1-params", "mastering-display", "content-light"),
}


def with_brightness(encoder: str, options: Mapping[str, str], data: Mapping[str, bytes]) -> dict[str, str]:
    """Return `options` of `encoder`, completed by what the side data of a frame say of the brightness."""
    values = [_mastering(encoder, data.get(_MASTERING)), _light(data.get(_LIGHT))]
    if encoder not in _KEYS:
        return dict(options)
    option, *keys = _KEYS[encoder]
    parts = [f"{key}={value}" for key, value in zip(keys, values, strict=True) if value]
    told = ":".join(filter(None, [options.get(option, ""), *parts]))
    return {**options, option: told} if told else dict(options)


def lost_brightness(encoder: str, data: Mapping[str, bytes]) -> str | None:
    """Return what of the brightness `encoder` cannot be told; None for nothing."""
    if _DYNAMIC & data.keys():
        return "Dolby Vision or HDR10+ data"
    return "HDR brightness data" if encoder not in _KEYS and {_MASTERING, _LIGHT} & data.keys() else None


def _mastering(encoder: str, data: bytes | None) -> str | None:
    """Return the screen it was made on: its three colours, white, brightest and darkest."""
    numbers = memoryview(data).cast("i").tolist() if data else []
    if len(numbers) < 22 or not all(numbers[20:22]):
        return None
    ratios = [Fraction(numbers[at], numbers[at + 1] or 1) for at in range(0, 20, 2)]
    colors, (darkest, brightest) = ratios[:8], ratios[8:]
    red, green, blue, white = (_pair(encoder, colors[at : at + 2], _CHROMA_UNIT) for at in range(0, 8, 2))
    return f"G{green}B{blue}R{red}WP{white}L{_pair(encoder, [brightest, darkest], _LIGHT_UNIT)}"


def _pair(encoder: str, values: list[Fraction], unit: int) -> str:
    """Return two values as the encoder wants them: as such, or counted in units."""
    if encoder == "libsvtav1":
        return "({:.5f},{:.5f})".format(*map(float, values))
    return "({},{})".format(*(round(value * unit) for value in values))


def _light(data: bytes | None) -> str | None:
    """Return the brightest sample and the brightest frame, in candelas a square metre."""
    numbers = memoryview(data).cast("I").tolist() if data else []
    return f"{numbers[0]},{numbers[1]}" if len(numbers) == 2 else None
