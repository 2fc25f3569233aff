"""Begin a partial with the right blocks of a file that is wrong as a whole."""

from __future__ import annotations

import zlib
from pathlib import Path

from modeltasks.checksum import BLOCK, BlockDigests
from modeltasks.support.cancel import CancelToken
from modeltasks.transfer.partial import Partial


def seed(partial: Partial, base: Path, right: BlockDigests, cancel: CancelToken) -> None:
    """Copy a file into a partial, and take for brought what is right; what is there already stays.

    The wrong blocks are copied too: where the server can only give the whole, they show when it has given
    enough of it. What cannot be read is left out.

    Args:
        partial: without a journal it must be empty.
        base: the file; it is only read.
        right: the digests of the right blocks.
        cancel: stops it; what was copied stays.

    Raises:
        OSError: the partial cannot be written.
        Cancelled: `cancel` was set meanwhile.
    """
    if partial.size not in {None, right.size}:
        return
    try:
        source = base.open("rb", buffering=0)
    except OSError:
        return
    partial.set_size(right.size)
    partial.scatter()
    buffer = memoryview(bytearray(BLOCK))
    with source, partial.writer(0) as out:
        for block, crc in enumerate(right.crcs):
            cancel.check()
            start, end = block * BLOCK, min((block + 1) * BLOCK, right.size)
            if partial.next_piece([], BLOCK, start) != (start, end):
                continue
            data = buffer[: end - start]
            try:
                source.seek(start)
                if source.readinto(data) != end - start:
                    return
            except OSError:
                continue
            out.seek(start)
            out.write(data)
            found = zlib.crc32(data)
            partial.note(block, found)
            if found == crc:
                partial.landed(start, end)
