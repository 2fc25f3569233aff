"""A video's SHA-256, computed again only when the file changed."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from modeltasks.support.cancel import CancelToken
from modeltasks.support.files import write_whole

_RACY = 2.0
"""Seconds. A file changed this short before it was hashed may change again within one tick of its
times, so what was noted about it is not trusted (git calls such an entry racily clean)."""


def fingerprint(
    path: Path,
    cache_dir: Path,
    *,
    cancel: CancelToken | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> str:
    """Return the SHA-256 of a file in hex, from `cache_dir` while its stat is the same.

    `on_bytes` hears of the bytes hashed, so a caller can show progress.

    Raises:
        OSError: the file cannot be read.
        Cancelled: a stop was asked for.
    """
    path = path.resolve()
    note = cache_dir / "fingerprints" / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:32]}.json"
    before = _stat(path)
    known = _read(note)
    if known.get("stat") == before and isinstance(digest := known.get("sha256"), str):
        return digest
    from modeltasks.checksum import hash_file

    started = time.time()
    digest = hash_file(path, "sha256", cancel=cancel, on_bytes=on_bytes or _unheard)
    if _stat(path) == before and started - max(before[1], before[3]) / 1e9 > _RACY:
        # Without the note it is hashed again next time, no more than that.
        with suppress(OSError):
            write_whole(note, json.dumps({"path": str(path), "stat": before, "sha256": digest}) + "\n")
    return digest


def _unheard(_count: int) -> None:
    return


def _stat(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns, found.st_dev]


def _read(note: Path) -> dict[str, object]:
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
