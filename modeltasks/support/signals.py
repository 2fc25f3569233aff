"""The signals that end a program: Ctrl-C, and those that mean the same."""

from __future__ import annotations

import signal

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""SIGHUP tells of a terminal that was closed, SIGTERM is a polite kill; some systems lack some of them."""


def ending_signals() -> list[signal.Signals]:
    """Return the signals that are to end this program.

    Those that whoever started it wants ignored, such as `nohup` does, are not among them.
    """
    known = [signal.Signals[name] for name in _ENDING if name in signal.Signals.__members__]
    return [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
