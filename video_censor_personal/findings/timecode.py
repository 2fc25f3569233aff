"""Times as people write them."""

from __future__ import annotations

import math
import re

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?)\Z")


def format_time(seconds: float) -> str:
    """Return `HH:MM:SS.mmm`, rounded to the millisecond."""
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02d}:{minute:02d}:{second:02d}.{milliseconds:03d}"


def format_short(seconds: float) -> str:
    """Return `9.53`, `12:09.53` or `1:12:09.53`."""
    minutes, hundredths = divmod(round(seconds * 100), 6000)
    hours, minute = divmod(minutes, 60)
    second = f"{hundredths // 100:02d}.{hundredths % 100:02d}"
    if hours:
        return f"{hours}:{minute:02d}:{second}"
    return f"{minute}:{second}" if minute else f"{hundredths // 100}.{hundredths % 100:02d}"


def parse_time(value: object) -> float:
    """Return the seconds of `HH:MM:SS.mmm`, `MM:SS`, `"12.5"` or a number.

    Raises:
        ValueError: anything else, also negative and not finite ones.
    """
    seconds = _number(value)
    if seconds is None or not math.isfinite(seconds):
        raise ValueError(f"{value!r} is not a time")
    if seconds < 0:
        raise ValueError(f"{value!r} is before the beginning")
    return seconds


def _number(value: object) -> float | None:
    try:
        if isinstance(value, str):
            return _clock(value)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    except OverflowError:
        return None


def _clock(text: str) -> float | None:
    match = _CLOCK.match(text.strip())
    if match is None:
        return None
    hours, minutes = int(match[1] or 0), int(match[2] or 0)
    seconds = float(match[3].replace(",", "."))
    if (match[2] is not None and seconds >= 60) or (match[1] is not None and minutes >= 60):
        raise ValueError(f"{text!r} has more than 59 minutes or seconds")
    return hours * 3600 + minutes * 60 + seconds
