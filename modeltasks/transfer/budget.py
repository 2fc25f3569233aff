"""What all transfers of a run share: a number of connections and a number of bytes per second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from modeltasks.cancel import CancelToken

_POLL = 0.05


class ConnectionBudget:
    """So many connections may be open at once, for files and for ranges within a file together."""

    def __init__(self, connections: int) -> None:
        self._free = max(1, connections)
        self._waiting = 0
        self._changed = threading.Condition()

    def acquire(self, cancel: CancelToken) -> None:
        """Wait for the first connection of a file.

        Raises:
            Cancelled: `cancel` was set meanwhile.
        """
        with self._changed:
            self._waiting += 1
            try:
                while not self._free:
                    cancel.check()
                    self._changed.wait(_POLL)
                self._free -= 1
            finally:
                self._waiting -= 1

    def try_extra(self) -> bool:
        """Take one more connection for a file that has one, unless another file waits for its first."""
        with self._changed:
            if not self._free or self._waiting:
                return False
            self._free -= 1
            return True

    @property
    def contended(self) -> bool:
        """Whether a file waits for its first connection: extra ones should be given back."""
        return self._waiting > 0

    def release(self) -> None:
        """Give a connection back."""
        with self._changed:
            self._free += 1
            self._changed.notify()


class RateLimit:
    """At most so many bytes per second over all that take from it."""

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
