"""One thread of one process at a time works on a model, or looks for a content.

A process that crashed frees its locks, and waiting has an end. `StoreLocks` are the locks of a store,
`file_lock` is one of them: the system's, or on a file system that has none a file that exists meanwhile.
It is flock itself and not the library filelock, since it tells who holds it, and notices file systems that
grant every lock to everyone.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from weakref import WeakValueDictionary

from modeltasks.errors import ConfigError, LocalError, LockTimeout
from modeltasks.report.os_errors import explained
from modeltasks.spec import Checksum
from modeltasks.store.layout import Layout
from modeltasks.support.cancel import CancelToken
from modeltasks.support.files import process_exists
from modeltasks.support.filesystem import OWN, NoLocks, cosmetic, is_locked_elsewhere, open_own, system_lock
from modeltasks.support.identity import boot_id

VARIABLE = "MODELTASKS_LOCK_TIMEOUT"
"""Environment variable: seconds to wait for another process."""

DEFAULT_TIMEOUT = 600.0

_CLEARING = 60.0
"""Seconds after which whoever was clearing away a dead holder's claim is dead too."""
_TICK = 0.25
"""Seconds after which a thread that waits for another looks whether it should stop."""

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


class StoreLocks:
    """The locks of one store.

    They are taken in this order: the model, its content, `guard`. Whoever holds a content waits for nothing
    else, and whoever holds a model does not wait for another.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._held: set[str] = set()
        self._contents: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self.guard = threading.RLock()
        """Held by the thread that writes a receipt; a model is not given back meanwhile."""

    @contextmanager
    def model_lock(self, name: str, cancel: CancelToken, *, timeout: float | None = None) -> Iterator[None]:
        """Hold a model during the block: no other thread or process works on its files meanwhile.

        Args:
            name: the model's.
            cancel: ends the wait.
            timeout: seconds to wait; None: `$MODELTASKS_LOCK_TIMEOUT`, else 600.

        Raises:
            LockTimeout: another one held it all that time.
            PermissionRefused, LocalError: the lock cannot be made.
            Cancelled: `cancel` was set meanwhile.
        """
        seconds = timeout_from(os.environ) if timeout is None else timeout
        path = self._layout.locks / f"{name}.lock"
        self._layout.prepare(path.parent)
        with file_lock(path, name, cancel, seconds):
            with self.guard:
                self._held.add(name)
            try:
                yield
            finally:
                with self.guard:
                    self._held.discard(name)

    @contextmanager
    def receipt_lock(self, model: str) -> Iterator[bool]:
        """Hold a model to write its receipt, and tell whether that may be: False if another process has it.

        Never waits, so another model may be held.
        """
        with self.guard, ExitStack() as stack:
            allowed = model in self._held
            if not allowed:
                with suppress(LocalError):
                    stack.enter_context(self.model_lock(model, CancelToken(), timeout=0))
                    allowed = True
            yield allowed

    @contextmanager
    def content_lock(self, checksum: Checksum, cancel: CancelToken) -> Iterator[None]:
        """Hold a content during the block: no other thread or process looks for the same bytes meanwhile.

        After the time that one waits for a model the block runs all the same: fetching bytes twice does no
        harm. Wait for nothing else in the block, so that no two can wait for each other.

        Raises:
            PermissionRefused, LocalError: the lock cannot be made.
            Cancelled: `cancel` was set meanwhile.
        """
        path = self._layout.locks / "content" / f"{checksum.algorithm}-{checksum.hexdigest}.lock"
        seconds = timeout_from(os.environ)
        with self.guard:
            lock = self._contents.setdefault(path.name, threading.Lock())
        self._layout.prepare(path.parent)
        with ExitStack() as stack:
            # Among threads first: who waits for a lock of the system wakes up late.
            if _acquire(lock, cancel, seconds):
                stack.callback(lock.release)
                with suppress(LockTimeout):
                    stack.enter_context(file_lock(path, str(checksum), cancel, seconds))
            yield


def _acquire(lock: threading.Lock, cancel: CancelToken, seconds: float) -> bool:
    """Wait for a lock of this process, `seconds` at most, and return whether it is held now."""
    left = seconds
    while not lock.acquire(timeout=min(left, _TICK)):
        cancel.check()
        left -= _TICK
        if left <= 0:
            return False
    return True


@contextmanager
def file_lock(
    path: Path, name: str, cancel: CancelToken, timeout: float, try_lock: TryLock = system_lock
) -> Iterator[None]:
    """Hold a lock during the block, against other processes and other threads of this one.

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
    with explained(path):
        claim: _SystemClaim | _FileClaim = _SystemClaim(path, try_lock)
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    try:
        while True:
            try:
                with explained(path):
                    taken = claim.take()
                if taken:
                    break
            except NoLocks:
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


class _SystemClaim:
    """A lock of the system on an open file; it ends with the process."""

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
                raise NoLocks
        finally:
            os.close(second)
        status = os.fstat(self._descriptor)
        # In a store that was copied by hard links it is the lock file of both.
        if status.st_nlink == 1:
            # Blanks cover a longer one of before. If it were cut to nothing, ext4 would wait for the disk.
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, _identity().ljust(status.st_size))
        return True

    def _try(self, descriptor: int) -> bool:
        try:
            self._try_lock(descriptor)
        except OSError as error:
            return not is_locked_elsewhere(error)
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
            stream = open_own(self._path, "xb")
        except FileExistsError:
            self._clear_dead_holder()
            return False
        self._held = True
        with stream:
            stream.write(_identity())
        return True

    def _clear_dead_holder(self) -> None:
        if not self._path.is_symlink() and not _is_dead(_read(self._path)):
            return
        # Only one process may clear, and only what it finds dead while no other can: else it could
        # remove the claim of the next holder.
        clearing = self._path.with_name(self._path.name + ".clearing")
        try:
            clearing.mkdir()
        except OSError:
            with suppress(OSError):
                if time.time() - clearing.lstat().st_mtime > _CLEARING:
                    clearing.rmdir()
            return
        try:
            if self._path.is_symlink() or _is_dead(_read(self._path)):
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
    """Open a lock file, made when absent; never through a link, which is replaced."""
    if path.is_symlink():
        _remove_link(path)
    return os.open(path, os.O_RDWR | os.O_CREAT | OWN, 0o666)


def _remove_link(path: Path) -> None:
    """Remove a link, and nothing but a link, even if others do so and lock what they put in its place."""
    with ExitStack() as stack:
        if sys.platform != "win32":
            import fcntl

            folder = os.open(path.parent, os.O_RDONLY)
            stack.callback(os.close, folder)
            with cosmetic():
                fcntl.flock(folder, fcntl.LOCK_EX)
        if path.is_symlink():
            path.unlink()


def _identity() -> bytes:
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "boot": boot_id(), "since": since}
    return json.dumps(holder).encode()


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
    if not isinstance(pid, int) or holder.get("host") != socket.gethostname():
        return False
    return holder.get("boot", boot_id()) != boot_id() or not process_exists(pid)
