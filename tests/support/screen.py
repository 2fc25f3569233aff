"""A small terminal: a program runs on a real one of its own, and here is what a person would see on it."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from unicodedata import east_asian_width

from tests.support.programs import ENVIRONMENT
from tests.support.waiting import PATIENCE, wait_until

_PART = re.compile(r"\x1b\[(\d*)([A-Za-z])|\x1b(.?)|([\r\n])|([^\x1b\r\n]+)")
_BEGUN = re.compile(r"\x1b(?:\[\d*)?$")
_WIDE = "\0"  # the second cell of a wide character


class Screen:
    """What is on a terminal, and what left it at the top; it knows what progress bars use, and no more."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self.gone: list[str] = []
        self.seen: list[list[str]] = []
        self._lines: list[list[str]] = [[]]
        self._row = self._column = 0
        self._pending = ""

    @property
    def lines(self) -> list[str]:
        """Each line from the first one that was ever written to the last."""
        return [*self.gone, *map(_text, self._lines)]

    def resize(self, columns: int) -> None:
        """Make it wider or narrower; what does not fit is cut off."""
        self.columns = columns
        self._lines = [line[:columns] for line in self._lines]
        self._column = min(self._column, columns)

    def feed(self, text: str) -> None:
        """Do what a terminal does with such a text."""
        text = self._pending + text
        begun = _BEGUN.search(text)
        self._pending = begun[0] if begun else ""
        for count, command, other, control, plain in _PART.findall(text.removesuffix(self._pending)):
            if plain:
                for char in plain:
                    self._put(char)
            elif control == "\r":
                self._column = 0
            elif control == "\n":
                self._down()
            elif command == "A":
                self._row = max(self._row - int(count or 1), 0)
            elif command == "K" and count in {"", "0"}:
                del self._lines[self._row][min(self._column, self.columns - 1) :]
            else:
                raise AssertionError(f"a terminal is asked for {count}{command}{other}")
        self.seen.append([_text(line) for line in self._lines])

    def _put(self, char: str) -> None:
        assert char.isprintable(), ascii(char)
        width = 2 if east_asian_width(char) in "WF" else 1
        if self._column + width > self.columns:
            self._column = 0
            self._down()
        line = self._lines[self._row]
        line += " " * (self._column + width - len(line))
        line[self._column : self._column + width] = [char, _WIDE][:width]
        self._column += width

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self._lines):
            self._lines.append([])
        if self._row == self.rows:
            self.gone.append(_text(self._lines.pop(0)))
            self._row -= 1


def _text(cells: Sequence[str]) -> str:
    return "".join(cells).replace(_WIDE, "").rstrip()


def on_terminal(
    line: Sequence[str],
    cwd: Path,
    screen: Screen,
    environment: Mapping[str, str] | None = None,
    size: tuple[int, int] | None = None,
) -> int:
    """Run a program on a terminal, of which `screen` sees all that is written; return its exit code.

    Args:
        line: the command.
        cwd: where it runs.
        screen: the window.
        environment: additions to that of the tests.
        size: columns and rows that the terminal tells; None: as the screen has them.
    """
    ours, theirs = pty.openpty()
    set_size(ours, *(size or (screen.columns, screen.rows)))
    env = {**os.environ, **ENVIRONMENT, "TERM": "xterm", **(environment or {})}
    with subprocess.Popen(line, cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as program:
        os.close(theirs)
        try:
            decoder = codecs.getincrementaldecoder("utf-8")()
            while chunk := _read(ours):
                screen.feed(decoder.decode(chunk))
            return program.wait(PATIENCE)
        finally:
            program.kill()
            os.close(ours)


class Terminal:
    """A terminal for this process: `stream` writes to it."""

    def __init__(self, columns: int, rows: int = 24) -> None:
        self.screen = Screen(columns, rows)
        self._ours, theirs = pty.openpty()
        self.resize(columns)
        os.set_blocking(self._ours, False)
        self.stream = open(theirs, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def resize(self, columns: int) -> None:
        """Make the window wider or narrower."""
        self.screen.resize(columns)
        set_size(self._ours, columns, self.screen.rows)

    def lines(self, end: str, count: int = 1) -> list[str]:
        """Return what is there once a line ends so, of `count` or more; without empty lines."""

        def arrived() -> bool:
            with suppress(BlockingIOError):
                self.screen.feed(self._decoder.decode(os.read(self._ours, 65536)))
            shown = there()
            return len(shown) >= count and any(line.endswith(end) for line in shown)

        def there() -> list[str]:
            return [line for line in self.screen.lines if line]

        wait_until(arrived)
        return there()

    def close(self) -> None:
        self.stream.close()
        os.close(self._ours)


def set_size(terminal: int, columns: int, rows: int) -> None:
    """Tell a terminal how large its window is."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # all programs on it have ended
        return b""
