"""Text for people on standard output and standard error, whoever wrote parts of it.

Imports little: a run with nothing to do prints too.
"""

from __future__ import annotations

import os
import sys

from modeltasks.support.text import clean

TYPE_CHECKING = False  # importing `typing` takes longer than all of this
if TYPE_CHECKING:
    from typing import TextIO


def print_out(text: str) -> None:
    """Print a result on standard output.

    Raises:
        OSError: it cannot be written.
    """
    print(clean(text))


def print_err(text: str) -> None:
    """Print a message on standard error; that nobody reads it is no failure."""
    try:
        sys.stderr.write(f"{clean(text)}\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


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
