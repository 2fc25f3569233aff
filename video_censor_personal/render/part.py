"""The file in which a copy grows, beside the target whose place it will take."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where a file in use cannot be removed and needs no lock
    fcntl = None  # type: ignore[assignment]


@contextmanager
def growing(target: Path) -> Iterator[Path]:
    """Give an empty file beside `target`, with its suffix and the mode that any new file gets.

    It is gone afterwards, unless it was renamed. What a killed render left behind for the same target is
    removed first; what another process is still writing is not.

    Raises:
        OSError: it cannot be created.
    """
    # The name is a digest: the target's own, with more added, could be too long for the file system.
    stem = f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}"
    for left in target.parent.glob(f"{stem}.*.part{target.suffix}"):
        _remove_unless_used(left)
    part = target.with_name(f"{stem}.{secrets.token_hex(4)}.part{target.suffix}")
    lock = _create(part)
    try:
        yield part
    finally:
        if lock is not None:
            os.close(lock)
        part.unlink(missing_ok=True)


def _create(part: Path) -> int | None:
    """Create the file; return the descriptor that marks it as used as long as it is open."""
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
    if fcntl is None:
        os.close(descriptor)
        return None
    with suppress(OSError):  # some network file systems have no locks; the copy does not depend on it
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _remove_unless_used(left: Path) -> None:
    with suppress(OSError):
        if fcntl is not None:
            with left.open("rb") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        left.unlink()
