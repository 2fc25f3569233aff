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


def parse_time(value: object) -> float:
    """Return the seconds of `HH:MM:SS.mmm`, `MM:SS`, `"12.5"` or a number.

    Raises:
        ValueError: anything else, also negative and not finite ones.
    """
    if isinstance(value, str):
        match = _CLOCK.match(value.strip())
        if match is None:
            raise ValueError(f"{value!r} is not a time")
        hours, minutes, seconds = match.groups(default="0")
        if match[2] is not None and float(seconds.replace(",", ".")) >= 60:
            raise ValueError(f"{value!r} has more than 59 seconds in a minute")
        if match[1] is not None and int(minutes) >= 60:
            raise ValueError(f"{value!r} has more than 59 minutes in an hour")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a time")
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a time")
    if value < 0:
        raise ValueError(f"{value!r} is before the beginning")
    return float(value)
