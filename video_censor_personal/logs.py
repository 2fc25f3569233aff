"""What is told on standard error while work is under way."""

from __future__ import annotations

import logging
import sys

_TRACE = 5
_CHATTY = ("urllib3", "httpx", "httpx2", "httpcore", "httpcore2", "faster_whisper", "libav", "filelock")


def set_up_logging(level: str) -> None:
    """Show log lines from `level` on: INFO, DEBUG or TRACE; what libraries say of their own only at TRACE."""
    logging.addLevelName(_TRACE, "TRACE")
    logging.basicConfig(
        stream=sys.stderr,
        level=_TRACE if level == "TRACE" else level,
        format="%(levelname)s: %(message)s"
        if level == "INFO"
        else "%(asctime)s %(name)s %(levelname)s: %(message)s",
    )
    if level != "TRACE":
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
