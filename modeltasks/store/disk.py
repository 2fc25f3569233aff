"""Two operations whose details differ between systems: replace a file, and wait for the disk."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from modeltasks.report.os_errors import refused
from modeltasks.store.platform import PlatformFacts
from modeltasks.support.files import sync

_PATIENCE = (0.05, 0.1, 0.2, 0.4)


def replace(source: Path, target: Path, facts: PlatformFacts) -> None:
    """Rename a file over another, in one step.

    Raises:
        OSError: the system refuses.
        PermissionRefused: a program has the old file open, on a system where that stands in the way.
    """
    if facts.can_replace_open:
        source.replace(target)
        return
    # A virus scanner lets go of a file after a moment; a program that uses the model does not.
    for pause in (*_PATIENCE, None):
        try:
            source.replace(target)
        except PermissionError as error:
            if pause is None:
                raise refused(
                    target, "it cannot be replaced while a program has it open: close it and run again"
                ) from error
            time.sleep(pause)
        else:
            return


def wait_for_disk(path: Path) -> None:
    """Have the system write what it still holds of a file; nearly free when it holds nothing.

    Raises:
        OSError: it could not be written: the bytes are not safe. Not where waiting is impossible.
    """
    # Windows flushes only what is open for writing; elsewhere a file need not be ours to write.
    with path.open("r+b" if sys.platform == "win32" else "rb") as stream:
        sync(stream.fileno())
