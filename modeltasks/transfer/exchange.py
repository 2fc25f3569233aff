"""A request under way, as seen from the thread that may have to end it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Exchange:
    """A request under way, for the thread that may have to end it."""

    def __init__(self, connect_limit: float) -> None:
        self.connect_limit = connect_limit
        self.reached = False
        self.reused = False
        self.url = ""
        self._connecting_since: float | None = None
        self._ended = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def begin(self, url: str) -> None:
        """Note that a connection for `url` is asked for."""
        self.url = url
        self.reached = self.reused = False
        self._connecting_since = time.monotonic()

    def connected(self, connection: socket.socket | None, *, fresh: bool = True) -> None:
        """Note the socket that carries the request, and whether it was opened for it."""
        with self._lock:
            self.reached = True
            self.reused = not fresh
            self._connecting_since = None
            self._socket = connection
            if self._ended:
                _shut(connection)

    def set_timeout(self, seconds: float) -> None:
        """Set how long one read may wait."""
        with self._lock:
            if self._socket is not None:
                # Closed meanwhile: the next read tells.
                with contextlib.suppress(OSError):
                    self._socket.settimeout(seconds)

    @property
    def overdue(self) -> bool:
        """Whether finding the host and connecting, all its addresses together, take longer than allowed."""
        since = self._connecting_since
        return since is not None and time.monotonic() - since > self.connect_limit

    def end(self) -> None:
        """Make a read that waits return at once, and a request that is not sent yet fail."""
        with self._lock:
            self._ended = True
            _shut(self._socket)


def _shut(connection: socket.socket | None) -> None:
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
