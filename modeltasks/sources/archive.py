"""A file inside a zip archive, which may itself be a file inside one: read as a stream, unpacked nowhere."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, cast

from modeltasks.checksum import BUFFER
from modeltasks.errors import ModelTasksError, ServerError

INSIDE = "!/"
"""Stands between an archive and the path of a file in it."""

Refused = Callable[[str], ModelTasksError]
"""Makes the error for an archive that cannot give the file, from the reason."""

_LONGEST_LIST = 16 * 1024 * 1024
"""Bytes of the list of files that an archive has at its end. No archive of models has more."""

_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, NotImplementedError)
"""How zipfile tells of damage, and of a compression that Python does not know. A `ValueError` comes where
it follows a wrong offset, or reads a name that is no text."""


class ArchiveUnusable(ServerError):
    """A zip archive is damaged, encrypted, or lacks the file."""

    kind = "archive"

    def __init__(self, place: str, detail: str) -> None:
        super().__init__(
            f"The archive {place} cannot give the file",
            detail,
            "Check the path behind `!/` in the config and the archive itself, or add another mirror",
        )


class Member(io.BufferedReader):
    """The bytes of a file in an archive; `announced_size` is how many there are, as the archive says."""

    def __init__(self, stream: BinaryIO, announced_size: int, refused: Refused) -> None:
        super().__init__(_Checked(stream, refused), BUFFER)
        self.announced_size = announced_size


@contextmanager
def open_member(archive: BinaryIO, path: str, refused: Refused) -> Iterator[BinaryIO]:
    """Open a file in an archive; the memory used does not grow with either.

    Args:
        archive: the outermost archive.
        path: of the file in it; `inner.zip!/path` for a file in an archive in it.
        refused: makes the error.

    Raises:
        ModelTasksError: as `refused` makes it, here or where the file is read.
    """
    with ExitStack() as stack:
        stream = archive
        for name in path.split(INSIDE):
            stream = stack.enter_context(_member(stream, name, refused))
        yield stream


@contextmanager
def _member(archive: BinaryIO, name: str, refused: Refused) -> Iterator[BinaryIO]:
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(zipfile.ZipFile(cast(BinaryIO, _Careful(archive))))
            info = opened.getinfo(name)
            if info.is_dir():
                raise refused(f"{name} is a folder in it, not a file")
            if info.flag_bits & _ENCRYPTED:
                raise refused(f"it cannot be read: {name} is encrypted")
            stream = stack.enter_context(opened.open(info))
        except KeyError as error:
            raise refused(f"it has no file {name}") from error
        except _DAMAGED as error:
            raise _damaged(error, refused) from error
        yield stack.enter_context(Member(cast(BinaryIO, stream), info.file_size, refused))


def _damaged(error: Exception, refused: Refused) -> ModelTasksError:
    return refused(f"it cannot be read: {error or type(error).__name__}")


class _Checked(io.RawIOBase):
    """What zipfile unpacks; damage that shows on the way is told as `refused` does."""

    def __init__(self, stream: BinaryIO, refused: Refused) -> None:
        super().__init__()
        self._stream = stream
        self._refused = refused

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except _DAMAGED as error:
            raise _damaged(error, self._refused) from error
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return self._stream.seek(offset, whence)
        except _DAMAGED as error:
            raise _damaged(error, self._refused) from error

    def tell(self) -> int:
        return self._stream.tell()


class _Careful:
    """An archive as zipfile reads it, with a limit to what is read at once.

    zipfile takes the archive's word for the length of its list of files, and reads that into memory.
    """

    def __init__(self, archive: BinaryIO) -> None:
        self._archive = archive
        self.seekable = archive.seekable
        self.seek = archive.seek
        self.tell = archive.tell

    def read(self, count: int = -1) -> bytes:
        data = self._archive.read(_LONGEST_LIST + 1 if count < 0 or count > _LONGEST_LIST else count)
        if len(data) > _LONGEST_LIST:
            raise zipfile.BadZipFile("its list of files is too long")
        return data
