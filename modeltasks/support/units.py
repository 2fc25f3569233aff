"""Durations and sizes as people write them."""

from __future__ import annotations

from modeltasks.errors import ConfigError

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
        ConfigError: not a number with one of the units.
    """
    text = text.strip()
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(digits) :]
    try:
        seconds = float(digits) * DURATIONS[unit]
    except (ValueError, KeyError):
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ConfigError(
            f"{text!r} is not a duration",
            "it is not a number with a unit",
            f"Write it like 30d, 12h or 90s (units: {', '.join(unit for unit in DURATIONS if unit)})",
        )
    return seconds
