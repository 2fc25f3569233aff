"""Durations and sizes as people write them."""

from __future__ import annotations

DURATIONS = {
    "": 1.0,
    "ms": 0.001,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 7 * 86400.0,
}
"""Seconds in each unit."""


def parse_duration(text: str) -> float:
    """Return the seconds in `30d`, `12h`, `90` or `500ms`.

    Raises:
        ValueError: not a number with one of the units; says so in words for a user.
    """
    text = text.strip()
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(digits) :]
    try:
        seconds = float(digits) * DURATIONS[unit]
    except (ValueError, KeyError):
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        units = ", ".join(unit for unit in DURATIONS if unit)
        raise ValueError(f"{text!r} is not a duration: write it like 30d, 12h or 90s (units: {units})")
    return seconds
