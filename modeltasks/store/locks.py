"""One process at a time works on a model; a crashed one frees it, and waiting has an end."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from modeltasks.cancel import CancelToken
from modeltasks.errors import ConfigError, LockTimeout
from modeltasks.store.failures import told

VARIABLE = "MODELTASKS_LOCK_TIMEOUT"
"""Environment variable: seconds to wait for another process."""

DEFAULT_TIMEOUT = 600.0

_UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
_BUSY = {errno.EACCES, errno.EAGAIN, errno.EDEADLK, errno.EWOULDBLOCK}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25

TryLock = Callable[[int], None]
"""Lock an open file without waiting; the lock ends with the descriptor. Raises OSError when it cannot."""


def timeout_from(environ: Mapping[str, str]) -> float:
    """Return how many seconds to wait for a lock.

    Raises:
        ConfigError: the variable holds no number of seconds.
    """
    text = environ.get(VARIABLE, "").strip()
    if not text:
        return DEFAULT_TIMEOUT
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ConfigError(
            f"{VARIABLE}={text!r} is not a time", "it must be 0 or more seconds", "Correct or unset it"
        )
    return seconds


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


@contextmanager
def lock(
    path: Path, name: str, cancel: CancelToken, timeout: float, try_lock: TryLock = system_lock
) -> Iterator[None]:
    """Hold a lock during the block; threads of one process exclude each other too.

    Args:
        path: a file to lock; made when absent, never removed.
        name: the model's, for the message.
        cancel: ends the wait.
        timeout: seconds to wait.
        try_lock: the system's lock.

    Raises:
        LockTimeout: another one held it all that time.
        Cancelled: `cancel` was set meanwhile.
        LocalError: the file cannot be made or locked.
    """
    with told(path):
        claim: _Claim = _SystemClaim(path, try_lock)
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    try:
        while True:
            try:
                with told(path):
                    taken = claim.take()
                if taken:
                    break
            except _Unsupported:
                claim.release()
                claim = _FileClaim(path.with_name(path.name + ".held"))
                continue
            if time.monotonic() >= deadline:
                raise LockTimeout(name, claim.holder(), timeout, VARIABLE)
            cancel.sleep(min(pause, max(0.0, deadline - time.monotonic())))
            pause = min(2 * pause, _LONGEST_PAUSE)
        yield
    finally:
        claim.release()


class _Unsupported(Exception):
    """Locks do not work on this file system."""


class _Claim(Protocol):
    def take(self) -> bool: ...

    def holder(self) -> str: ...

    def release(self) -> None: ...


class _SystemClaim:
    def __init__(self, path: Path, try_lock: TryLock) -> None:
        self._path = path
        self._try_lock = try_lock
        self._descriptor = _open(path)

    def take(self) -> bool:
        if not self._try(self._descriptor):
            return False
        # Some network file systems grant every lock to everyone. Then a second one is granted to ourselves.
        second = _open(self._path)
        try:
            if self._try(second):
                raise _Unsupported
        finally:
            os.close(second)
        # Blanks cover a longer one of before. Cutting it to nothing would have the disk waited for (ext4).
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, _identity().ljust(os.fstat(self._descriptor).st_size))
        return True

    def _try(self, descriptor: int) -> bool:
        try:
            self._try_lock(descriptor)
        except OSError as error:
            if error.errno in _BUSY:
                return False
            if error.errno in _UNSUPPORTED:
                raise _Unsupported from error
            raise
        return True

    def holder(self) -> str:
        return _describe(self._path)

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class _FileClaim:
    """For file systems without locks: a file that exists while the lock is held."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = False

    def take(self) -> bool:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            self._clear_dead_holder()
            return False
        self._held = True
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(_identity())
        return True

    def _clear_dead_holder(self) -> None:
        if not _is_dead(_read(self._path)):
            return
        # Only one process may clear, and only what it finds dead while no other can: else it could
        # remove the claim of the next holder.
        clearing = self._path.with_name(self._path.name + ".clearing")
        try:
            clearing.mkdir()
        except OSError:
            return
        try:
            if _is_dead(_read(self._path)):
                self._path.unlink()
        finally:
            clearing.rmdir()

    def holder(self) -> str:
        return f"{_describe(self._path)} (if it is gone, delete {self._path}*)"

    def release(self) -> None:
        if self._held:
            with suppress(OSError):
                self._path.unlink()
            self._held = False


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)


def _identity() -> bytes:
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    return json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since}).encode()


def _read(path: Path) -> dict[str, object]:
    try:
        holder = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def _describe(path: Path) -> str:
    holder = _read(path)
    if not holder:
        return "another process"
    return f"process {holder.get('pid')} on {holder.get('host')} (since {holder.get('since')})"


def _is_dead(holder: dict[str, object]) -> bool:
    """Return whether the holder is known to have ended; on another machine nobody can know."""
    pid = holder.get("pid")
    # os.kill would end the process on Windows, whatever the signal.
    if not isinstance(pid, int) or holder.get("host") != socket.gethostname() or sys.platform == "win32":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
