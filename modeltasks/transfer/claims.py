"""Who works on which partial: a claim is a rename to a private name, so no lock is needed.

`sha256-<hex>.part` is free for everyone; `sha256-<hex>.part.<host>-<boot>-<pid>-<random>` belongs to a
process. Two that want the same bytes at once never share a file: the loser begins a fresh one.
What a killed process leaves is taken over by the next.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from modeltasks.spec import Checksum
from modeltasks.support.files import (
    HEARTBEAT,
    Owner,
    is_abandoned,
    owner_in,
    private_part,
    process_exists,
    this_process,
)
from modeltasks.support.filesystem import is_ours, open_own, set_times
from modeltasks.transfer.layout import held_bytes

__all__ = ["HEARTBEAT", "claim", "discard_others", "held_by_name", "owner_of", "partial_name", "release"]

_ours: set[str] = set()
"""Names that this process has claimed since it began."""


def partial_name(checksum: Checksum) -> str:
    """Return the free name of the partial of these bytes, the same for every mirror and process."""
    return f"{checksum.algorithm}-{checksum.hexdigest}.part"


def owner_of(name: str) -> Owner | None:
    """Return who claims a partial, by its name; None if it is free or not a partial."""
    return owner_in(name.partition(".part.")[2])


def claim(directory: Path, checksum: Checksum) -> Path:
    """Take over what there is of these bytes, the longest first, and return its private path.

    Where nothing is there, or others are faster, the path is that of an empty file.

    Raises:
        OSError: the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    name = partial_name(checksum)
    me = this_process()
    private = directory / f"{name}.{private_part()}"
    _ours.add(private.name)
    for candidate in sorted(_free(directory, name, me), key=held_bytes, reverse=True):
        with contextlib.suppress(FileNotFoundError):
            candidate.rename(private)
            _unshare(private)
            set_times(private)
            return private
    with open_own(private, "xb"):
        return private


def _unshare(private: Path) -> None:
    """Give a partial bytes of its own: in a store that was copied by hard links, both would be written."""
    if private.is_symlink():
        private.unlink()
        open_own(private, "xb").close()
    elif not is_ours(private):
        copy = private.with_name(f"{private.name}.copy")
        _ours.add(copy.name)
        with open_own(private, "rb") as reader, open_own(copy, "xb") as writer:
            shutil.copyfileobj(reader, writer)
        copy.replace(private)


def release(private: Path, checksum: Checksum) -> None:
    """Give a partial back under its free name; of two the one with more bytes stays."""
    free = private.with_name(partial_name(checksum))
    try:
        better = _is_plain(free) and held_bytes(free) > held_bytes(private)
        if better or not held_bytes(private):
            private.unlink()
        else:
            private.replace(free)
    except OSError:
        # It stays under the private name, and is found there once this process has ended.
        return


def discard_others(private: Path, checksum: Checksum) -> None:
    """Delete what else is there of bytes that are complete now, unless another process works on it."""
    for path in _free(private.parent, partial_name(checksum), this_process()):
        with contextlib.suppress(OSError):
            path.unlink()


def _free(directory: Path, name: str, me: Owner) -> list[Path]:
    found = [path for path in (directory / name,) if _is_plain(path)]
    for path in directory.glob(f"{name}.*"):
        owner = owner_of(path.name)
        if owner is None or path.name in _ours or not _is_plain(path):
            continue
        with contextlib.suppress(FileNotFoundError):
            age = time.time() - path.lstat().st_mtime
            # A container that starts again gives its processes the same ids again.
            if owner == me or is_abandoned(owner, me, age, process_exists):
                found.append(path)
    return found


def _is_plain(path: Path) -> bool:
    # A link is nothing of ours, and leads to somebody else's file.
    return path.is_file() and not path.is_symlink()


def held_by_name(directory: Path) -> dict[str, int]:
    """Return how many bytes the fullest partial of each name holds, whoever works on it. Never raises."""
    found: dict[str, int] = {}
    with contextlib.suppress(OSError):
        for path in directory.iterdir():
            stem, separator, _ = path.name.partition(".part")
            if separator and _is_plain(path):
                name = f"{stem}.part"
                found[name] = max(found.get(name, 0), held_bytes(path))
    return found
