"""What the transfer tests share."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modeltasks.report.progress import FileProgress, Unit
from modeltasks.settings import NetworkSettings
from modeltasks.spec import Checksum
from modeltasks.support.cancel import CancelToken
from modeltasks.transfer.client import Transfer
from modeltasks.transfer.mirror import Fetched, Mirror, UrlMirror, Wanted
from tests.modeltasks.transfer.servers import Handler, Server, serving

FAST = NetworkSettings(connect_timeout=30, idle_timeout=30, retries=2, backoff=(0.01,), connections=4)
MIB = 1024 * 1024


class Bar:
    """A bar that remembers where it stands."""

    def __init__(self, total: float | None, done: float) -> None:
        self.total = total
        self.done = done
        self.closed = False

    def advance(self, count: float) -> None:
        self.done += count

    def close(self) -> None:
        self.closed = True


class Bars:
    """A display that remembers its bars."""

    def __init__(self) -> None:
        self.bars: list[Bar] = []

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        self.bars.append(Bar(total, done))
        return self.bars[-1]


class Bench:
    """A partials folder, servers, and one call to fetch from them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.network = FAST
        self.cancel = CancelToken()
        self.bars = Bars()
        self._stack = stack

    def serve(self, handler: Handler) -> Server:
        return self._stack.enter_context(serving(handler))

    def transfer(self) -> Transfer:
        return self._stack.enter_context(Transfer(self.network, self.folder, self.cancel, self.bars))

    def tune(self, **changes: Any) -> None:
        self.network = replace(self.network, **changes)

    def fetch(self, wanted: Wanted, *mirrors: Mirror | Server | str) -> Fetched:
        return self.transfer().fetch(wanted, as_mirrors(mirrors))

    def partial(self, wanted: Wanted) -> Path:
        return self.folder / f"{wanted.checksum.algorithm}-{wanted.checksum.hexdigest}.part"

    def put_partial(self, wanted: Wanted, content: bytes) -> None:
        self.folder.mkdir(exist_ok=True, parents=True)
        self.partial(wanted).write_bytes(content)

    @property
    def left(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


def as_mirrors(mirrors: Sequence[Mirror | Server | str]) -> list[Mirror]:
    found: list[Mirror] = []
    for each in mirrors:
        if isinstance(each, Server):
            found.append(UrlMirror(each.url(), each.url()))
        elif isinstance(each, str):
            found.append(UrlMirror(each, each))
        else:
            found.append(each)
    return found


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "HF_HUB_OFFLINE",
        "TRANSFORMERS_OFFLINE",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NETRC",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))  # no .netrc of whoever runs the tests


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path / "partials", stack)


@pytest.fixture
def noise() -> Callable[[int], bytes]:
    """Bytes that do not repeat, so that a shifted or doubled part cannot pass."""
    return lambda size: random.Random(size).randbytes(size)


def wanted_of(content: bytes, size: int | None = -1, algorithm: str = "sha256") -> Wanted:
    if algorithm == "git-sha1":
        digest = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    else:
        digest = hashlib.new(algorithm, content).hexdigest()
    return Wanted("model/file.bin", Checksum(algorithm, digest), len(content) if size == -1 else size)
