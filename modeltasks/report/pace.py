"""How far work has come, how fast it goes, and how that is said."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_MEMORY = 30.0
"""Seconds after which what was counts a third of what is: a pause shows, a hiccup does not."""

Clock = Callable[[], float]


class Pace:
    """How far work has come and how fast it goes; the speed is that of the last half minute or so.

    Args:
        total: of bytes or seconds; None: unknown.
        done: how many of them were done earlier; they say nothing of the speed.
        clock: seconds that go on.
    """

    def __init__(self, total: float | None, done: float = 0, clock: Clock = time.monotonic) -> None:
        self.total = total or None
        self.done = done
        self._clock = clock
        self._last = clock()
        self._count = self._seconds = 0.0

    def advance(self, count: float) -> None:
        """Count what was done since the last time."""
        passed, self._last = self._clock() - self._last, self._clock()
        fades = math.exp(-passed / _MEMORY)
        self._count = self._count * fades + count
        self._seconds = self._seconds * fades + passed
        self.done += count

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where the total is unknown."""
        return None if self.total is None else min(max(self.done / self.total, 0.0), 1.0)

    @property
    def speed(self) -> float | None:
        """So many a second; None where that cannot be said yet."""
        return self._count / self._seconds if self._count > 0 and self._seconds > 0 else None

    @property
    def left(self) -> float | None:
        """Seconds that it still takes; None where that cannot be said."""
        if self.total is None or self.speed is None:
            return None
        return max(self.total - self.done, 0.0) / self.speed


def clock_text(seconds: float) -> str:
    """Return a length of film or a time to wait as a clock shows it: `1:42:00`."""
    minutes, second = divmod(round(max(seconds, 0.0)), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}"


def film_text(pace: Pace) -> str:
    """Return how far a film is: `0:12:31 of 1:42:00, 9.1x`; the speed as times that of the film."""
    return place_text(pace) + (f", {pace.speed:.1f}x" if pace.speed is not None else "")


def place_text(pace: Pace) -> str:
    """Return the place in a film: `0:12:31 of 1:42:00`; what is not reached is not said to be."""
    return clock_text(math.floor(pace.done)) + (
        f" of {clock_text(pace.total)}" if pace.total is not None else ""
    )


def left_text(pace: Pace) -> str:
    """Return when it will be done, as it follows other words: `, ETA 0:09:50`, or nothing."""
    return f", ETA {clock_text(pace.left)}" if pace.left is not None else ""
