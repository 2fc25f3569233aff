"""The review page's server as tests talk to it: over a real socket, with real films and results."""

from __future__ import annotations

import hashlib
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import requests

from tests.support.media_clips import Clip, make_clip
from tests.support.waiting import PATIENCE, wait_until
from tests.video_censor_personal.targets.shelf import aged
from video_censor_personal.export.results_json import Results, write_results
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.segments import Segment
from video_censor_personal.model_manager import ModelManager
from video_censor_personal.review.film import ReviewedFilm
from video_censor_personal.review.films import Films
from video_censor_personal.review.finding import Finder
from video_censor_personal.review.serving import PageServer, PortTaken
from video_censor_personal.targets.session import FilmSession, Options

_USUAL = Options()
CLIP = Clip(seconds=1.5, size=(64, 48), rate=10)


def found(
    start: float, end: float, label: str = "Profanity", text: str | None = "damn", **rest: Any
) -> Segment:
    """Return a segment as an analysis finds it."""
    hit = Hit(start, end, label, text or label, 0.9, "eye", "as scripted", text=text)
    return Segment(
        f"{label.lower()}-{start:.1f}", start, end, label, (label, text or label), "found", 0.9,
        detections=(hit,), **rest,
    )  # fmt: skip


def film(path: Path, clip: Clip = CLIP, **metadata: str) -> Path:
    """Make a film that is a minute old, as films are; with other metadata it is another one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return aged(make_clip(path, Clip(**{**vars(clip), "metadata": metadata})))


def results_of(
    film: Path, *segments: Segment, path: Path | None = None, duration: float = CLIP.seconds, **rest: Any
) -> Path:
    """Write the results of a film, beside it unless told otherwise."""
    path = path or film.with_name(f"{film.stem}.results.json")
    digest = hashlib.sha256(film.read_bytes()).hexdigest()
    write_results(path, Results(film.name, duration, segments, fingerprint=digest, **rest))
    return path


def finder(folder: Path, **config: Any) -> Finder:
    """Return a finder with a store of its own; words are silenced."""
    document: dict[str, Any] = {
        "version": 1,
        "models": {"cache_dir": str(folder / "cache")},
        "detectors": [{"name": "eye", "type": "scripted"}],
        "remediation": {"audio": {"enabled": True, "categories": ["Profanity"]}},
        **config,
    }
    return Finder(FilmSession(ModelManager(document)))


def served_at(port: int, films: Films) -> PageServer:
    """Serve films at a port that was in use before, as soon as it is free.

    A program that is started holds what its parent has open, for a moment.
    """
    served: list[PageServer] = []

    def serve() -> bool:
        with suppress(PortTaken):
            served.append(PageServer(films, port))
        return bool(served)

    wait_until(serve)
    return served[0]


class Page:
    """A page that is open; its answers come from a server in a thread."""

    def __init__(self, finder: Finder, what: Iterable[Path], options: Options, port: int = 0) -> None:
        finder.session.options = options
        self.films = Films(finder.named(what), finder)
        self.server = served_at(port, self.films)
        self.access = self.server.access
        self.root = f"http://127.0.0.1:{self.server.port}"
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {self.access.token}"

    @property
    def first(self) -> ReviewedFilm:
        """The first film, as the server knows it."""
        return next(iter(self.films))

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask for something."""
        return self._session.get(self.root + path, headers=headers, timeout=PATIENCE, allow_redirects=False)

    def head(self, path: str) -> requests.Response:
        """Ask for the headers of something."""
        return self._session.head(self.root + path, timeout=PATIENCE)

    def begin(self, path: str) -> requests.Response:
        """Ask for something, and take nothing but the headers of the answer yet."""
        return self._session.get(self.root + path, timeout=PATIENCE, stream=True)

    @contextmanager
    def asking(self, path: str) -> Iterator[socket.socket]:
        """Ask for something, and go away at the end without having waited for it."""
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\n"
        with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
            connection.sendall(f"{head}Authorization: Bearer {self.access.token}\r\n\r\n".encode())
            yield connection

    def json(self, path: str) -> Any:
        """Return what is told there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> requests.Response:
        """Ask for something to be done."""
        return self._session.post(self.root + path, json=body or {}, headers=headers, timeout=PATIENCE)

    def send(self, path: str, body: bytes) -> requests.Response:
        """Send something that need not be JSON."""
        headers = {"Content-Type": "application/json"}
        return self._session.post(self.root + path, data=body, headers=headers, timeout=PATIENCE)

    def delete(self, path: str) -> requests.Response:
        """Ask for something to be stopped."""
        headers = {"Content-Type": "application/json"}
        return self._session.delete(self.root + path, headers=headers, timeout=PATIENCE)

    def state(self, film: str = "f0") -> dict[str, Any]:
        """Return how a film stands now."""
        state: dict[str, Any] = self.json("/api/state")["films"][film]
        return state

    def copy_is(self, *states: str, film: str = "f0") -> dict[str, Any]:
        """Wait until the copy of a film stands so, and return how."""
        wait_until(lambda: self.state(film)["copy"]["state"] in states)
        copy: dict[str, Any] = self.state(film)["copy"]
        return copy

    def close(self) -> tuple[str, ...]:
        """End the server; return the films whose copies were not finished."""
        self.server.stop()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        return self.films.close()


@contextmanager
def page(finder: Finder, *what: Path, options: Options = _USUAL) -> Iterator[Page]:
    """Open a page, and close it."""
    opened = Page(finder, what, options)
    try:
        yield opened
    finally:
        opened.close()


def looks_at_files(make: Callable[[], object]) -> int:
    """Return how often the system is asked for a file while something is made."""
    asked = 0

    def count(_frame: FrameType, event: str, function: Any) -> None:
        nonlocal asked
        asked += event == "c_call" and function.__name__ in {"stat", "lstat", "open", "readlink"}

    sys.setprofile(count)
    try:
        make()
    finally:
        sys.setprofile(None)
    return asked
