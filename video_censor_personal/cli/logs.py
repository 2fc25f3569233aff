"""Logging, to standard error."""

from __future__ import annotations

import io
import logging
import sys

from modeltasks.support.text import clean

_TRACE = 5
_CHATTY = ("urllib3", "httpx", "httpx2", "httpcore", "httpcore2", "faster_whisper", "libav", "filelock")


class _Formatter(logging.Formatter):
    """Lines that a terminal can be given, whoever wrote parts of them."""

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record))


def set_up_logging(level: str) -> None:
    """Show log lines from `level` on: WARNING, INFO, DEBUG or TRACE.

    What libraries say of their own is shown only at TRACE.
    """
    logging.addLevelName(_TRACE, "TRACE")
    brief, detailed = "%(levelname)s: %(message)s", "%(asctime)s %(name)s %(levelname)s: %(message)s"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(brief if level in {"WARNING", "INFO"} else detailed))
    logging.basicConfig(handlers=[handler], level=_TRACE if level == "TRACE" else level)
    if level != "TRACE":
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What its encoding does not have is written as an escape, as on standard error, and breaks nothing.
        sys.stdout.reconfigure(errors="backslashreplace")
