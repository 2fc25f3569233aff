"""How a partial lies on disk.

*Prefix*: just the bytes, from the first. *Scattered*: a file of full size with gaps, followed by a
journal: one bit per block of `BLOCK` bytes (set once the block is written), then magic and size. It is
one file, so that renaming it takes the journal along. A journal can be ahead of the data only after a
power failure; the digest finds that out.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from modeltasks.transfer.extents import BLOCK, Extents, Span, whole_blocks

_FOOTER = struct.Struct("<8sQ")
_MAGIC = b"MTpiece1"


class Journal:
    """The blocks of a file of `size` bytes that are on disk."""

    def __init__(self, size: int, bits: bytes | None = None) -> None:
        self.size = size
        self._bits = bytearray(bits or bytes(journal_bytes(size)))

    def mark(self, span: Span) -> range:
        """Set the bits of the blocks that lie wholly in `span`; return which bytes changed."""
        blocks = whole_blocks(span, self.size)
        for block in blocks:
            self._bits[block // 8] |= 1 << block % 8
        return range(blocks.start // 8, (blocks.stop - 1) // 8 + 1) if blocks else range(0)

    def write(self, stream: BinaryIO, changed: range) -> None:
        """Write the changed bytes into the partial."""
        if changed:
            stream.seek(self.size + changed.start)
            stream.write(self._bits[changed.start : changed.stop])

    def write_all(self, stream: BinaryIO) -> None:
        """Append the journal to a partial, which becomes a scattered one by that."""
        stream.seek(self.size)
        stream.write(bytes(self._bits) + _FOOTER.pack(_MAGIC, self.size))

    def extents(self) -> Extents:
        """Return the bytes whose bits are set."""
        found = Extents()
        for block in range(-(-self.size // BLOCK)):
            if self._bits[block // 8] >> block % 8 & 1:
                found.add(block * BLOCK, min((block + 1) * BLOCK, self.size))
        return found


def journal_bytes(size: int) -> int:
    """Return the length of the bits of a file of `size` bytes."""
    blocks = -(-size // BLOCK)
    return -(-blocks // 8)


def read_journal(path: Path) -> Journal | None:
    """Return the journal of a scattered partial; None if the file is none."""
    with path.open("rb") as stream:
        length = stream.seek(0, 2)
        if length < _FOOTER.size:
            return None
        stream.seek(length - _FOOTER.size)
        magic, size = _FOOTER.unpack(stream.read(_FOOTER.size))
        if magic != _MAGIC or length != size + journal_bytes(size) + _FOOTER.size:
            return None
        stream.seek(size)
        return Journal(size, stream.read(journal_bytes(size)))


def held_bytes(path: Path) -> int:
    """Return how many bytes of the content a partial holds; none if it cannot be read."""
    try:
        journal = read_journal(path)
        return journal.extents().total if journal else path.stat().st_size
    except OSError:
        return 0
