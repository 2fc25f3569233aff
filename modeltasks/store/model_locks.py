"""Who works on which model or content: locks among processes, and turns among the threads of this one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from weakref import WeakValueDictionary

from modeltasks.errors import LocalError, LockTimeout
from modeltasks.spec import Checksum
from modeltasks.store.layout import Layout
from modeltasks.support.cancel import CancelToken

_TICK = 0.25
"""Seconds after which a thread that waits for another looks whether it should stop."""


class ModelLocks:
    """The locks of one store.

    The order is: the model, its content, `guard`. Nothing is waited for while a content is held, and
    nobody waits for a model while he holds another.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._held: set[str] = set()
        self._contents: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self.guard = threading.RLock()
        """Held by the thread that writes a receipt; a model is not given back meanwhile."""

    @contextmanager
    def model(self, name: str, cancel: CancelToken, timeout: float | None) -> Iterator[None]:
        """Hold a model during the block; see `Store.lock`."""
        from modeltasks.report.os_errors import told
        from modeltasks.store import locks

        seconds = locks.timeout_from(os.environ) if timeout is None else timeout
        path = self._layout.locks / f"{name}.lock"
        with told(path):
            self._layout.prepare(path.parent)
        with locks.lock(path, name, cancel, seconds):
            with self.guard:
                self._held.add(name)
            try:
                yield
            finally:
                with self.guard:
                    self._held.discard(name)

    @contextmanager
    def receipt(self, model: str) -> Iterator[bool]:
        """Give leave to write a model's receipt during the block, or False: another process has the model.

        Never waits, so it may be asked for while another model is held.
        """
        with self.guard, ExitStack() as stack:
            allowed = model in self._held
            if not allowed:
                with suppress(LockTimeout, LocalError):
                    stack.enter_context(self.model(model, CancelToken(), 0))
                    allowed = True
            yield allowed

    @contextmanager
    def content(self, checksum: Checksum, cancel: CancelToken) -> Iterator[None]:
        """Hold bytes, wherever they belong, during the block; see `Store.alone_with`."""
        from modeltasks.report.os_errors import told
        from modeltasks.store import locks

        path = self._layout.locks / "content" / f"{checksum.algorithm}-{checksum.hexdigest}.lock"
        seconds = locks.timeout_from(os.environ)
        with self.guard:
            ours = self._contents.setdefault(path.name, threading.Lock())
        with told(path):
            self._layout.prepare(path.parent)
        with ExitStack() as stack:
            # Among threads first: who waits for a lock of the system wakes up late.
            if _take(ours, cancel, seconds):
                stack.callback(ours.release)
                with suppress(LockTimeout):
                    stack.enter_context(locks.lock(path, str(checksum), cancel, seconds))
            yield


def _take(lock: threading.Lock, cancel: CancelToken, seconds: float) -> bool:
    """Wait for a lock of this process, `seconds` at most, and return whether it is held now."""
    left = seconds
    while not lock.acquire(timeout=min(left, _TICK)):
        cancel.check()
        left -= _TICK
        if left <= 0:
            return False
    return True
