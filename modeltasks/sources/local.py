"""A file that is on this machine already, or on a disk that is mounted here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from modeltasks.errors import ConfigError, FileGone
from modeltasks.report.os_errors import explained
from modeltasks.sources.archive import INSIDE, ArchiveUnusable, open_member
from modeltasks.spec import ModelFile
from modeltasks.transfer.mirror import StreamMirror


@dataclass(frozen=True, slots=True)
class LocalSource:
    """An absolute `path`: the file itself, or with `folder` the place it lies in.

    With a `member`, `path` is a zip archive, and the file or folder is in it.
    """

    path: Path
    folder: bool
    member: str | None = None

    @classmethod
    def parse(cls, text: str) -> LocalSource:
        """Read `file:/path`, `file:///path`, or either with `!/` and a path inside that archive.

        A `!` that belongs to a name is written `%21` where a `/` follows.

        Raises:
            ConfigError: a relative path, or another host's.
        """
        archive, inside, member = text.partition(INSIDE)
        try:
            parts = urlsplit(archive)
            path = Path(url2pathname(parts.path))
            usable = (
                all(member.split(INSIDE)[:-1])
                and parts.netloc in {"", "localhost"}
                and path.is_absolute()
                and "\0" not in str(path)
            )
        except ValueError:
            usable = False
        if not usable:
            raise ConfigError(
                f"{text!r} is not a file of this machine",
                "a local source needs an absolute path",
                "Write it as file:/path/to/file, or with a '/' at the end for a folder",
            )
        return cls(path, text.endswith("/"), unquote(member) if inside else None)

    def mirror(self, file: ModelFile, _wheels: object, /) -> StreamMirror:
        """Return how to read `file`."""
        if self.member is not None:
            member = self.member + file.path if self.folder else self.member
            return StreamMirror(f"file:{self.path}{INSIDE}{member}", lambda: _open_in(self.path, member))
        path = self.path.joinpath(file.path) if self.folder else self.path
        return StreamMirror(f"file:{path}", lambda: _open(path))


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    with explained(path):
        try:
            stream = path.open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise FileGone(str(path.parent), path.name) from error
    with stream:
        yield stream


@contextmanager
def _open_in(archive: Path, member: str) -> Iterator[BinaryIO]:
    refused = partial(ArchiveUnusable, f"file:{archive}")
    with _open(archive) as opened, open_member(opened, member, refused) as stream:
        yield stream
