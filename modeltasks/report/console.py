"""Text for people on standard output and standard error, whoever wrote parts of it.

All that the program writes there goes through `write_lines`, from whichever thread: so no line is torn by
another one or by a bar. Imports little: a run with nothing to do prints too.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock  # `threading` would take longer than all of this

from modeltasks.support.text import clean

TYPE_CHECKING = False  # so would `typing`
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import TextIO

_one_at_a_time = RLock()
_bars_away: Callable[[TextIO], AbstractContextManager[None]] | None = None


def print_out(text: str) -> None:
    """Print a result on standard output.

    Raises:
        OSError: it cannot be written.
    """
    write_lines(sys.stdout, f"{clean(text)}\n")


def print_err(text: str) -> None:
    """Print a message on standard error; that nobody reads it is no failure."""
    try:
        write_lines(sys.stderr, f"{clean(text)}\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def write_lines(stream: TextIO, text: str) -> None:
    """Write whole lines to a stream; on a terminal, above the bars that are shown.

    Raises:
        OSError: they cannot be written.
    """
    with _one_at_a_time:
        if _bars_away is None or not stream.isatty():
            stream.write(text)
            return
        with _bars_away(stream):
            stream.write(text)
            stream.flush()


def bars_come(away: Callable[[TextIO], AbstractContextManager[None]]) -> None:
    """Tell that there are bars from now on; `away` takes those off a terminal that a stream goes to."""
    global _bars_away  # noqa: PLW0603 - there is one terminal
    _bars_away = away


def for_stream(text: str, stream: TextIO) -> str:
    """Return a text as a stream will show it: what its encoding lacks becomes escapes, which are longer."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def symbol(stream: TextIO, sign: str, plain: str) -> str:
    """Return a sign, or the plain letters that stand for it on a stream that lacks it."""
    return sign if for_stream(sign, stream) == sign else plain


class WholeLines:
    """A stream for a library that writes a line in several pieces: it passes on whole lines."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun = ""

    def write(self, text: str) -> int:
        """Write the lines that are complete now, and keep the rest until it is."""
        with _one_at_a_time:
            lines, newline, self._begun = (self._begun + text).rpartition("\n")
            if newline:
                write_lines(self._stream, lines + newline)
        return len(text)

    def flush(self) -> None:
        """Flush the stream; a line that has only begun still waits for its end."""
        self._stream.flush()

    def end(self) -> None:
        """Write what is left, as a line of its own."""
        if self._begun:
            self.write("\n")


def silence(stream: TextIO) -> None:
    """Let what is still in a stream go nowhere, else Python would fail on it once more when it ends."""
    try:
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, number)
        finally:
            os.close(nowhere)
    except (OSError, ValueError):
        return
