"""A server that shares one rate among all who ask, and counts what each file cost."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.modeltasks.transfer.servers import Reply, Request, Server, head

_SLICE = 32 * 1024
_SEND_BUFFER = 64 * 1024


class CountingHost:
    """Serves files with ranges; `served` counts the bytes of each path that were handed to the system.

    Args:
        files: content by path.
        rate: bytes per second for all connections together; 0 for no limit.
        most: bytes to give until `go_on`.
    """

    def __init__(self, files: Mapping[str, bytes], rate: float = 0.0, most: int | None = None) -> None:
        self.files = files
        self.rate = rate
        self._most = most
        self.served: Counter[str] = Counter()
        self._paid_until = 0.0
        self._lock = threading.Lock()
        self._more = threading.Condition(self._lock)
        self._server = Server(self._answer)

    @property
    def total(self) -> int:
        """All bytes served so far."""
        with self._lock:
            return self.served.total()

    def url(self, path: str) -> str:
        return self._server.url(path)

    def go_on(self, rate: float = 0.0) -> None:
        """Give everything from now on."""
        with self._more:
            self.rate, self._most = rate, None
            self._more.notify_all()

    def close(self) -> None:
        self.go_on()
        self._server.close()

    def _answer(self, request: Request, connection: socket.socket) -> bool:
        body = self.files.get(request.path)
        if body is None:
            return Reply(404).send(connection)
        # Else the system takes megabytes that the other end never sees, and counting means little.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        start, end, status = 0, len(body), 200
        headers = {"Accept-Ranges": "bytes"}
        if request.range:
            first, last = request.range
            start, status = first, 206
            end = len(body) if last is None else min(last + 1, len(body))
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(body)}"
        connection.sendall(head(status, {**headers, "Content-Length": str(end - start)}))
        for at in range(start, end, _SLICE):
            data = body[at : min(at + _SLICE, end)]
            self._wait(len(data))
            with self._more:
                self._more.wait_for(lambda: self._most is None or self.served.total() < self._most)
            connection.sendall(data)
            with self._lock:
                self.served[request.path] += len(data)
        return True

    def _wait(self, count: int) -> None:
        if not self.rate:
            return
        with self._lock:
            now = time.monotonic()
            self._paid_until = max(now, self._paid_until) + count / self.rate
            pause = self._paid_until - now
        time.sleep(pause)


@contextmanager
def hosting(files: Mapping[str, bytes], rate: float = 0.0, most: int | None = None) -> Iterator[CountingHost]:
    """Serve files during the block."""
    host = CountingHost(files, rate, most)
    try:
        yield host
    finally:
        host.close()
