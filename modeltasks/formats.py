"""Model files that run code when they are opened: recognised by their content, never opened as such.

A pickle is a program for a small stack machine that can import and call any function
(https://docs.python.org/3/library/pickle.html, "Warning"). torch saves one bare (before 1.6) or as
`data.pkl` in a zip; NumPy hides one in an array of objects. The name proves nothing: `model.bin` of
CTranslate2 is plain numbers, and a pickle may be called anything.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickletools
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO

from modeltasks.errors import UnsafeFormat

_LOOK = 1024 * 1024
_OPENERS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_CALLS = {"REDUCE", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "BUILD"}
_BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
)


def pickle_in(path: Path) -> str | None:
    """Return what kind of pickle a file is or holds ('a pickle', …), or None when there is none.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(_LOOK)
        return _direct(head) or _in_archive(stream, head)


def refuse_pickle(path: Path, name: str | None = None) -> None:
    """Refuse a file that would run code when it is opened.

    Args:
        path: the file.
        name: what to call it in the message, default its path.

    Raises:
        UnsafeFormat: it is a pickle, or holds one.
        OSError: the file cannot be read.
    """
    found = pickle_in(path)
    if found is not None:
        raise UnsafeFormat(name or str(path), found)


def _direct(head: bytes) -> str | None:
    if head[:6] == b"\x93NUMPY" and b"'O'" in head[:512].replace(b"|", b""):
        return "a NumPy array of pickled objects"
    return "a pickle" if _is_pickle(head) else None


def _in_archive(stream: BinaryIO, head: bytes) -> str | None:
    try:
        if zipfile.is_zipfile(stream):
            return _in_zip(stream)
        stream.seek(0)
        if head[257:262] == b"ustar":
            return _in_tar(stream)
        for magic, opener in _OPENERS.items():
            if head.startswith(magic):
                with opener(stream) as content:
                    return _compressed(content)
    except _BROKEN_ARCHIVE:
        return None  # what no loader can open runs no code
    return None


def _compressed(content: IO[bytes]) -> str | None:
    head = content.read(_LOOK)
    if head[257:262] == b"ustar":
        content.seek(0)
        return _in_tar(content)
    found = _direct(head)
    return f"{found}, compressed" if found else None


def _in_zip(stream: IO[bytes]) -> str | None:
    with zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            # Not by name alone: which member a loader reads is the loader's affair.
            with archive.open(member) as content:
                if found := _direct(content.read(_LOOK)):
                    return f"a zip file in which {member.filename} is {found}"
    return None


def _in_tar(stream: IO[bytes]) -> str | None:
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None and (found := _direct(content.read(_LOOK))):
                return f"a tar file in which {member.name} is {found}"
    return None


def _is_pickle(head: bytes) -> bool:
    """Whether `head` runs on the pickle machine: to a call, to its end, or as far as we have it.

    A call counts wherever it is reached, since what follows it cannot undo it. Without the mark of
    protocol 2 and later, harmless data counts as text that happens to read as opcodes.
    """
    marked = head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}
    stream = BytesIO(head)
    stack: list[pickletools.StackObject] = []
    steps = 0
    try:
        for opcode, _argument, _position in pickletools.genops(stream):
            if not _step(stack, opcode):
                return False
            if opcode.name in _CALLS:
                return True
            steps += 1
    except Exception:  # noqa: BLE001 - whatever these bytes are, they are not opcodes
        ran_out = len(head) == _LOOK and not stream.read(1)
        return ran_out and (marked or steps > 1)
    return marked


def _step(stack: list[pickletools.StackObject], opcode: pickletools.OpcodeInfo) -> bool:
    """Apply an opcode to the machine's stack; False when the machine would stop with an error there."""
    mark, before = pickletools.markobject, opcode.stack_before
    needed = len(before)
    if mark in before or (opcode.name == "POP" and stack and stack[-1] is mark):
        if mark not in stack:
            return False
        while stack.pop() is not mark:
            pass
        needed = before.index(mark) if mark in before else 0
    if len(stack) < needed:
        return False
    if needed:
        del stack[-needed:]
    stack.extend(opcode.stack_after)
    return True
