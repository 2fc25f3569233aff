"""A stop request that every long loop can see."""

from __future__ import annotations

import threading

HURRY = threading.Event()
"""Set when somebody who asked to stop has asked again: what would be waited for is broken off."""


class Cancelled(Exception):
    """The user asked to stop. Not a failure; an `Exception`, so that a worker thread survives it."""


class CancelToken:
    """Set once, from any thread or a signal handler; checked wherever work can be left."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask all work that shares this token to stop."""
        self._event.set()

    @property
    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if a stop was asked for."""
        if self._event.is_set():
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Wait, unless a stop is asked for meanwhile: then raise `Cancelled`."""
        if self._event.wait(seconds):
            raise Cancelled
