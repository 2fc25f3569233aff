"""Wrong bytes: which blocks of a file to fetch again, and when the publisher is to blame."""

from __future__ import annotations

import zlib
from pathlib import Path

from modeltasks.checksum import BLOCK, BlockDigests
from modeltasks.errors import ChecksumMismatch
from modeltasks.support.cancel import CancelToken
from modeltasks.transfer.partial import Partial
from modeltasks.transfer.prefix_hash import PrefixHash


class DamagedContent(ChecksumMismatch):
    """The bytes are wrong, and differ from one fetch to the next."""

    def __init__(self, label: str, expected: str, actual: str, origin: str) -> None:
        super().__init__(label, expected, actual, origin)
        self.what = f"{label} from {origin} arrived damaged"
        self.why = (
            f"its checksum is {actual} instead of {expected}, and it differs from one fetch to the next"
        )
        self.fix = (
            "A proxy, the connection, or the memory or disk of this machine spoils what comes. "
            "Run again: only what differed is fetched again"
        )


class Repair:
    """Decides what to fetch again of a file whose checksum is wrong.

    Unless the digests of its right blocks are known, nothing shows where it is wrong. So all of it is fetched
    again, over what is there. Blocks that come differently were damaged on their way, the first or the second
    time; a third fetch of them shows which. If all come the same, that is what the publisher has.

    `in_one_piece`: all of it is to be fetched again, by one request: a server that sends wrong ranges may
    send a right whole.
    """

    def __init__(self, prefix_hash: PrefixHash) -> None:
        self.in_one_piece = False
        self._partial = prefix_hash.partial
        self._prefix_hash = prefix_hash
        self._wrong: set[str] = set()
        self._all_twice = False
        self._received_first: int | None = None

    @property
    def bytes_again(self) -> int:
        """Bytes that were received after all had been received once."""
        return 0 if self._received_first is None else self._partial.received - self._received_first

    def fetch_again(self, actual: str) -> bool:
        """Prepare another fetch of what may be wrong; or drop everything and say no: two fetches agree.

        Args:
            actual: the digest of the whole, which is there and hashed, and is not what is wanted.
        """
        if self._received_first is None:
            self._received_first = self._partial.received
        digests, changed = self._prefix_hash.blocks()
        agreed = actual in self._wrong
        if agreed and self._all_twice:
            self._partial.clear()
            return False
        self._wrong.add(actual)
        self.in_one_piece = agreed or not changed
        self._all_twice = self._all_twice or self.in_one_piece
        self._partial.mark_doubtful(range(len(digests.crcs)) if self.in_one_piece else changed, digests)
        return True


def copy_right_blocks(partial: Partial, base: Path, right: BlockDigests, cancel: CancelToken) -> None:
    """Copy a damaged file into a partial, and keep what is right of it; what is there already stays.

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
    partial.allow_gaps()
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
            partial.note_crc(block, found)
            if found == crc:
                partial.mark_present(start, end)
