"""Logging, to standard error."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO, cast

from modeltasks.report.console import write_lines
from modeltasks.report.os_errors import explained
from modeltasks.support.text import clean
from video_censor_personal.config import Config
from video_censor_personal.errors import OutputRefused
from video_censor_personal.locations import check_place
from video_censor_personal.media.errors import OUTPUT

_TRACE = 5
_CHATTY = ("urllib3", "httpx", "httpx2", "httpcore", "httpcore2", "faster_whisper", "libav", "filelock")


logger = logging.getLogger(__name__)


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


class _JsonFormatter(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        traceback = {"traceback": self.formatException(record.exc_info)} if record.exc_info else {}
        return _entry(record.created, record.levelname, record.name, record.getMessage(), **traceback)


def _entry(seconds: float, level: str, logger: str, message: str, **more: str) -> str:
    when = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    entry = {"time": when, "level": level, "logger": logger, "message": message, **more}
    return json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


class _Messages:
    """Standard error where all that is written, by libraries too, becomes a JSON object a message.

    It is no terminal: no bar is drawn, and nothing is asked.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._begun = ""

    def write(self, text: str) -> int:
        """Write a message, once its last line is whole."""
        self._begun += text
        if self._begun.endswith("\n"):
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Write what is there."""
        message, self._begun = self._begun.rstrip(), ""
        if message:
            level = "ERROR" if message.startswith("error: ") else "INFO"
            self.stream.write(f"{_entry(time.time(), level, 'video-censor', message)}\n")
        self.stream.flush()

    def isatty(self) -> bool:
        """No."""
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def write_messages_as_json() -> None:
    """Let all that goes to standard error be a JSON object a line, from now on."""
    sys.stderr = cast(TextIO, _Messages(sys.stderr))


def set_up_logging(level: str, file: Path | None = None, *, as_json: bool = False) -> None:
    """Show log lines from `level` on: ERROR, WARNING, INFO, DEBUG or TRACE.

    What libraries say of their own is shown only at TRACE.

    Args:
        level: the least that is shown.
        file: where lines are added, too, from DEBUG on.
        as_json: let each be a JSON object.

    Raises:
        Failure: the file cannot be written.
    """
    logging.addLevelName(_TRACE, "TRACE")
    brief, detailed = "%(levelname)s: %(message)s", "%(asctime)s %(name)s %(levelname)s: %(message)s"
    least = _TRACE if level == "TRACE" else logging.getLevelNamesMapping()[level]
    terminal = _Handler(sys.stderr.stream if isinstance(sys.stderr, _Messages) else sys.stderr)
    terminal.setFormatter(_formatter(detailed if least < logging.INFO else brief, as_json=as_json))
    terminal.setLevel(least)
    handlers: list[logging.Handler] = [terminal]
    if file is not None:
        check_place(file)
        with explained(file, use=OUTPUT):
            kept = _opened(file)
        kept.setFormatter(_formatter(detailed, as_json=as_json))
        handlers.append(kept)
    logging.captureWarnings(True)  # else Python writes them past the bars
    logging.basicConfig(handlers=handlers, level=min(least, logging.DEBUG) if file is not None else least)
    if level != "TRACE":
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
    # What its encoding does not have is written as an escape, as on standard error, and breaks nothing.
    with suppress(AttributeError):  # a program that imports this one may have put something else there
        cast(io.TextIOWrapper, sys.stdout).reconfigure(errors="backslashreplace")


def tell_warnings(config: Config) -> None:
    """Tell what in a config is right, but has no effect."""
    for warning in config.warnings:
        logger.warning("%s", warning)


def _opened(file: Path) -> logging.FileHandler:
    try:
        return logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        # The command line is wrong then, as it is where an output cannot be put.
        why = f"{file.absolute().parent} is no folder" if not file.parent.is_dir() else str(error.strerror)
        raise OutputRefused(file, why, "Choose a folder that exists and that you may write to") from error


def _formatter(form: str, *, as_json: bool) -> logging.Formatter:
    return _JsonFormatter() if as_json else _Formatter(form)
