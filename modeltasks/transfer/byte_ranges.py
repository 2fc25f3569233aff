"""Which bytes of a file are there, which to ask for next, and how a partial notes that on disk.

A partial is one of two. *Prefix*: just the bytes, from the first. *Scattered*: a file of full size with gaps,
followed by a journal: one bit per block of `BLOCK` bytes (set once the block is written), the CRC-32 of each
block (0 until it was read back in order), then magic and size. It is one file, so that renaming it takes the
journal along. A journal can be ahead of the data only after a power failure; the digest finds that out.

A block with a CRC but no bit is in doubt: its bytes are there, but are to be fetched once more.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from modeltasks.checksum import BLOCK

Span = tuple[int, int]
"""From the first byte to one past the last."""

_FOOTER = struct.Struct("<8sQ")
_CRC = struct.Struct("<I")
_MAGIC = b"MTpiece2"
_WITHOUT_DIGESTS = b"MTpiece1"


class ByteRanges:
    """A set of bytes of a file, kept as sorted spans that do not touch."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans: list[Span] = []
        for start, end in spans:
            self.add(start, end)

    def add(self, start: int, end: int) -> None:
        """Put the bytes from `start` up to `end` into the set."""
        if start >= end:
            return
        first = bisect_left(self._spans, start, key=lambda span: span[1])
        last = first
        while last < len(self._spans) and self._spans[last][0] <= end:
            start = min(start, self._spans[last][0])
            end = max(end, self._spans[last][1])
            last += 1
        self._spans[first:last] = [(start, end)]

    @property
    def spans(self) -> tuple[Span, ...]:
        """All spans, in order."""
        return tuple(self._spans)

    @property
    def total(self) -> int:
        """How many bytes are in the set."""
        return sum(end - start for start, end in self._spans)

    @property
    def prefix(self) -> int:
        """How many bytes are there without a gap from the beginning."""
        return self._spans[0][1] if self._spans and self._spans[0][0] == 0 else 0

    def covering(self, offset: int) -> Span:
        """Return the span that holds `offset`, or an empty one there."""
        for start, end in self._spans:
            if start <= offset < end:
                return start, end
        return offset, offset


def holes(spans: Sequence[Span], size: int) -> list[Span]:
    """Return what the sorted `spans` leave open in a file of `size` bytes."""
    found = []
    at = 0
    for start, end in spans:
        if start > at:
            found.append((at, min(start, size)))
        at = max(at, end)
    if at < size:
        found.append((at, size))
    return found


def next_piece(
    have: ByteRanges, claimed: Iterable[Span], size: int, piece: int, at: int | None = None
) -> Span | None:
    """Return the first bytes that are neither there nor claimed, at most to the next multiple of `piece`.

    Pieces end on multiples of `piece`, itself one of `BLOCK`, so that their blocks are whole.

    Args:
        have: what is there.
        claimed: what others are filling.
        size: of the file.
        piece: the most bytes to return.
        at: if given, only bytes that begin there will do.
    """
    taken = ByteRanges((*have.spans, *claimed))
    for start, end in holes(taken.spans, size):
        if at is None or start <= at < end:
            first = start if at is None else at
            return first, min(end, (first // piece + 1) * piece)
    return None


def whole_blocks(span: Span, size: int) -> range:
    """Return the numbers of the blocks that lie wholly in `span`; the last block of a file may be short."""
    start, end = span
    first = -(-start // BLOCK)
    last = -(-end // BLOCK) if end >= size else end // BLOCK
    return range(first, last)


class Journal:
    """The blocks of a file of `size` bytes that are on disk, and their digests."""

    def __init__(self, size: int, bits: bytes = b"", crcs: bytes = b"") -> None:
        self.size = size
        self._bits = bytearray(bits or bytes(_bit_bytes(size)))
        self._crcs = bytearray(crcs or bytes(_CRC.size * block_count(size)))

    def mark(self, span: Span) -> range:
        """Set the bits of the blocks that lie wholly in `span`; return which bytes changed."""
        new = [block for block in whole_blocks(span, self.size) if not self._is_marked(block)]
        for block in new:
            self._bits[block // 8] |= 1 << block % 8
        return range(new[0] // 8, new[-1] // 8 + 1) if new else range(0)

    def unmark(self, blocks: Iterable[int]) -> None:
        """Clear the bits of blocks."""
        for block in blocks:
            self._bits[block // 8] &= ~(1 << block % 8)

    def crc(self, block: int) -> int:
        """Return the digest of a block, 0 if none was noted."""
        crc: int = _CRC.unpack_from(self._crcs, _CRC.size * block)[0]
        return crc

    def set_crcs(self, crcs: Sequence[int]) -> None:
        """Note the digests of all blocks."""
        self._crcs = bytearray(b"".join(map(_CRC.pack, crcs)))

    def write(self, stream: BinaryIO, changed: range) -> None:
        """Write the changed bytes of `mark` into the partial."""
        if changed:
            stream.seek(self.size + changed.start)
            stream.write(self._bits[changed.start : changed.stop])

    def write_crc(self, stream: BinaryIO, block: int, crc: int) -> None:
        """Note the digest of a block, here and in the partial."""
        at = _CRC.size * block
        _CRC.pack_into(self._crcs, at, crc)
        stream.seek(self.size + len(self._bits) + at)
        stream.write(self._crcs[at : at + _CRC.size])

    def write_all(self, stream: BinaryIO) -> None:
        """Write the journal behind the data of a partial, which becomes a scattered one by that."""
        stream.seek(self.size)
        stream.write(bytes(self._bits + self._crcs) + _FOOTER.pack(_MAGIC, self.size))

    def ranges(self, *, doubtful: bool = False) -> ByteRanges:
        """Return the bytes whose bits are set; also those in doubt, if asked for."""
        found = ByteRanges()
        for block in range(block_count(self.size)):
            if self._is_marked(block) or (doubtful and self.crc(block)):
                found.add(block * BLOCK, min((block + 1) * BLOCK, self.size))
        return found

    def _is_marked(self, block: int) -> int:
        return self._bits[block // 8] >> block % 8 & 1


def block_count(size: int) -> int:
    """Return how many blocks a file of `size` bytes has."""
    return -(-size // BLOCK)


def _bit_bytes(size: int) -> int:
    return -(-block_count(size) // 8)


def read_journal(path: Path) -> Journal | None:
    """Return the journal of a scattered partial; None if the file is none."""
    with path.open("rb") as stream:
        length = stream.seek(0, 2)
        if length < _FOOTER.size:
            return None
        stream.seek(length - _FOOTER.size)
        magic, size = _FOOTER.unpack(stream.read(_FOOTER.size))
        crcs = {_MAGIC: _CRC.size * block_count(size), _WITHOUT_DIGESTS: 0}.get(magic)
        if crcs is None or length != size + _bit_bytes(size) + crcs + _FOOTER.size:
            return None
        stream.seek(size)
        return Journal(size, stream.read(_bit_bytes(size)), stream.read(crcs))


def held_bytes(path: Path) -> int:
    """Return how many bytes of the content a partial holds, doubtful or not; none if it cannot be read."""
    try:
        journal = read_journal(path)
        return journal.ranges(doubtful=True).total if journal else path.stat().st_size
    except OSError:
        return 0
