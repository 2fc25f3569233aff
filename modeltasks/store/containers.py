"""What lies inside zip files, tar files and compressed files, in one another, seen without unpacking to disk.

All reading is metered: a few bytes that unpack to a disk full, or a directory of a million members, end
in `Unreadable`, and so does whatever another reader might see differently than we do.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Protocol, cast

_HEAD = 64 * 1024
_TAIL = 66 * 1024  # a zip file's last record with its longest comment, and what zip64 puts before it
_CHUNK = 1024 * 1024
_LONGEST_READ = 8 * 1024 * 1024
_ALLOWANCE = 256 * 1024 * 1024
_RATIO = 16
_MOST_MEMBERS = 20_000
_NO_CHANCE = 512
_BZIP2_BLOCKS = {b"1AY&SY", b"\x17rE8P\x90"}
_COMPRESSED = "{}, compressed"
_OLD_JOBLIB = b"ZF0x" + b" " * 17  # before 0.10: the length in hexadecimal, padded; then a zlib stream

_END, _ENTRY, _ZIP_STARTS = b"PK\5\6", b"PK\1\2", (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
_ZIP64_LOCATOR, _ZIP64_END = b"PK\6\7", b"PK\6\6"
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_PATCH = 0x20

# Nothing that this program depends on reads these; joblib and others do, given another package.
_FOREIGN = {
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x02\x21\x4c\x18": "LZ4",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"LZIP\x01": "lzip",
    b"\x89LZO\x00\r\n\x1a\n": "lzop",
    b"\xff\x06\x00\x00sNaPpY": "Snappy",
}
_SKIPPABLE = {bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60)}  # before LZ4 and Zstandard
_FAILURES = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    RuntimeError,  # NotImplementedError, for compressions unknown to zipfile, is one
    ValueError,
    ArithmeticError,
    LookupError,
    MemoryError,
)


class Unreadable(Exception):
    """What is inside cannot be read through and through; says why."""


@contextmanager
def _decoding() -> Iterator[None]:
    """Turn what decoders say of wrong bytes into `Unreadable`; a disk that fails is another matter."""
    try:
        yield
    except _FAILURES as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Unreadable(str(error) or type(error).__name__) from error


class Meter:
    """How much may be read and opened while one file of `size` bytes is looked at."""

    def __init__(self, size: int) -> None:
        self._bytes = _ALLOWANCE + _RATIO * size
        self._members = _MOST_MEMBERS

    @property
    def exhausted(self) -> bool:
        """Whether more was read than may be."""
        return self._bytes < 0

    def read(self, count: int) -> None:
        """Count bytes read."""
        self._bytes -= count
        if self.exhausted:
            raise Unreadable("it unpacks to far more than its size")

    def member(self) -> None:
        """Count a member opened."""
        self._members -= 1
        if self._members < 0:
            raise Unreadable(f"it has more than {_MOST_MEMBERS:,} members")


class Content(io.RawIOBase):
    """Bytes that can be read from any position: a file, or what a container holds.

    `damage` says why a sequential stream broke off, when it did; what came before can be read.

    Args:
        inner: the bytes.
        meter: what is read is counted there.
        sequential: `inner` can only be read forward, or again from its start.
    """

    def __init__(self, inner: IO[bytes], meter: Meter, *, sequential: bool = False) -> None:
        super().__init__()
        self._inner = inner
        self.meter = meter
        self._sequential = sequential
        self._inner_at = self._at = 0
        self.damage: str | None = None
        self.head = self.tail = b""
        if sequential:
            self.size = self._read_through()
        else:
            self.size = inner.seek(0, io.SEEK_END)
            self.head = self.read_at(0, _HEAD)
            self.tail = self.read_at(max(self.size - _TAIL, 0), _TAIL)

    def read_at(self, position: int, count: int) -> bytes:
        """Return `count` bytes from `position`, fewer at the end."""
        count = max(min(count, self.size - position), 0)
        if position + count <= len(self.head):
            return self.head[position : position + count]
        if position >= self.size - len(self.tail):
            start = position - self.size + len(self.tail)
            return self.tail[start : start + count]
        if count > _LONGEST_READ:
            raise Unreadable("a part of it is too long to be its directory")
        self._go_to(position)
        parts = []
        while count > 0 and (data := self._inner_read(count)):
            parts.append(data)
            count -= len(data)
        return b"".join(parts)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is, at the cost of reading."""
        return True

    def read(self, count: int | None = -1, /) -> bytes:
        """Return `count` bytes, or all that are left."""
        wanted = self.size - self._at if count is None or count < 0 else count
        data = self.read_at(self._at, wanted)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Set where to read next."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError("a position before the start")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return where the next `read` begins."""
        return self._at

    def _read_through(self) -> int:
        size = 0
        try:
            while data := self._inner_read(_CHUNK):
                self.head += data[: _HEAD - len(self.head)]
                self.tail = (self.tail + data)[-_TAIL:]
                size += len(data)
        except Unreadable as error:
            if self.meter.exhausted:
                raise
            self.damage = str(error)
        return size

    def _go_to(self, position: int) -> None:
        if not self._sequential:
            self._inner.seek(position)
            return
        if position < self._inner_at:
            self._inner.seek(0)
            self._inner_at = 0
        while self._inner_at < position:
            if not self._inner_read(min(position - self._inner_at, _CHUNK)):
                raise Unreadable("it reads differently the second time")

    def _inner_read(self, count: int) -> bytes:
        with _decoding():
            data = self._inner.read(count)
        self._inner_at += len(data)
        self.meter.read(len(data))
        return data


def inside(content: Content) -> Iterator[tuple[str, Content]]:
    """Open what `content` holds, one after the other, each with a phrase for messages to put a finding in.

    Every format that its bytes allow is tried: another loader may choose another one.

    Raises:
        Unreadable: some of it cannot be read; it is raised when everything before has been given.
    """
    for magic, name in _FOREIGN.items():
        if content.head.startswith(magic):
            raise Unreadable(f"it is compressed with {name}")
    if content.head[:4] in _SKIPPABLE:
        raise Unreadable("it is compressed with LZ4 or Zstandard")
    for kind in (_decompressed, _in_tar, _in_zip):
        with _decoding():
            for phrase, inner in kind(content):
                yield phrase, inner
                if inner.damage:
                    raise Unreadable(inner.damage)


def _decompressed(content: Content) -> Iterator[tuple[str, Content]]:
    head = content.head
    stream = cast("IO[bytes]", content)
    for applies, opened in (
        (head.startswith(b"\x1f\x8b\x08"), lambda: gzip.GzipFile(fileobj=stream)),
        (head[:3] == b"BZh" and head[4:10] in _BZIP2_BLOCKS, lambda: bz2.BZ2File(stream)),
        (head.startswith(b"\xfd7zXZ\x00"), lambda: lzma.LZMAFile(stream)),  # noqa: SIM115
    ):
        if applies:
            yield _COMPRESSED, _unpacked(content, cast("IO[bytes]", opened()))
    if _fits_lzma(head):
        alone = lzma.LZMAFile(stream, format=lzma.FORMAT_ALONE)  # noqa: SIM115
        yield from _maybe_compressed(
            content, 0, lzma.LZMADecompressor(lzma.FORMAT_ALONE), cast("IO[bytes]", alone)
        )
    at = len(_OLD_JOBLIB) if head.startswith(_OLD_JOBLIB[:4]) else 0
    at += at > 0 and head[at : at + 1] == b" "
    if _fits_zlib(head[at:]):
        yield from _maybe_compressed(content, at, zlib.decompressobj(), cast("IO[bytes]", _Zlib(content, at)))


def _maybe_compressed(
    content: Content, at: int, decoder: _Decoder, stream: IO[bytes]
) -> Iterator[tuple[str, Content]]:
    """Open what may be a compressed stream: without a magic number its first bytes may fit by chance.

    Fed byte by byte, the decoder gives all that a loader could get before it fails.
    """
    out = b""
    try:
        for byte in content.head[at:]:
            out += decoder.decompress(bytes([byte]))
            if decoder.eof or len(out) >= _NO_CHANCE:
                yield _COMPRESSED, _unpacked(content, stream)
                return
    except (zlib.error, lzma.LZMAError):
        pass
    yield _COMPRESSED, Content(io.BytesIO(out), content.meter)


def _unpacked(content: Content, stream: IO[bytes]) -> Content:
    content.seek(0)
    return Content(stream, content.meter, sequential=True)


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def _fits_zlib(head: bytes) -> bool:
    if len(head) < 2 or head[0] & 0x0F != 8 or head[0] >> 4 > 7:
        return False
    return int.from_bytes(head[:2], "big") % 31 == 0 and not head[1] & 0x20


def _fits_lzma(head: bytes) -> bool:
    if len(head) < 14 or head[0] >= 9 * 5 * 5 or head[0] % 9 + head[0] // 9 % 5 > 4:
        return False
    size = int.from_bytes(head[5:13], "little")
    return (0 < size < 1 << 38 or size == (1 << 64) - 1) and head[13] == 0


class _Zlib(io.RawIOBase):
    """A zlib stream that begins at `start` of `source`, to be read forward."""

    def __init__(self, source: Content, start: int) -> None:
        super().__init__()
        self._source = source
        self._start = start
        self._source_at = start
        self._decoder = zlib.decompressobj()

    def read(self, count: int | None = -1, /) -> bytes:
        """Return up to `count` bytes; none at the end."""
        while not self._decoder.eof:
            packed = self._decoder.unconsumed_tail
            if not packed:
                packed = self._source.read_at(self._source_at, _HEAD)
                self._source_at += len(packed)
            if not packed:
                raise EOFError("it ends before its end mark")
            if data := self._decoder.decompress(packed, max(count or 0, 1)):
                return data
        return b""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Begin again."""
        assert (offset, whence) == (0, io.SEEK_SET)
        self._source_at = self._start
        self._decoder = zlib.decompressobj()
        return 0


def _in_tar(content: Content) -> Iterator[tuple[str, Content]]:
    try:
        tarfile.TarInfo.frombuf(content.head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return
    content.seek(0)
    with tarfile.open(fileobj=content, mode="r:") as archive:
        for member in archive:
            content.meter.member()
            if member.islnk() or member.issym():
                continue
            stream = archive.extractfile(member)
            if stream is not None:
                yield f"a tar file in which {_short(member.name)} is {{}}", Content(stream, content.meter)
        position = archive.offset
    while data := content.read_at(position, _CHUNK):
        if data.count(0) != len(data):
            raise Unreadable("a tar file is followed by something else")
        position += len(data)


def _in_zip(content: Content) -> Iterator[tuple[str, Content]]:
    starts = content.head.startswith(_ZIP_STARTS)
    if not starts and _END not in content.tail:
        return
    try:
        archive = zipfile.ZipFile(content)
    except zipfile.BadZipFile:
        if starts or _ENTRY in content.tail:
            raise
        return
    with archive:
        _check_one_directory(content)
        for member in sorted(archive.infolist(), key=lambda info: info.header_offset):
            content.meter.member()
            _check_member(content, member)
            name = _short(member.filename)
            with archive.open(member) as stream:
                yield f"a zip file in which {name} is {{}}", Content(stream, content.meter, sequential=True)


def _check_one_directory(content: Content) -> None:
    """Refuse a zip64 file whose last records lead different readers to different directories."""
    end = content.tail.rfind(_END)
    locator, record = content.tail[max(end - 20, 0) : end], content.tail[max(end - 76, 0) : max(end - 20, 0)]
    if len(record) < 56 or not locator.startswith(_ZIP64_LOCATOR):
        return
    (record_at,) = struct.unpack("<Q", locator[8:16])
    elsewhere = record_at != content.size - len(content.tail) + end - 76
    if elsewhere and content.read_at(record_at, 4) == _ZIP64_END:
        raise Unreadable("it has two directories")
    short = struct.unpack("<4H2L", content.tail[end + 4 : end + 20])
    long = struct.unpack("<2L4Q", record[16:56])
    pairs = zip(short, long, (0xFFFF,) * 4 + (0xFFFFFFFF,) * 2, strict=True)
    if not record.startswith(_ZIP64_END) or any(few not in {many, unsaid} for few, many, unsaid in pairs):
        raise Unreadable("it has two directories")


def _check_member(content: Content, member: zipfile.ZipInfo) -> None:
    """Refuse a member that no reader, or not every reader, takes for the same bytes."""
    name = _short(member.filename)
    local = content.read_at(member.header_offset, 30)
    if len(local) < 30:
        raise Unreadable(f"{name} is cut off")
    flags, method = struct.unpack("<2H", local[6:10])
    if (flags | member.flag_bits) & _ENCRYPTED:
        raise Unreadable(f"{name} is encrypted")
    if (flags | member.flag_bits) & _PATCH:
        raise Unreadable(f"{name} is a patch")
    stored_short = method == zipfile.ZIP_STORED and member.compress_size != member.file_size
    if method != member.compress_type or stored_short:
        raise Unreadable(f"{name} is described in two ways")


def _short(name: str) -> str:
    return name if len(name) <= 80 else f"…{name[-79:]}"
