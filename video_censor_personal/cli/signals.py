"""Ctrl-C, and the signals that mean the same: a terminal that was closed, and a polite kill."""

from __future__ import annotations

import os
import signal
from types import FrameType

from modeltasks.support.cancel import HURRY
from modeltasks.support.signals import ending_signals
from video_censor_personal.cli.reply import INTERRUPTED

_times = 0


def listen() -> None:
    """Let the first signal stop the program in good order, a second one at once, and a third one hard."""
    for number in ending_signals():
        signal.signal(number, _stop)


def _stop(_number: int, _frame: FrameType | None) -> None:
    global _times  # noqa: PLW0603 - there is one process
    _times += 1
    if _times == 1:
        raise KeyboardInterrupt
    HURRY.set()
    if _times > 2:
        os._exit(INTERRUPTED)
