"""Two operations whose details differ between systems: replace a file, and wait for the disk."""

from __future__ import annotations

import sys
from pathlib import Path

from modeltasks.report.os_errors import refused
from modeltasks.store.platform import PlatformFacts
from modeltasks.support import filesystem
from modeltasks.support.filesystem import sync


def replace(source: Path, target: Path, facts: PlatformFacts) -> None:
    """Rename a file over another, in one step.

    Raises:
        OSError: the system refuses.
        PermissionRefused: a program has the old file open, on a system where that stands in the way.
    """
    try:
        filesystem.replace(source, target, patient=not facts.can_replace_open)
    except PermissionError as error:
        if facts.can_replace_open:
            raise
        raise refused(
            target, "it cannot be replaced while a program has it open: close it and run again"
        ) from error


def wait_for_disk(path: Path) -> None:
    """Have the system write what it still holds of a file; nearly free when it holds nothing.

    Raises:
        OSError: it could not be written: the bytes are not safe. Not where waiting is impossible.
    """
    # Windows flushes only what is open for writing; elsewhere a file need not be ours to write.
    with path.open("r+b" if sys.platform == "win32" else "rb") as stream:
        sync(stream.fileno())
