"""What all transfers of a run share: a number of connections and a number of bytes per second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from modeltasks.checksum import usable_cores
from modeltasks.support.cancel import CancelToken

_POLL = 0.02
_WINDOW = 0.03

LOCAL_RATE = 256 * 1024 * 1024
"""Bytes per second in all, from which this machine and not the link is the limit. Then two connections for a
file take 1.2 times as long as one, and eight 1.5 times (measured on loopback with two cores)."""

FAR = 0.03
"""Seconds that a first response takes, connecting included, from which its server counts as far away."""


class ConnectionBudget:
    """Limits how many connections are open at once, over all files and all ranges within files.

    It begins with one connection per file, and as many files as there are cores. While bytes arrive slower
    than `LOCAL_RATE`, it doubles that, and lets a file have several. If a server is far, all are allowed at
    once.
    """

    def __init__(
        self, connections: int, cores: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = max(1, connections)
        self._allowed = min(self._most, max(2, usable_cores() if cores is None else cores))
        self._open = 0
        self._link_is_limit = False
        self._waiting = 0
        self._clock = clock
        self._arrived = 0
        self._since: float | None = None
        self._changed = threading.Condition()

    def acquire(self, cancel: CancelToken) -> None:
        """Wait for the first connection of a file.

        Raises:
            Cancelled: `cancel` was set meanwhile.
        """
        with self._changed:
            self._waiting += 1
            try:
                while not self._available():
                    cancel.check()
                    self._changed.wait(_POLL)
                self._open += 1
            finally:
                self._waiting -= 1

    def try_acquire_extra(self) -> bool:
        """Take one more connection for a file that has one, if that helps and no other file waits."""
        with self._changed:
            if not self._link_is_limit:
                self._consider_more()
            if self._waiting or not self._link_is_limit or not self._available():
                return False
            self._open += 1
            return True

    def arrived(self, count: int) -> None:
        """Note that `count` bytes came over one of the connections."""
        with self._changed:
            self._arrived += count

    def responded(self, seconds: float) -> None:
        """Note how long the first response of a server took."""
        if seconds >= FAR:
            with self._changed:
                self._allowed, self._link_is_limit = self._most, True
                self._changed.notify_all()

    @property
    def contended(self) -> bool:
        """Whether a file waits for its first connection: extra ones should be given back."""
        return self._waiting > 0

    def release(self) -> None:
        """Give a connection back."""
        with self._changed:
            self._open -= 1
            self._changed.notify()

    def _available(self) -> bool:
        if self._open >= self._allowed and self._allowed < self._most:
            self._consider_more()
        return self._open < self._allowed

    def _consider_more(self) -> None:
        now = self._clock()
        if self._since is None:
            self._since, self._arrived = now, 0
            return
        seconds = now - self._since
        if seconds < _WINDOW:
            return
        if self._arrived < LOCAL_RATE * seconds:
            self._link_is_limit = True
            self._allowed = min(self._most, 2 * self._allowed)
        self._since, self._arrived = now, 0


class RateLimit:
    """Limits the bytes per second over all who share it."""

    def __init__(self, rate: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._paid_until = clock()
        self._lock = threading.Lock()

    def read_size(self, most: int) -> int:
        """Return how much to read at once, so that bytes come evenly: a tenth of a second's worth."""
        return most if self._rate is None else max(1024, min(most, self._rate // 10))

    def take(self, count: int) -> float:
        """Account for `count` bytes that came; return the seconds to wait before reading more."""
        if self._rate is None:
            return 0.0
        with self._lock:
            now = self._clock()
            self._paid_until = max(now, self._paid_until) + count / self._rate
            return self._paid_until - now
