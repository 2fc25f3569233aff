"""A file server for measurements: ranges, keep-alive, a limit per connection, a wait before each answer.

It answers as a hub does, too (`/<owner>/<name>/resolve/<revision>/<file>`), so that hub clients can be
measured against the same server. Only the last part of a path counts.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import socket
import threading
import time
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_RANGE = re.compile(rb"\r\nrange: bytes=(\d+)-(\d*)", re.IGNORECASE)


def serve(connection: socket.socket, folder: Path, rate: float, latency: float) -> None:
    """Answer the requests of one connection until it is closed; `rate` in bytes per second, 0: no limit."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    pending = b""
    with connection, contextlib.suppress(OSError):
        while True:
            while b"\r\n\r\n" not in pending:
                data = connection.recv(65536)
                if not data:
                    return
                pending += data
            request, _, pending = pending.partition(b"\r\n\r\n")
            method, target, _ = request.split(b" ", 2)
            path = folder / target.decode().split("?")[0].rsplit("/", 1)[-1]
            time.sleep(latency)
            _answer(connection, path, request, rate, with_body=method == b"GET")


def _answer(connection: socket.socket, path: Path, request: bytes, rate: float, *, with_body: bool) -> None:
    if not path.is_file():
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        return
    size = path.stat().st_size
    start, end = 0, size
    wanted = _RANGE.search(request)
    if wanted:
        start = int(wanted[1])
        end = min(size, int(wanted[2]) + 1) if wanted[2] else size
    head = [
        "HTTP/1.1 206 Partial Content" if wanted else "HTTP/1.1 200 OK",
        f"Content-Length: {end - start}",
        "Accept-Ranges: bytes",
        f'ETag: "{path.name}-{size}"',
        f"X-Repo-Commit: {COMMIT}",
    ]
    if wanted:
        head.append(f"Content-Range: bytes {start}-{end - 1}/{size}")
    connection.sendall("\r\n".join([*head, "", ""]).encode())
    if not with_body:
        return
    began = time.monotonic()
    at = start
    with path.open("rb") as stream:
        while at < end:
            at += os.sendfile(
                connection.fileno(), stream.fileno(), at, min(end - at, 1 << 16 if rate else 1 << 20)
            )
            if rate and (ahead := began + (at - start) / rate - time.monotonic()) > 0:
                time.sleep(ahead)


def main() -> None:
    """Print the port, then serve for ever."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rate", type=float, default=0.0, help="bytes per second and connection")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        arguments = (connection, options.folder, options.rate, options.latency)
        threading.Thread(target=serve, args=arguments, daemon=True).start()


if __name__ == "__main__":
    main()
