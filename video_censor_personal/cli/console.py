"""Standard output and standard error when nobody reads them, they are closed, or their disk is full."""

from __future__ import annotations

import errno
import os
import sys

from modeltasks.report.console import print_err, silence
from video_censor_personal.cli.reply import DONE, FAILED, NO_SPACE

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
    """Write a result to standard output; return `DONE`, or the exit code that tells that it did not arrive.

    That somebody has read enough (`| head -1`) is no failure.
    """
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        print_err(
            f"error: The result cannot be written to standard output: {error.strerror}. "
            "What was done is kept; run again with the output somewhere else"
        )
        return NO_SPACE if error.errno in _FULL else FAILED
    return DONE


def flush_streams() -> None:
    """Write what is left of both streams; what nobody takes is no reason for a message at the very end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            silence(stream)
