"""Files of our own: written whole, or half-written and owned by the process that writes them.

A half-written file is locked while a process works on it: nobody takes it away meanwhile, and when the
process dies the lock is gone. Where locks do not work, the owner is read from the name,
`<stem>.<host>-<boot>-<pid>-<random><end>`.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from modeltasks.support.filesystem import NoLocks, is_locked_elsewhere, open_own, replace, sync, system_lock
from modeltasks.support.identity import boot_id

HEARTBEAT = 60.0
"""Seconds between signs of life (the file's mtime) of a process that waits without writing."""

_FOREIGN_STALE = 15 * HEARTBEAT
_PID_REUSED = 24 * 3600.0
_FIELDS = 4
_PROCESS = re.compile(r"[0-9]{1,9}\Z")

_made: set[str] = set()
"""Owner tags that this process has given out."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, as far as others can tell: machine, start of that machine, process id."""

    host: str
    boot: str
    pid: int

    def __str__(self) -> str:
        return f"{self.host}-{self.boot}-{self.pid}"


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends well, and leaves no trace otherwise.

    It is made beside `path`, in folders that are made too, and opened by name, so that the user's umask
    gives its mode. A symbolic link is replaced itself: nothing is written where the path did not say.

    Args:
        path: what is replaced, or made.
        durable: wait until the disk has the bytes before they replace others.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{owner_tag()}.tmp")
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            if durable:
                sync(stream.fileno())
        replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_whole(path: Path, content: str, *, durable: bool = False) -> None:
    """Write a small text file whole; what no encoding has is written as an escape.

    Raises:
        OSError: as `replacing`.
    """
    with replacing(path, durable=durable) as stream:
        stream.write(content.encode("utf-8", "backslashreplace"))


def this_process() -> Owner:
    """Return this process as an owner."""
    return Owner(_short(socket.gethostname()), _short(boot_id()), os.getpid())


def owner_tag() -> str:
    """Return a part for the name of a new file: this process, and a number that no other file has."""
    tag = f"{this_process()}-{secrets.token_hex(4)}"
    _made.add(tag)
    return tag


def parse_owner(part: str) -> Owner | None:
    """Return the owner in a part of a file's name; None if there is none."""
    fields = part.split("-")
    if len(fields) != _FIELDS or not _PROCESS.match(fields[2]):
        return None
    return Owner(fields[0], fields[1], int(fields[2]))


def is_half_written(name: str) -> bool:
    """Whether a file's name has an owner in it: a process that is writing it, or was."""
    return any(parse_owner(part) for part in name.split("."))


def owner_is_gone(owner: Owner, me: Owner, age: float, alive: Callable[[int], bool]) -> bool:
    """Say whether the owner of a file works on it no more.

    Args:
        owner: the one in its name.
        me: this process.
        age: seconds since the last sign of life.
        alive: whether a process id of this machine is in use.
    """
    if owner.host != me.host:
        return age > _FOREIGN_STALE
    if owner.boot != me.boot:
        return True
    return age > _PID_REUSED if alive(owner.pid) else True


def new_file(folder: Path, stem: str, end: str) -> tuple[Path, BinaryIO]:
    """Make a file `<stem>.<owner><end>` to read and write, which is this process's as long as it is open.

    Raises:
        OSError: it cannot be made.
    """
    while True:
        path = folder / f"{stem}.{owner_tag()}{end}"
        stream = open_own(path, "x+b")
        try:
            # Between its making and its locking another process may have found it, and taken it away.
            if _lock(stream) is not False and os.path.lexists(path):
                return path, stream
        except BaseException:
            stream.close()
            raise
        stream.close()


def take_over(path: Path) -> tuple[Path, BinaryIO] | None:
    """Take over a file that nobody works on any more; it is this process's as long as it is open.

    Returns:
        Its name from now on, and the file open for reading and writing; None when somebody works on it,
        or may do so, or it is gone.
    """
    try:
        stream = open_own(path, "r+b")
    except OSError:
        return None
    try:
        locked = _lock(stream)
        if (locked or (locked is None and is_abandoned(path))) and os.path.lexists(path):
            return _renamed(path, locked=bool(locked)), stream
    except OSError:
        pass
    stream.close()
    return None


def remove_left(path: Path) -> None:
    """Remove a file that nobody works on any more; one that somebody may be working on stays."""
    if (taken := take_over(path)) is not None:
        mine, stream = taken
        stream.close()
        with suppress(OSError):
            mine.unlink()


def _renamed(path: Path, *, locked: bool) -> Path:
    """Put this process into the name. Where there are no locks, only one of two processes succeeds."""
    parts = [owner_tag() if parse_owner(part) else part for part in path.name.split(".")]
    mine = path.with_name(".".join(parts))
    try:
        path.rename(mine)
    except PermissionError:
        # Windows renames no file that is open; the lock is enough.
        if not locked:
            raise
        return path
    return mine


def _lock(stream: BinaryIO) -> bool | None:
    """Lock an open file; False when another one has it, None when there are no locks here."""
    try:
        system_lock(stream.fileno())
    except OSError as error:
        try:
            return not is_locked_elsewhere(error)
        except NoLocks:
            return None
    return True


def is_abandoned(path: Path) -> bool:
    """Whether the owner in the name of a file works on it no more. Never raises."""
    part = next((part for part in path.name.split(".") if parse_owner(part)), "")
    owner, me = parse_owner(part), this_process()
    if owner is None or part in _made:
        return False
    try:
        age = time.time() - path.lstat().st_mtime
    except OSError:
        return False
    # A container that starts again gives its processes the same ids again.
    return owner == me or owner_is_gone(owner, me, age, process_exists)


def process_exists(pid: int) -> bool:
    """Say whether a process of this machine has that id."""
    if sys.platform == "win32":
        return _process_exists_windows(pid)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether a process has ended and its parent has not heard of it: in some containers, for ever."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    # The name in parentheses may hold anything, spaces and parentheses too.
    return status.rpartition(b")")[2].split()[:1] in ([b"Z"], [b"X"])


def _process_exists_windows(pid: int) -> bool:
    # os.kill would end the process there.
    import ctypes

    synchronize = 0x00100000
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
    handle = kernel.OpenProcess(synchronize, False, pid)
    if handle:
        kernel.CloseHandle(handle)
    return bool(handle)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
