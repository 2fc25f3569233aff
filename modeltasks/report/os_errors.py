"""What the operating system refuses, as the failure that a user can act on: for every path of the program."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from modeltasks.errors import DiskFull, LocalError, PermissionRefused
from modeltasks.support.commands import command
from modeltasks.support.filesystem import FULL, free_bytes

_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT}


@dataclass(frozen=True, slots=True)
class Use:
    """What a path is used for: what its failures say, and what to do about them.

    Args:
        what: what cannot be done; `{path}` stands for the path, `{folder}` for its folder, `{place}` for what
            the system named, which may lie below the path.
        full: the same, where the disk is full.
        if_full: what to do then.
        if_refused: what to do where the system does not let us.
        if_blocked: what to do where something else stands there.
        otherwise: what to do about anything else.
    """

    what: str
    full: str
    if_full: str
    if_refused: str
    if_blocked: str
    otherwise: str


MODELS = Use(
    "Cannot use {place}",
    "Not enough room in {folder}",
    "Set models.cache_dir to a larger disk, or free some space",
    "Check owner and mode of the folder, or set models.cache_dir to one that you may write",
    "Move it elsewhere and run again, or set models.cache_dir to another place",
    "Check this path and its disk, or set models.cache_dir to another place",
)


@contextmanager
def explained(path: Path, needed: int = 0, use: Use = MODELS) -> Iterator[None]:
    """Turn an `OSError` of the block into the failure that a user can act on.

    Args:
        path: what the block works on.
        needed: bytes that it wants to write; 0: unknown.
        use: what the path is used for.

    Raises:
        DiskFull: no room, over quota, or larger than a file may be there.
        PermissionRefused: no right, or a read-only file system.
        LocalError: anything else the system says.
    """
    try:
        yield
    except OSError as error:
        raise explain(error, path, needed, use) from error


def explain(error: OSError, path: Path, needed: int = 0, use: Use = MODELS) -> LocalError:
    """Return the failure that an `OSError` on `path` means; arguments as for `explained`."""
    if error.errno == errno.EFBIG:
        return disk_full(path, "the file is too large for its file system", use)
    if error.errno in FULL:
        folder = path if path.is_dir() else path.parent
        return no_room(folder, needed, free_bytes(folder)) if needed else disk_full(path, use=use)
    place = Path(os.fsdecode(error.filename or path))
    if error.errno in _REFUSED:
        return refused(path, error.strerror or str(error), use, place)
    if error.errno in _IN_THE_WAY:
        # A rename has two names; the second is that of the place.
        place = Path(os.fsdecode(error.filename2 or place))
        return LocalError(use.what.format(path=path, place=place), _what_is_there(place), use.if_blocked)
    why = error.strerror or str(error)
    return LocalError(use.what.format(path=path, place=place), why, use.otherwise)


def no_room(folder: Path, needed: int, free: int | None) -> DiskFull:
    """Return the failure that means that `needed` bytes of models do not fit."""
    why = f"{needed:,} bytes are needed and {free or 0:,} are free"
    return DiskFull(MODELS.full.format(path=folder, folder=folder), why, _if_full(MODELS))


def disk_full(path: Path, why: str = "the disk is full", use: Use = MODELS) -> DiskFull:
    """Return the failure that means that `path` cannot be written whole."""
    return DiskFull(use.full.format(path=path, folder=path.parent), why, _if_full(use))


def refused(path: Path, why: str, use: Use = MODELS, place: Path | None = None) -> PermissionRefused:
    """Return the failure that means that the system does not let us use `path`, or `place` below it."""
    return PermissionRefused(use.what.format(path=path, place=place or path), why, use.if_refused)


def in_the_way(place: Path, link: Path | None = None) -> LocalError:
    """Return the failure that means that something is where a file of a model belongs, or on the way to it.

    Args:
        place: where the file belongs.
        link: the folder on the way that leads elsewhere, if that is what is wrong.
    """
    why = f"{link} is a link that leads out of the store" if link else _what_is_there(place)
    return LocalError(MODELS.what.format(place=place), why, MODELS.if_blocked)


def _if_full(use: Use) -> str:
    """Return what to do about a full disk; models are not all that is kept beside them."""
    prune = command("prune") if use is MODELS else None
    return use.if_full if prune is None else f"{use.if_full}: {prune} shows what can go"


def _what_is_there(place: Path) -> str:
    places = (place, *place.parents)
    blocker = next((each for each in places if os.path.lexists(each) and not each.is_dir()), place)
    return f"{blocker} is {'a folder' if blocker.is_dir() else 'not a folder'}"
