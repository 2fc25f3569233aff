"""A web server with files on it that remembers what it was asked."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class FileHost:
    """Serves what was `put`, with ranges; `asked` holds (path, Range header or None) of every request."""

    server: HTTPServer
    files: dict[str, bytes] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.expect_request(re.compile(r"/files/.*")).respond_with_handler(self._answer)

    def put(self, name: str, content: bytes) -> str:
        """Serve `content` and return its URL."""
        self.files[name] = content
        return self.url(name)

    def url(self, name: str) -> str:
        return self.server.url_for(f"/files/{name}")

    def requests(self, name: str | None = None) -> int:
        """Return how often `name` (or anything) was asked for."""
        return sum(1 for path, _ in self.asked if name is None or path == name)

    def entry(self, name: str, content: bytes, **more: object) -> dict[str, object]:
        """Serve `content` and return the config entry of a one-file model that it makes."""
        return {"name": name, "url": self.put(f"{name}.bin", content), "checksum": sha256(content), **more}

    def _answer(self, request: Request) -> Response:
        name = request.path.removeprefix("/files/")
        wanted = request.headers.get("Range")
        self.asked.append((name, wanted))
        if name in self.statuses:
            return Response("no", status=self.statuses[name])
        content = self.files.get(name)
        if content is None:
            return Response("not here", status=404)
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted or "")
        if match is None:
            return Response(content, headers={"Accept-Ranges": "bytes"})
        first = int(match[1])
        last = min(int(match[2] or len(content)), len(content) - 1)
        if first > last:
            return Response(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
        headers = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
        return Response(content[first : last + 1], status=206, headers=headers)
