"""Whether files are still the ones that were verified: one stat each and one small read, never a hash.

This is all that runs when there is nothing to do, so it imports next to nothing.
"""

from __future__ import annotations

import json
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

FORMAT = 1
"""Version of the receipt; any other is treated as no receipt."""

RACY_NS = 2_000_000_000
"""A file changed this shortly before it was hashed may have changed again within the same tick of its
clock (FAT steps in 2 s), so its time stamp proves nothing. The rule is that of git's index."""

_LARGEST_RECEIPT = 16 * 1024 * 1024


def stat_key(status: os.stat_result, has_ctime: bool) -> list[int]:
    """Return what must not change while content stays the same: size, mtime, inode, ctime.

    ctime gives away an edit whose mtime was put back. On Windows it is the time of creation: left out.
    """
    return [status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns if has_ctime else 0]


def load(path: str) -> dict[str, Any] | None:
    """Return a receipt, or None when it is absent, garbage, or of another version. Never raises."""
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            receipt = json.loads(stream.read(_LARGEST_RECEIPT))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(receipt, dict) or receipt.get("format") != FORMAT:
        return None
    if not isinstance(receipt.get("entry"), str) or not isinstance(receipt.get("files"), dict):
        return None
    return receipt


def status_of(path: str) -> os.stat_result | None:
    """Return the status of a regular file (behind links), or None when there is none. Never raises."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def why_file_stale(
    status: os.stat_result | None, record: object, checksum: str, has_ctime: bool, boot: str
) -> str | None:
    """Return why a file cannot be taken for verified, or None when it can. Never raises.

    Args:
        status: of the file, from `status_of`.
        record: its entry in the receipt's `files`, whatever was found there.
        checksum: what its content must have, as `algorithm:hex`.
        has_ctime: see `stat_key`.
        boot: this start of the machine, see `boot_id`.
    """
    reason = None
    if status is None:
        reason = "missing"
    elif not isinstance(record, dict) or not isinstance(record.get("hashed_ns"), int):
        reason = "never verified"
    elif record.get("checksum") != checksum:
        reason = "checksum differs"
    elif record.get("stat") != stat_key(status, has_ctime):
        reason = "file touched since it was hashed"
    elif status.st_mtime_ns > record["hashed_ns"] - RACY_NS:
        reason = "racy timestamp"
    elif record.get("unsynced") not in (None, boot):
        reason = "machine restarted since it was written"
    return reason


def why_stale(
    receipt: dict[str, Any] | None,
    entry: str,
    files: Iterable[tuple[str, str, str]],
    *,
    has_ctime: bool,
    boot: str,
) -> str | None:
    """Return why a model is not current, or None when it is. Never raises.

    Args:
        receipt: from `load`.
        entry: `ModelSpec.entry_digest`.
        files: of each file its name in the model, its place on disk, and its checksum as `algorithm:hex`.
        has_ctime: see `stat_key`.
        boot: this start of the machine, see `boot_id`.
    """
    records = receipt["files"] if receipt else {}
    reasons: list[tuple[str, str]] = []
    count = 0
    for name, path, checksum in files:
        count += 1
        reason = why_file_stale(status_of(path), records.get(name), checksum, has_ctime, boot)
        if reason:
            reasons.append((reason, name))
    # The reason that a user can make most of: what is not there, then what he edited, then the rest.
    for reason, name in reasons:
        if reason == "missing":
            return _of(reason, name, count)
    if receipt is None:
        return "never verified"
    if receipt["entry"] != entry:
        return "config entry changed"
    return _of(*reasons[0], count) if reasons else None


def _of(reason: str, name: str, count: int) -> str:
    return f"{reason}: {name}" if count > 1 else reason
