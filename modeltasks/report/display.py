"""Progress as people read it: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol, TextIO

from modeltasks.report.console import for_stream, symbol, write_lines
from modeltasks.report.pace import Clock, Pace, film_text, left_text
from modeltasks.report.progress import FileProgress, NoProgress, Progress, Unit
from modeltasks.support.text import cells, fit, one_line

LINE_CELLS = 79
"""Cells of such a line, at most."""
LINE_SECONDS = 3.0
"""How often a file gets a line where there are no bars."""
_LEAST_LABEL = 12
"""Cells of a name in it, at least."""


def progress_for(stream: TextIO | None) -> Progress:
    """Return bars for a terminal, lines for a file or a pipe, nothing without a stream."""
    if stream is None:
        return NoProgress()
    return BarProgress(stream) if takes_bars(stream) else LineProgress(stream)


def takes_bars(stream: TextIO) -> bool:
    """Whether it is a terminal that can move up a line and wipe it."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


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


def bar_text(share: float, width: int, stream: TextIO) -> str:
    """Return a bar of so many cells, of which a share from 0 to 1 is filled."""
    filled = int(width * share)
    return symbol(stream, "█", "#") * filled + symbol(stream, "░", "-") * (width - filled)


class Board(Protocol):
    """A place for some lines that change; for one thread at a time."""

    every: float
    """Seconds between two looks at it."""
    stays: bool
    """Whether what was shown stands there until something else is."""

    @property
    def width(self) -> int:
        """Cells that a line may have."""

    def show(self, texts: Sequence[str]) -> None:
        """Show these lines in place of those shown before."""


def board_for(stream: TextIO | None) -> Board | None:
    """Return lines that stay at the bottom of a terminal, or new ones now and then in a file or a pipe."""
    if stream is None:
        return None
    if not takes_bars(stream):
        return _NewLines(stream)
    from modeltasks.report.bars import Lines

    return Lines(stream)


class _NewLines:
    every = LINE_SECONDS
    stays = False
    width = LINE_CELLS

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, texts: Sequence[str]) -> None:
        for text in texts:
            show_line(self._stream, text)


class BarProgress:
    """A bar a file, at the bottom of the terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        """Show a bar."""
        from modeltasks.report.bars import Bar

        return Bar(self._stream, label, total, done, unit)


class LineProgress:
    """A line a file when it starts to take long, then one every few seconds."""

    def __init__(self, stream: TextIO = sys.stderr, clock: Clock = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        """Start counting a file."""
        return _Lines(self._stream, self._clock, one_line(label), Pace(total, done, self._clock), unit)


class _Lines:
    def __init__(self, stream: TextIO, clock: Clock, label: str, pace: Pace, unit: Unit) -> None:
        self._stream = stream
        self._clock = clock
        self._label = label
        self._pace = pace
        self._unit = unit
        self._lock = threading.Lock()
        self._next = clock() + LINE_SECONDS

    def advance(self, count: float) -> None:
        with self._lock:
            self._pace.advance(count)
            now = self._clock()
            if now < self._next:
                return
            self._next = now + LINE_SECONDS
            told = amount_text(self._pace, self._unit) + (
                left_text(self._pace) if self._unit == "seconds" else ""
            )
            label = fit(self._label, max(LINE_CELLS - cells(told) - 2, _LEAST_LABEL), "...")
            show_line(self._stream, f"{label}: {told}")

    def close(self) -> None:
        return


def show_line(stream: TextIO, line: str) -> None:
    """Write a line of progress at once; that nobody reads it is no failure."""
    with suppress(OSError, ValueError):
        write_lines(stream, f"{for_stream(line, stream)}\n")
        stream.flush()


def amount_text(pace: Pace, unit: Unit) -> str:
    """Return how far something is: `0:12:31 of 1:42:00, 9.1x`, or `3.0 MB of 4.0 MB (75 %)`."""
    if unit == "seconds":
        return film_text(pace)
    share = f" ({int(100 * pace.share)} %)" if pace.share is not None else ""
    whole = f" of {size_text(pace.total)}" if pace.total is not None else ""
    return size_text(pace.done) + whole + share
