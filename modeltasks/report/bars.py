"""Bars and lines that stay at the bottom of a terminal, by tqdm, which is imported with this file only."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, TextIO, cast

from tqdm import tqdm

from modeltasks.report.console import bars_come, for_stream, symbol
from modeltasks.report.pace import Pace, film_text, left_text
from modeltasks.report.progress import Unit
from modeltasks.support.text import fit, one_line

UNSEEN = (OSError, ValueError)
"""A pipe that nobody reads any more, a full disk, a closed stream: no reason to stop what is shown."""

_MOST_LABEL = 3
"""A label may have this part of the terminal's width: how far it is matters more."""


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Return columns and rows that can be written without a line break or scrolling."""
    columns = rows = 0
    with suppress(*UNSEEN):
        columns, rows = os.get_terminal_size(stream.fileno())
    return max((columns or 80) - 1, 1), max((rows or 24) - 1, 1)  # nobody set a size: 0


class _Line(tqdm):  # type: ignore[type-arg]
    """A line at the bottom, never wider than the terminal is now."""

    monitor_interval = 0  # no thread: with `miniters=0` each update looks at the clock

    def __init__(self, stream: TextIO, **settings: Any) -> None:
        self._terminal = stream
        columns, rows = terminal_size(stream)
        super().__init__(file=stream, leave=False, miniters=0, ncols=columns, nrows=rows, **settings)

    @staticmethod
    def status_printer(file: Any) -> Callable[[str], None]:
        def show(text: str) -> None:
            # tqdm's own wipes with spaces, as many as the last text had: too many where the window was made
            # smaller. First wiped, then written: behind a full line, wiping would take its last character.
            file.write(f"\r\x1b[K{text}\r")
            file.flush()

        return show

    @property
    def format_dict(self) -> dict[str, Any]:
        self.ncols, self.nrows = terminal_size(self._terminal)
        return dict(super().format_dict)

    def __str__(self) -> str:
        return fit(super().__str__(), self.ncols or 80, symbol(self._terminal, "…", "..."))

    def close(self) -> None:
        with suppress(*UNSEEN):
            super().close()


class _BytesLine(_Line):
    def __init__(self, stream: TextIO, label: str, **settings: Any) -> None:
        self._label = for_stream(one_line(label), stream)
        super().__init__(stream, desc=self._label, **settings)

    @property
    def format_dict(self) -> dict[str, Any]:
        fields = super().format_dict
        width = max(fields["ncols"] // _MOST_LABEL, 8)
        fields["prefix"] = fit(self._label, width, symbol(self._terminal, "…", "..."))
        return fields


class _FilmLine(_BytesLine):
    def __init__(self, stream: TextIO, label: str, pace: Pace) -> None:
        self._pace = pace
        bar = "{percentage:3.0f}%|{bar}| " if pace.total else ""
        form = f"{{desc}}: {bar}{{film}}"
        super().__init__(stream, label, total=pace.total, initial=pace.done, bar_format=form)

    @property
    def format_dict(self) -> dict[str, Any]:
        return {**super().format_dict, "film": film_text(self._pace) + left_text(self._pace)}


class _TextLine(_Line):
    def __init__(self, stream: TextIO, text: str) -> None:
        self.text = text
        super().__init__(stream)

    def __str__(self) -> str:
        columns, _ = terminal_size(self._terminal)
        return fit(for_stream(self.text, self._terminal), columns, symbol(self._terminal, "…", "..."))


class Bar:
    """The bar of one file."""

    def __init__(self, stream: TextIO, label: str, total: float | None, done: float, unit: Unit) -> None:
        bars_come(_away)
        self._lock = threading.Lock()
        self._pace = Pace(total, done)
        self._line: _Line | None = None
        with suppress(*UNSEEN):
            if unit == "seconds":
                self._line = _FilmLine(stream, label, self._pace)
            else:
                self._line = _BytesLine(stream, label, total=total, initial=done, unit="B", unit_scale=True)

    def advance(self, count: float) -> None:
        """Show that so much more is done."""
        with self._lock, suppress(*UNSEEN):
            self._pace.advance(count)
            if self._line is not None:
                self._line.update(count)

    def close(self) -> None:
        """Take the bar away."""
        with self._lock:
            if self._line is not None:
                self._line.close()


class Lines:
    """Some lines at the bottom of a terminal, whatever they say; for one thread at a time."""

    every = 0.1
    stays = True

    def __init__(self, stream: TextIO) -> None:
        bars_come(_away)
        self._stream = stream
        self._lines: list[_TextLine] = []

    @property
    def width(self) -> int:
        """Cells that a line may have."""
        return terminal_size(self._stream)[0]

    def show(self, texts: Sequence[str]) -> None:
        """Show these in place of those shown before."""
        with suppress(*UNSEEN):
            while len(self._lines) > len(texts):
                self._lines.pop().close()
            for line, text in zip(self._lines, texts, strict=False):
                line.text = text
                line.refresh()
            for text in texts[len(self._lines) :]:
                self._lines.append(_TextLine(self._stream, text))


def _away(stream: TextIO) -> AbstractContextManager[None]:
    return cast(AbstractContextManager[None], tqdm.external_write_mode(file=stream))
