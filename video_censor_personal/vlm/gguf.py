"""The files of a vision language model: which is which, found out before a library opens them.

llama.cpp says of every file that it cannot load only that it could not, so what can be known is told here.
The form of the header: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROJECTOR = "clip"
"""The architecture that a file with a picture's half has."""

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_TEXT, _LIST = 8, 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a value, by the number of its type."""
_ALIGNMENT = 32
_MOST_DIMENSIONS = 4


class BadModel(Exception):
    """The files are no vision language model; the text says why."""


@dataclass(frozen=True, slots=True)
class VisionFiles:
    """The two halves of a vision language model; `kind` is how the projector calls itself."""

    language: Path
    projector: Path
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself."""

    architecture: str
    projector: str | None


def vision_files(files: Iterable[Path]) -> VisionFiles:
    """Return which of a model's GGUF files is which.

    Raises:
        BadModel: there are not exactly the two that are needed, or one is no whole GGUF file.
    """
    headers = {file: read_header(file) for file in files}
    projectors = [file for file, header in headers.items() if header.architecture == PROJECTOR]
    languages = [file for file in headers if file not in projectors]
    for found, what in ((languages, "language model"), (projectors, "mmproj (architecture clip)")):
        if len(found) != 1:
            named = f": {', '.join(file.name for file in headers)}" if headers else ""
            raise BadModel(f"its entry has {len(found)} GGUF files with a {what}, one is needed{named}")
    return VisionFiles(languages[0], projectors[0], headers[projectors[0]].projector)


def read_header(file: Path) -> Header:
    """Read the header of a GGUF file.

    Raises:
        BadModel: it cannot be read, is of another kind, or ends before its data does.
    """
    try:
        with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _Reader(content).header()
    except (OSError, ValueError) as error:
        why = "it is empty" if isinstance(error, ValueError) else error.strerror or str(error)
        raise BadModel(f"{file.name} cannot be read: {why}") from error
    except struct.error as error:
        raise BadModel(f"{file.name} is cut off or damaged: its header is not whole") from error
    except _NotGguf as error:
        raise BadModel(f"{file.name} {error}") from error


class _NotGguf(Exception):
    pass


class _Reader:
    """Goes through the header: numbers, then named values, then what tensors there are."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._at = 0

    def header(self) -> Header:
        if self._content[:4] != _MAGIC:
            raise _NotGguf("is no GGUF file")
        self._at = 4
        version = self._number("I")
        if version not in _VERSIONS:
            raise _NotGguf(f"is a GGUF file of version {version}; 2 and 3 are known")
        tensors, values = self._number("Q"), self._number("Q")
        texts: dict[str, str] = {}
        alignment = _ALIGNMENT
        for _ in range(values):
            name, kind = self._text(), self._number("I")
            if kind == _TEXT:
                texts[name] = self._text()
            elif name == "general.alignment" and kind == 4:
                alignment = self._number("I")
            else:
                self._skip(kind)
        self._require_data(tensors, alignment)
        if "general.architecture" not in texts:
            raise _NotGguf("does not say which architecture it has")
        return Header(texts["general.architecture"], texts.get("clip.projector_type"))

    def _require_data(self, tensors: int, alignment: int) -> None:
        last = 0
        for _ in range(tensors):
            self._text()
            dimensions = self._number("I")
            if dimensions > _MOST_DIMENSIONS:
                raise struct.error
            self._move(8 * dimensions + 4)
            last = max(last, self._number("Q"))
        begin = -(-self._at // max(alignment, 1)) * max(alignment, 1)
        if not tensors or begin + last >= len(self._content):
            raise _NotGguf("is cut off: it ends before its tensors do")

    def _number(self, form: str) -> int:
        (number,) = struct.unpack_from(f"<{form}", self._content, self._at)
        self._at += struct.calcsize(f"<{form}")
        return int(number)

    def _text(self) -> str:
        length = self._number("Q")
        begin = self._at
        self._move(length)
        return self._content[begin : self._at].decode("utf-8", "replace")

    def _skip(self, kind: int) -> None:
        """Move past a value."""
        if kind == _TEXT:
            self._move(self._number("Q"))
        elif kind == _LIST:
            item, count = self._number("I"), self._number("Q")
            if item in _SIZES:
                self._move(_SIZES[item] * count)
            else:
                for _ in range(count):
                    self._skip(item)
        elif kind in _SIZES:
            self._move(_SIZES[kind])
        else:
            raise struct.error

    def _move(self, count: int) -> None:
        self._at += count
        if self._at > len(self._content):
            raise struct.error
