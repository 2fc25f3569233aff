"""What workers report progress to; `display.py` shows it."""

from __future__ import annotations

from typing import Literal, Protocol

Unit = Literal["bytes", "seconds"]
"""What is counted: bytes, or seconds of a film."""


class FileProgress(Protocol):
    """The progress of one file; safe to call from several threads."""

    def advance(self, count: float) -> None:
        """`count` more bytes or seconds are done; negative when they turn out to be lost."""

    def close(self) -> None:
        """Nothing more will come, whether it was finished or not."""


class Progress(Protocol):
    """A place to show progress of many files at once."""

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        """Start showing a file of `total` bytes or seconds (unknown: None), of which `done` are done."""


class _Silent:
    def advance(self, count: float) -> None:
        return

    def close(self) -> None:
        return


class NoProgress:
    """Shows nothing."""

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        """Return a progress that goes nowhere."""
        return _Silent()
