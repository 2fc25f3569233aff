"""A small real hub: the API and /resolve on one origin, the bytes of large files on another.

It speaks what `huggingface.co` was recorded to speak: 302 with `X-Linked-*` for LFS files, a relative 307
to `/api/resolve-cache` for small ones, `X-Error-Code`, the bare 401, rate-limit headers on every response.
Everything that is asked of it is written down in `seen`, and `fail` makes chosen requests go wrong.
"""

from __future__ import annotations

import re
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.support.file_host import sha256
from tests.support.hub import Answer, Hub


@dataclass(frozen=True)
class Seen:
    """One request as it arrived, and the status it got (0: none, the connection was dropped)."""

    origin: str
    method: str
    path: str
    query: str
    authorization: str | None
    range: str | None
    status: int


@dataclass
class Fault:
    """What goes wrong with requests whose path matches `pattern`; `times` None means always."""

    pattern: re.Pattern[str]
    origin: str
    status: int
    headers: dict[str, str]
    body: bytes
    times: int | None
    stall: float
    drop: bool


class HubServer(Hub):
    """The hub. Add repositories, point `HF_ENDPOINT` at `endpoint`, then look at `seen`."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Seen] = []
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self.stalling = threading.Event()
        self._servers = [self._start("hub"), self._start("cdn")]
        self.endpoint, self.cdn = (f"http://127.0.0.1:{server.server_port}" for server in self._servers)

    def _start(self, origin: str) -> _Server:
        hub = self

        class Handler(_Handler):
            server_hub = hub
            server_origin = origin

        server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def close(self) -> None:
        """Stop both origins; connections to them are refused from now on."""
        self._closing.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()
            server.hang_up()

    def fail(
        self,
        pattern: str,
        status: int = 500,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        times: int | None = None,
        origin: str = "hub",
        stall: float = 0.0,
        drop: bool = False,
    ) -> None:
        """Let requests whose path matches go wrong, `times` times (None: until `heal`).

        `stall` waits that many seconds first; `drop` then closes the connection without an answer.
        Status 0 with `stall` only delays the right answer.
        """
        fault = Fault(re.compile(pattern), origin, status, dict(headers or {}), body, times, stall, drop)
        with self._lock:
            self._faults.append(fault)

    def heal(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def count(self, pattern: str = "", origin: str | None = None) -> int:
        """How many requests came whose path matches."""
        return sum(1 for seen in self.seen if re.search(pattern, seen.path) and origin in {None, seen.origin})

    def authorizations(self, origin: str) -> set[str]:
        """All `Authorization` headers that `origin` (`hub` or `cdn`) received."""
        return {seen.authorization for seen in self.seen if seen.origin == origin and seen.authorization}

    def take_fault(self, origin: str, path: str) -> Fault | None:
        """The fault that applies to this request, counted as used."""
        with self._lock:
            for fault in self._faults:
                if fault.origin == origin and fault.times != 0 and fault.pattern.search(path):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than the server lives."""
        if seconds:
            self.stalling.set()
        self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        self._open.add(connection)
        return connection, peer

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client may leave whenever it likes
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End the connections that clients keep for later: else the hub is not down for them."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server_hub: HubServer
    server_origin: str

    def do_GET(self) -> None:
        self._handle()

    def do_HEAD(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        if self.path.startswith("http://"):  # asked as a proxy, it answers for whatever hub that is
            self.path = "/" + self.path.split("/", 3)[3]
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        hub, path = self.server_hub, self.path.partition("?")[0]
        fault = hub.take_fault(self.server_origin, self.path)
        if fault is not None:
            hub.wait(fault.stall)
            if fault.drop:
                self._note(path, 0)
                self.close_connection = True
                return
        if fault is not None and fault.status:
            answer = Answer(fault.status, fault.body, fault.headers)
        elif self.server_origin == "hub":
            answer = hub.answer(self.command, self.path, self._token(), form)
        else:
            answer = self._bytes(path)
        self._note(path, answer.status)
        self._send(answer)

    def _token(self) -> str | None:
        header = self.headers.get("Authorization")
        return header.removeprefix("Bearer ") if header else None

    def _bytes(self, path: str) -> Answer:
        content = self.server_hub.blob(path.removeprefix("/blob/"))
        if content is None:
            return Answer(403, b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>")
        headers = {"ETag": f'"{sha256(b"xet" + content)}"', "Accept-Ranges": "bytes"}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if wanted is None:
            return Answer(200, content, headers)
        start, end = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
        if start >= len(content):
            return Answer(416, b"", headers | {"Content-Range": f"bytes */{len(content)}"})
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return Answer(206, content[start : end + 1], headers)

    def _note(self, path: str, status: int) -> None:
        headers = self.headers
        query = urlsplit(self.path).query
        self.server_hub.seen.append(
            Seen(
                self.server_origin,
                self.command,
                unquote(path),
                query,
                headers.get("Authorization"),
                headers.get("Range"),
                status,
            )
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {"Content-Length": str(len(answer.body))}
        if self.server_origin == "hub":
            bucket = "resolvers" if "/resolve" in self.path else "api"
            headers["RateLimit"] = f'"{bucket}";r=499;t=295'
            headers["RateLimit-Policy"] = f'"fixed window";"{bucket}";q=500;w=300'
        for name, value in (headers | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        return
