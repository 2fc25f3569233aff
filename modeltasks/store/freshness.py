"""Whether a file is still the one that was verified: by its stat, without reading it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from modeltasks.store.platform import Platform
from modeltasks.support.identity import StatIdentity, stat_identity

RACY_NS = 2_000_000_000
"""A file changed this shortly before it was hashed may have changed again within the same tick of its
clock (FAT steps in 2 s), so its time stamp proves nothing. The rule is that of git's index."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves that a file has the right content.

    Args:
        stat: `stat_identity` of the file before it was hashed, or just after our own rename.
        hashed_ns: when hashing began, in nanoseconds since 1970.
        source: where its bytes came from.
        unsynced: the start of the machine after which nobody waited for the disk to have the bytes. A
            crash may have lost them, so this is believed until the next start only. None: they are there.
    """

    stat: StatIdentity
    hashed_ns: int
    source: str
    unsynced: str | None = None

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.stat[0]

    @property
    def inode(self) -> int:
        """The number of the file."""
        return self.stat[2]


@dataclass(frozen=True, slots=True)
class Record:
    """What a receipt says of one file; `checksum` as `algorithm:hex`."""

    model: str
    file: str
    checksum: str
    evidence: Evidence


def status_of(path: Path) -> os.stat_result | None:
    """Return the status of a regular file (behind links), or None when there is none. Never raises."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def why_stale(
    status: os.stat_result | None, record: Record | None, checksum: str, platform: Platform
) -> str | None:
    """Return why a file cannot be taken for verified, or None when it can.

    Args:
        status: of the file, from `status_of`.
        record: what is on record for it.
        checksum: what its content must have.
        platform: what its stat tells here, and which start of the machine this is.
    """
    reason = None
    if status is None:
        reason = "missing"
    elif record is None:
        reason = "never verified"
    elif record.checksum != checksum:
        reason = "checksum differs"
    elif record.evidence.stat != stat_identity(status, platform.has_ctime):
        reason = "file touched since it was hashed"
    elif status.st_mtime_ns > record.evidence.hashed_ns - RACY_NS:
        reason = "racy timestamp"
    elif record.evidence.unsynced not in (None, platform.boot):
        reason = "machine restarted since it was written"
    return reason
