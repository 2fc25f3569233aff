"""What workers report progress to; `display.py` shows it."""

from __future__ import annotations

from typing import Protocol


class FileProgress(Protocol):
    """The progress of one file; safe to call from several threads."""

    def advance(self, count: int) -> None:
        """`count` more bytes are done; negative when bytes turn out to be lost."""

    def close(self) -> None:
        """Nothing more will come, whether it was finished or not."""


class Progress(Protocol):
    """A place to show progress of many files at once."""

    def begin(self, label: str, total: int | None, done: int = 0) -> FileProgress:
        """Start showing a file of `total` bytes (unknown: None), of which `done` are there already."""


class _Silent:
    def advance(self, count: int) -> None:
        return

    def close(self) -> None:
        return


class NoProgress:
    """Shows nothing."""

    def begin(self, label: str, total: int | None, done: int = 0) -> FileProgress:
        """Return a progress that goes nowhere."""
        return _Silent()
