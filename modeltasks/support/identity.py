"""The id of this start of the machine, and the stat by which an unchanged file is recognised."""

from __future__ import annotations

import os

StatIdentity = tuple[int, int, int, int]


def boot_id() -> str:
    """Return an id that is new after each start, '' where the system does not tell (all but Linux)."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
            return stream.read().strip()
    except (OSError, ValueError):
        return ""


def stat_identity(status: os.stat_result, has_ctime: bool = os.name != "nt") -> StatIdentity:
    """Return what must not change while the content of a file stays the same: size, mtime, inode, ctime.

    ctime gives away an edit whose mtime was put back. On Windows it is the time of creation: 0 here.
    """
    return (status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns if has_ctime else 0)


def same_but_names(one: StatIdentity, other: StatIdentity) -> bool:
    """Whether two identities differ by ctime at most, which changes when the file gets or loses a name."""
    return one[:3] == other[:3]
