"""File operations that some file systems lack, and how to open a file that is ours alone.

Times, modes, waiting for the disk, hard links and locks can be done without: vfat, network shares, FUSE and
containers lack some of them, and the bytes are right all the same. A full or broken disk is another matter:
`ENOSPC` and `EIO` pass through everything here.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

CANNOT = frozenset(
    {
        *(errno.EPERM, errno.EACCES, errno.EROFS),  # not here, or not for us
        *(errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.EBADF),
        *(errno.EXDEV, errno.EMLINK, errno.ENOLCK),
    }
)
"""What the system says when a file system, or this place on it, has no such operation."""

FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
"""What the system says when there is no room."""

_BUSY = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK, errno.EWOULDBLOCK})
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
OWN = _NO_FOLLOW | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Flags of `os.open` for files of our own: never through a link, not for programs that we start."""

_PAUSES = (0.05, 0.1, 0.2, 0.4)
_CAN_LEAVE_LINKS = os.utime in os.supports_follow_symlinks


@contextmanager
def cosmetic() -> Iterator[None]:
    """Do without what the block wants where the file system cannot do it.

    Raises:
        OSError: the disk is full or broken, or the file is gone.
    """
    try:
        yield
    except NotImplementedError:
        return
    except OSError as error:
        if error.errno not in CANNOT:
            raise


def set_mode(path: Path, mode: int) -> None:
    """Set the permissions of a file of ours, where there are any."""
    if path.lstat().st_mode & 0o777 != mode:
        with cosmetic():
            path.chmod(mode)


def set_times(path: Path, times: tuple[int, int] | None = None) -> None:
    """Set atime and mtime in ns, None for now, where that can be done; of a link those of the link."""
    follow = not _CAN_LEAVE_LINKS
    if follow and path.is_symlink():
        return
    with cosmetic():
        # Whoever may write a file may set its times to now; only its owner may set them to another time.
        if times is None:
            os.utime(path, follow_symlinks=follow)
        else:
            os.utime(path, ns=times, follow_symlinks=follow)


def mark_used(path: str | Path, every: float = 86_400.0) -> bool:
    """Set a file's times to now, where they are `every` seconds old; return whether it is there.

    What is used is not taken for what nobody needs any more; and a file that is used often is not written to
    each time.
    """
    try:
        age = time.time() - os.stat(path).st_mtime  # noqa: PTH116 - asked for thousands of files
    except OSError:
        return False
    if age > every:
        set_times(Path(path))
    return True


def sync(descriptor: int) -> None:
    """Wait until the disk has what was written, where one can wait for it.

    Raises:
        OSError: it could not be written: the bytes are not safe.
    """
    with cosmetic():
        os.fsync(descriptor)


def free_bytes(folder: Path) -> int | None:
    """Return the bytes that are free for a folder that is there or is to be made; None when unknown.

    Some file systems tell of 0 blocks in all: that is not the same as a full disk.
    """
    for place in (folder, *folder.parents):
        try:
            usage = shutil.disk_usage(place)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        return usage.free if usage.total > 0 else None
    return None


def open_own(path: Path, mode: str) -> BinaryIO:
    """Open a file of ours, unbuffered; never through a link, which would lead to somebody else's.

    Raises:
        OSError: it is a link, or cannot be opened.
    """
    if not _NO_FOLLOW and path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    # pathlib takes no opener
    return cast(BinaryIO, open(path, mode, buffering=0, opener=_opener))


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | OWN, 0o666)


def replace(source: Path, target: Path, *, patient: bool = sys.platform == "win32") -> None:
    """Rename a file over another, in one step.

    Args:
        source: the file.
        target: its new name.
        patient: try again for a moment where the old file is in use, as virus scanners do on Windows.

    Raises:
        OSError: the system refuses.
    """
    for pause in _PAUSES if patient else ():
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    source.replace(target)


def is_ours(path: Path) -> bool:
    """Whether a path is a plain file of that name alone: not a link, nor one of several names. Never raises.

    What is written into a file of several names is written for all of them.
    """
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


class NoLocks(Exception):
    """Locks do not work on this file system."""


def system_lock(descriptor: int) -> None:
    """Lock with what the operating system has: it unlocks when the process ends, however it ends."""
    if sys.platform == "win32":
        import msvcrt

        # Far beyond the text: a locked byte cannot be read by others there, and they want the holder.
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_locked_elsewhere(error: OSError) -> bool:
    """Say what a refused lock means: True, somebody else has it.

    Raises:
        NoLocks: this file system has no locks.
        OSError: something else.
    """
    if error.errno in _BUSY:
        return True
    if error.errno in CANNOT:
        raise NoLocks from error
    raise error
