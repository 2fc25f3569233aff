"""Servers on loopback that do what real ones do wrong."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tests.support.waiting import AGES, PROMPT

Handler = Callable[["Request", socket.socket], bool]
"""Answers one request; returns whether the connection stays open."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    path: str
    headers: dict[str, str]

    @property
    def range(self) -> tuple[int, int | None] | None:
        """First and, where given, last byte asked for."""
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        return (int(match[1]), int(match[2]) if match[2] else None) if match else None


class Server:
    """Serves each connection on a thread; `asked` holds all requests in the order they came."""

    def __init__(self, handler: Handler) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.most_at_once = 0
        self._open = 0
        self._handler = handler
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self.port: int = self._socket.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def ranges(self) -> list[tuple[int, int | None] | None]:
        return [each.range for each in self.requests]

    def url(self, path: str = "/file") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        close_listener(self._socket, self._accepting)
        for each in self._sockets:
            hang_up(each)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self._sockets.append(connection)
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
        with contextlib.suppress(OSError), connection:
            while (request := _read_request(connection)) is not None:
                self.requests.append(request)
                if not self._handler(request, connection):
                    break
        with self._lock:
            self._open -= 1


def hang_up(connection: socket.socket) -> None:
    """Let whoever waits on a socket return."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def close_listener(listener: socket.socket, accepting: threading.Thread) -> None:
    """Close a socket on which a thread may be waiting, once the thread has come back.

    A thread that still waits when the socket is closed waits on a mere number. When the system makes it look
    again, as it does after a process was stopped, it takes the connections of the next server of that number.
    """
    hang_up(listener)
    accepting.join(PROMPT)
    listener.close()


def _read_request(connection: socket.socket) -> Request | None:
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65536)
        if not data:
            return None
        head += data
    first, *lines = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    return Request(first.split(" ")[1], headers)


def head(status: int, headers: dict[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Reason\r\n{lines}\r\n".encode("latin-1")


def hang(connection: socket.socket) -> None:
    """Say nothing until the other end has gone."""
    connection.settimeout(AGES)
    with contextlib.suppress(OSError):
        connection.recv(1)


def reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted answer; `then` is what happens behind the body: keep, close, reset or hang."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    then: str = "keep"

    def send(self, connection: socket.socket) -> bool:
        headers = dict(self.headers)
        if "Transfer-Encoding" not in headers and self.length != -1:
            headers.setdefault("Content-Length", str(len(self.body) if self.length is None else self.length))
        connection.sendall(head(self.status, headers) + self.body)
        if self.then == "hang":
            hang(connection)
        if self.then == "reset":
            time.sleep(0.05)  # else the RST overtakes the bytes
            reset(connection)
        return self.then == "keep"


def script(*replies: Reply) -> Handler:
    """Give these replies in turn, whatever is asked; the last one for ever."""
    todo = iter(replies)
    last = replies[-1]
    lock = threading.Lock()

    def handle(request: Request, connection: socket.socket) -> bool:
        with lock:
            reply = next(todo, last)
        return reply.send(connection)

    return handle


class Quota:
    """Bytes that a server has to give, for all its connections; it hangs when they are spent."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._lock = threading.Lock()

    def take(self, count: int) -> bool:
        """Return whether so many bytes may still be sent."""
        with self._lock:
            self._left -= count
            return self._left >= 0


def files(
    content: dict[str, bytes],
    *,
    ranges: bool = True,
    delay: float = 0.0,
    rate: float = 0.0,
    quota: Quota | None = None,
) -> Handler:
    """Serve files as a good server does; `rate` in bytes per second and connection."""

    def handle(request: Request, connection: socket.socket) -> bool:
        body = content.get(request.path)
        if body is None:
            return Reply(404).send(connection)
        time.sleep(delay)
        headers = {"Accept-Ranges": "bytes"} if ranges else {}
        status, start, end = 200, 0, len(body)
        if ranges and request.range:
            first, last = request.range
            if first >= len(body):
                return Reply(416, headers={"Content-Range": f"bytes */{len(body)}"}).send(connection)
            status, start = 206, first
            end = len(body) if last is None else min(last + 1, len(body))
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(body)}"
        headers["Content-Length"] = str(end - start)
        connection.sendall(head(status, headers))
        for at in range(start, end, 65536):
            data = body[at : min(at + 65536, end)]
            if quota and not quota.take(len(data)):
                hang(connection)
                return False
            connection.sendall(data)
            if rate:
                time.sleep(len(data) / rate)
        return True

    return handle


def spoiling(
    content: bytes, harm: dict[int, Iterable[int]], *, ranges: bool = True, rate: float = 0.0
) -> Handler:
    """Serve `/file`, some bytes of which come to harm on the way.

    Args:
        content: the right bytes.
        harm: by offset, what the byte there is changed by in each answer that has it, in turn; later 0.
        ranges: see `files`.
        rate: see `files`.
    """
    masks = {offset: iter(changes) for offset, changes in harm.items()}
    lock = threading.Lock()

    def handle(request: Request, connection: socket.socket) -> bool:
        first, last = (request.range if ranges else None) or (0, None)
        body = bytearray(content)
        with lock:
            for offset, changes in masks.items():
                if first <= offset and (last is None or offset <= last):
                    body[offset] ^= next(changes, 0)
        return files({"/file": bytes(body)}, ranges=ranges, rate=rate)(request, connection)

    return handle


@contextlib.contextmanager
def serving(handler: Handler) -> Iterator[Server]:
    server = Server(handler)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """Yield a port that never answers a connection: its backlog is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", port))
        time.sleep(0.05)
        yield port
