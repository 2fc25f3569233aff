"""Standard output and standard error when nobody reads them, they are closed, or their disk is full."""

from __future__ import annotations

import errno
import os
import sys

from modeltasks.report.console import print_err, silence
from video_censor_personal.cli.reply import DONE, FAILED, NO_SPACE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

_USUAL_WIDTH = 80
_FULL = {errno.ENOSPC, errno.EDQUOT}


def open_closed_streams() -> None:
    """Give a program that was started without these streams silent ones.

    Otherwise the next file that is opened gets the number of the missing one, and with it what a library
    or another program writes there; and what is printed to a missing standard error goes to standard output.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115, PTH123


class Outlet:
    """Standard output for all that print, libraries too: that it cannot be written stops nothing.

    What befell it is `error`, until `settled` tells it.
    """

    error: OSError | None = None

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, if that can be done; what the terminal has no letters for is written as numbers."""
        try:
            self._attempt(lambda: self._stream.write(text))
        except UnicodeEncodeError as error:
            known = text.encode(error.encoding, "backslashreplace").decode(error.encoding)
            self._attempt(lambda: self._stream.write(known))
        return len(text)

    def flush(self) -> None:
        """Write what waits, if that can be done."""
        self._attempt(self._stream.flush)

    def _attempt(self, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError as error:
            self.error = error
            silence(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def terminal_width(stream: TextIO) -> int:
    """Return how many cells a line on a stream may have; 80 where nobody says, as in a file."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return columns or _USUAL_WIDTH


def print_result(text: str) -> int:
    """Write a result to standard output; return `DONE`, or the exit code that tells that it did not arrive.

    That somebody has read enough (`| head -1`) is no failure.
    """
    outlet = Outlet(sys.stdout)
    outlet.write(f"{text}\n")
    outlet.flush()
    return DONE if outlet.error is None else _lost(outlet.error)


def settled(code: int) -> int:
    """Write what is left of both streams; return the exit code, which tells where output was lost."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            silence(stream)
    error = sys.stdout.error if isinstance(sys.stdout, Outlet) else None
    return code if error is None else code or _lost(error)


def _lost(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        return DONE
    print_err(
        f"error: The result cannot be written to standard output: {error.strerror}. "
        "What was done is kept; run again with the output somewhere else"
    )
    return NO_SPACE if error.errno in _FULL else FAILED
