"""Progress as people read it: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Never, TextIO

from modeltasks.report.progress import FileProgress, NoProgress, Progress, Unit
from modeltasks.support.text import one_line

_LINE_SECONDS = 3.0
_UNSEEN = (OSError, ValueError)
"""A pipe that nobody reads any more, a full disk, a closed stream: no reason to stop what is shown."""


def progress_for(stream: TextIO | None) -> Progress:
    """Return bars for a terminal, lines for a file or a pipe, nothing without a stream."""
    if stream is None:
        return NoProgress()
    return BarProgress(stream) if stream.isatty() else LineProgress(stream)


def size_text(count: float) -> str:
    """Return a number of bytes as a person writes it: `23.6 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.95:  # else it would be rounded up to 1000.0
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def age_text(seconds: float) -> str:
    """Return a span of time as a person says it: `40 seconds`, `3.2 hours`, `2.0 days`."""
    for unit, length, next_unit in (("seconds", 1, 120), ("minutes", 60, 7200), ("hours", 3600, 86400)):
        if seconds < next_unit:
            return f"{seconds / length:.0f} {unit}" if length < 3600 else f"{seconds / length:.1f} {unit}"
    return f"{seconds / 86400:.1f} days"


class BarProgress:
    """One tqdm bar a file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        """Show a bar."""
        return _Bar(self._stream, label, total, done)


class _Bar:
    def __init__(self, stream: TextIO, label: str, total: float | None, done: float) -> None:
        from tqdm import tqdm

        self._stream = stream
        self._lock = threading.Lock()
        self._bar: tqdm[Never] = tqdm(
            total=total,
            initial=done,
            desc=one_line(label),
            unit="B",
            unit_scale=True,
            leave=False,
            file=stream,
            dynamic_ncols=True,
        )

    def advance(self, count: float) -> None:
        with self._lock, suppress(*_UNSEEN):
            self._bar.update(count)

    def close(self) -> None:
        with self._lock, suppress(*_UNSEEN):
            self._bar.close()
            # tqdm wipes a bar that stands below others with spaces, and leaves the cursor behind them.
            self._stream.write("\r")
            self._stream.flush()


class LineProgress:
    """A line a file when it starts to take long, then one every few seconds."""

    def __init__(self, stream: TextIO = sys.stderr, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        """Start counting a file."""
        return _Lines(self._stream, self._clock, label, total, done)


class _Lines:
    def __init__(
        self, stream: TextIO, clock: Callable[[], float], label: str, total: float | None, done: float
    ) -> None:
        self._stream = stream
        self._label = one_line(label)
        self._clock = clock
        self._total = total
        self._done = done
        self._lock = threading.Lock()
        self._next = clock() + _LINE_SECONDS

    def advance(self, count: float) -> None:
        with self._lock:
            self._done += count
            now = self._clock()
            if now < self._next:
                return
            self._next = now + _LINE_SECONDS
            total = self._total
            share = f" of {size_text(total)} ({100 * self._done // total:.0f} %)" if total else ""
            with suppress(*_UNSEEN):
                self._stream.write(f"{self._label}: {size_text(self._done)}{share}\n")
                self._stream.flush()

    def close(self) -> None:
        return
