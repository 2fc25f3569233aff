"""Standard output and standard error when nobody reads them, they are closed, or their disk is full."""

from __future__ import annotations

import errno
import os
import sys

from modeltasks.support.text import clean

TYPE_CHECKING = False  # importing `typing` takes longer than all of this
if TYPE_CHECKING:
    from typing import TextIO

_FULL = {errno.ENOSPC, errno.EDQUOT}


def open_closed_streams() -> None:
    """Give a program that was started without these streams silent ones.

    Otherwise the next file that is opened gets the number of the missing one, and with it what a library
    or another program writes there; and what is printed to a missing standard error goes to standard output.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115, PTH123


def print_result(text: str) -> int:
    """Write a result to standard output; return 0, or the exit code that tells that it did not arrive.

    That somebody has read enough (`| head -1`) is no failure.
    """
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        tell(
            f"error: The result cannot be written to standard output: {error.strerror}. "
            "What was done is kept; run again with the output somewhere else"
        )
        return 4 if error.errno in _FULL else 1
    return 0


def tell(text: str) -> None:
    """Write a message to standard error, whoever wrote parts of it; that nobody reads it is no failure."""
    try:
        sys.stderr.write(f"{clean(text)}\n")
        sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)


def settle() -> None:
    """Write what is left of both streams; what nobody takes is no reason for a message at the very end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _silence(stream)


def _silence(stream: TextIO) -> None:
    """Let what is still in a stream go nowhere, else Python would fail on it once more when it ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
