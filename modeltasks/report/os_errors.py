"""What the operating system refuses, in the words of `modeltasks.errors`."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modeltasks.errors import DiskFull, LocalError, ModelTasksError, PermissionRefused
from modeltasks.support.files import FULL, free_bytes

_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def told(path: Path, needed: int = 0) -> Iterator[None]:
    """Turn an `OSError` of the block into the failure that a user can act on.

    Args:
        path: what the block works on.
        needed: bytes that it wants to write.

    Raises:
        DiskFull: no room, or over quota.
        PermissionRefused: no right, or a read-only file system.
        LocalError: anything else the system says.
    """
    try:
        yield
    except OSError as error:
        raise explain(error, path, needed) from error


def explain(error: OSError, path: Path, needed: int = 0) -> ModelTasksError:
    """Return the failure that an `OSError` on `path` means."""
    place = str(error.filename or path)
    if error.errno in FULL:
        return DiskFull(str(path.parent), needed, free_bytes(path.parent) or 0)
    if error.errno in _REFUSED:
        return PermissionRefused(place, error.strerror or str(error))
    if error.errno in _IN_THE_WAY:
        # A rename has two names; the second is that of the place.
        return in_the_way(Path(error.filename2 or place))
    return LocalError(
        f"Cannot use {place}",
        error.strerror or str(error),
        "Check this path and its disk, or set models.cache_dir to another place",
    )


def in_the_way(place: Path, link: Path | None = None) -> LocalError:
    """Return the failure that means that something is at `place`, or at a folder on the way to it.

    Args:
        place: where a file belongs.
        link: the folder on the way that leads elsewhere, if that is what is wrong.
    """
    places = (place, *place.parents)
    blocker = link or next((each for each in places if os.path.lexists(each) and not each.is_dir()), place)
    kind = (
        "a link that leads out of the store" if link else "a folder" if blocker.is_dir() else "not a folder"
    )
    return LocalError(
        f"Cannot use {place}",
        f"{blocker} is {kind}",
        "Move it elsewhere and run again, or set models.cache_dir to another place",
    )
