"""Who works on which partial: a claim is a rename to a private name, so no lock is needed.

`sha256-<hex>.part` is free for everyone; `sha256-<hex>.part.<host>-<boot>-<pid>-<random>` belongs to a
process. Two that want the same bytes at once never share a file: the loser begins a fresh one.
What a killed process leaves is taken over by the next.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modeltasks.spec import Checksum
from modeltasks.transfer.layout import held_bytes

HEARTBEAT = 60.0
"""Seconds between signs of life (the file's mtime) of a process that waits without writing."""

_PROCESS = re.compile(r"[0-9]{1,9}\Z")
_FOREIGN_STALE = 15 * HEARTBEAT
_PID_REUSED = 24 * 3600.0

_ours: set[str] = set()
"""Names that this process has claimed since it began."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, as far as others can tell: machine, start of that machine, process id."""

    host: str
    boot: str
    pid: int

    def __str__(self) -> str:
        return f"{self.host}-{self.boot}-{self.pid}"


def this_process() -> Owner:
    """Return the owner that claims of this process name."""
    return Owner(_short(socket.gethostname()), _short(_boot_id()), os.getpid())


def partial_name(checksum: Checksum) -> str:
    """Return the free name of the partial of these bytes, the same for every mirror and process."""
    return f"{checksum.algorithm}-{checksum.hexdigest}.part"


def owner_of(name: str) -> Owner | None:
    """Return who claims a partial, by its name; None if it is free or not a partial."""
    _, separator, claim = name.partition(".part.")
    fields = claim.split("-")
    if not separator or len(fields) != 4 or not _PROCESS.match(fields[2]):
        return None
    return Owner(fields[0], fields[1], int(fields[2]))


def is_abandoned(owner: Owner, me: Owner, age: float, alive: Callable[[int], bool]) -> bool:
    """Say whether nobody works on a claim any more.

    Args:
        owner: whom the claim names.
        me: this process.
        age: seconds since the last sign of life.
        alive: whether a process id of this machine is in use.
    """
    if owner.host != me.host:
        return age > _FOREIGN_STALE
    if owner.boot != me.boot:
        return True
    return age > _PID_REUSED if alive(owner.pid) else True


def claim(directory: Path, checksum: Checksum) -> Path:
    """Take over what there is of these bytes, the longest first, and return its private path.

    Where nothing is there, or others are faster, the path is that of an empty file.

    Raises:
        OSError: the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    name = partial_name(checksum)
    me = this_process()
    private = directory / f"{name}.{me}-{secrets.token_hex(4)}"
    _ours.add(private.name)
    for candidate in sorted(_free(directory, name, me), key=held_bytes, reverse=True):
        with contextlib.suppress(FileNotFoundError):
            candidate.rename(private)
            private.touch()
            return private
    with private.open("xb"):
        return private


def release(private: Path, checksum: Checksum) -> None:
    """Give a partial back under its free name; of two the one with more bytes stays."""
    free = private.with_name(partial_name(checksum))
    try:
        if not held_bytes(private) or (free.exists() and held_bytes(free) > held_bytes(private)):
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
    found = [path for path in (directory / name,) if path.is_file()]
    for path in directory.glob(f"{name}.*"):
        owner = owner_of(path.name)
        if owner is None or path.name in _ours:
            continue
        with contextlib.suppress(FileNotFoundError):
            age = time.time() - path.stat().st_mtime
            # A container that starts again gives its processes the same ids again.
            if owner == me or is_abandoned(owner, me, age, process_exists):
                found.append(path)
    return found


def process_exists(pid: int) -> bool:
    """Say whether a process of this machine has that id."""
    if sys.platform == "win32":
        return _process_exists_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
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


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return ""


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
