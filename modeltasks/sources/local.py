"""A file that is on this machine already, or on a disk that is mounted here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from modeltasks.errors import ConfigError, FileGone
from modeltasks.report.os_errors import explained
from modeltasks.spec import ModelFile
from modeltasks.transfer.mirror import StreamMirror


@dataclass(frozen=True, slots=True)
class LocalSource:
    """An absolute `path`: the file itself, or with `folder` the place it lies in."""

    path: Path
    folder: bool

    @classmethod
    def parse(cls, text: str) -> LocalSource:
        """Read `file:/path` or `file:///path`.

        Raises:
            ConfigError: a relative path, or another host's.
        """
        try:
            parts = urlsplit(text)
            path = Path(url2pathname(parts.path))
            usable = parts.netloc in {"", "localhost"} and path.is_absolute() and "\0" not in str(path)
        except ValueError:
            usable = False
        if not usable:
            raise ConfigError(
                f"{text!r} is not a file of this machine",
                "a local source needs an absolute path",
                "Write it as file:/path/to/file, or with a '/' at the end for a folder",
            )
        return cls(path, text.endswith("/"))

    def mirror(self, file: ModelFile, _wheels: object, /) -> StreamMirror:
        """Return how to read `file`."""
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
