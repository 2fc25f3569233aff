"""Logging, to standard error."""

from __future__ import annotations

import io
import logging
import sys
from typing import TextIO

from modeltasks.report.console import write_lines
from modeltasks.support.text import clean

_TRACE = 5
_CHATTY = ("urllib3", "httpx", "httpx2", "httpcore", "httpcore2", "faster_whisper", "libav", "filelock")


class _Handler(logging.StreamHandler[TextIO]):
    """Writes each record as whole lines, above the bars that are shown."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            write_lines(self.stream, self.format(record) + self.terminator)
            self.flush()
        except Exception:  # noqa: BLE001 - as in `logging`: what cannot be logged stops no work
            self.handleError(record)


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
    handler = _Handler(sys.stderr)
    handler.setFormatter(_Formatter(brief if level in {"WARNING", "INFO"} else detailed))
    logging.captureWarnings(True)  # else Python writes them past the bars
    logging.basicConfig(handlers=[handler], level=_TRACE if level == "TRACE" else level)
    if level != "TRACE":
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What its encoding does not have is written as an escape, as on standard error, and breaks nothing.
        sys.stdout.reconfigure(errors="backslashreplace")
