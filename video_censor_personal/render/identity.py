"""By what a copy is known again: its content, and its stat while nobody touched it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from modeltasks.support.identity import stat_identity

_SAMPLE = 4 * 2**20
"""Bytes. Smaller files are read whole."""


def content_key(path: Path) -> str:
    """A digest of the file's size, beginning and end, where a container has what it says of itself."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        digest.update(str(size).encode())
        for start in (0, max(size - _SAMPLE, 0)):
            stream.seek(start)
            digest.update(stream.read(_SAMPLE))
    return digest.hexdigest()


def stat_key(path: Path) -> list[int] | None:
    """Return a file's size, mtime and inode; None where there is none."""
    try:
        size, mtime, inode, _ = stat_identity(path.stat())
    except OSError:
        return None
    return [size, mtime, inode]  # no ctime: the copy is looked at before it gets its name
