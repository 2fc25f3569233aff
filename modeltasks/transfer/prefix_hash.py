"""Hashing a file while it is being fetched, up to its first missing byte."""

from __future__ import annotations

import errno
import zlib

from modeltasks.checksum import BLOCK, BlockDigests, Hasher, new_hasher
from modeltasks.support.cancel import CancelToken
from modeltasks.transfer.partial import Partial

_TRIES = 4
"""How often the rest of a file is hashed before all of it was fetched again."""


class PrefixHash:
    """The digest of a partial up to its first missing byte, and the CRC of each block there.

    Reading back what was just written costs a memory copy (the page cache has it), and writers need not wait
    for the hash; when a download resumes, the same loop hashes what is there while more arrives.

    Args:
        partial: what to hash.
        algorithm: of the digest of the whole.
        known: the digests of the right blocks, where they are known.
    """

    def __init__(self, partial: Partial, algorithm: str, known: BlockDigests | None = None) -> None:
        self.partial = partial
        self._algorithm = algorithm
        self._known = known
        self._stream = partial.path.open("rb", buffering=0)
        self._buffer = memoryview(bytearray(BLOCK))
        self._hasher: Hasher | None = None
        self._generation = -1
        self._crc = 0
        self._crcs: list[int] = []
        self._changed: set[int] = set()
        self._block_changed = False
        self._tries = 0
        self.position = 0

    def step(self) -> bool:
        """Hash the next buffer; False if nothing new is there."""
        partial = self.partial
        with partial.changed:
            if partial.generation != self._generation:
                self._generation = partial.generation
                self._begin()
            count = min(partial.prefix - self.position, BLOCK - self.position % BLOCK)
        if count <= 0:
            return False
        if self._hasher is None:
            if self._algorithm == "git-sha1" and partial.size is None:
                return False
            self._hasher = new_hasher(self._algorithm, partial.size)
        read = self._stream.readinto(self._buffer[:count])
        if not read:
            # Whoever drops bytes cuts the file and counts the generation up under this lock.
            with partial.changed:
                if partial.generation == self._generation:
                    raise OSError(errno.EIO, "it was cut short by somebody else", str(partial.path))
        # If everything starts over meanwhile, the next step sees another generation and forgets this.
        self._hasher.update(self._buffer[:read])
        self._crc = zlib.crc32(self._buffer[:read], self._crc)
        self.position += read
        if self.position % BLOCK == 0 or self.position == partial.size:
            self._end_block()
        return True

    def _begin(self) -> None:
        self._hasher = None
        self._crc = self.position = 0
        self._crcs.clear()
        self._changed.clear()
        self._block_changed = False
        self._stream.seek(0)

    def _end_block(self) -> None:
        block, crc = len(self._crcs), self._crc
        self._crcs.append(crc)
        self._crc = 0
        with self.partial.changed:
            if self.partial.generation != self._generation:
                return
            before = self.partial.note_crc(block, crc)
        right = self._known.crcs[block] if self._known and block < len(self._known.crcs) else 0
        self._block_changed = self._block_changed or before not in {0, crc}
        if (right or before) not in {0, crc}:
            self._changed.add(block)

    @property
    def caught_up(self) -> bool:
        """Whether the digest covers all that is there without a gap."""
        with self.partial.changed:
            return self._generation == self.partial.generation and self.position >= self.partial.prefix

    def hexdigest(self) -> str:
        """Return the digest of what was hashed so far."""
        if self._hasher is None:
            self._hasher = new_hasher(self._algorithm, self.partial.size or 0)
        return self._hasher.hexdigest()

    def blocks(self) -> tuple[BlockDigests, frozenset[int]]:
        """Return the digests of all blocks so far, and the numbers of the blocks that are wrong or changed.

        Wrong: not what is known to be right. Changed: not what they were when they were fetched before.
        """
        if len(self._crcs) * BLOCK < self.position:
            self._end_block()
        return BlockDigests(self.position, tuple(self._crcs)), frozenset(self._changed)

    def would_match(self, hexdigest: str, cancel: CancelToken) -> bool:
        """Say whether the file already has this digest, though not all of it has been fetched again.

        Looks only after a fetched block differs from the one before: it may have been the only wrong one.

        Raises:
            Cancelled: `cancel` was set meanwhile.
        """
        partial = self.partial
        if not self._block_changed or self._tries >= _TRIES or self._hasher is None:
            return False
        self._block_changed = False
        if partial.complete or not partial.was_complete:
            return False
        self._tries += 1
        hasher, buffer = self._hasher.copy(), memoryview(bytearray(BLOCK))
        left = (partial.size or 0) - self.position
        # Workers wait meanwhile: their bytes may not be needed.
        with partial.changed, partial.path.open("rb", buffering=0) as stream:
            stream.seek(self.position)
            while left and (count := stream.readinto(buffer[: min(left, BLOCK)])):
                cancel.check()
                hasher.update(buffer[:count])
                left -= count
        return hasher.hexdigest() == hexdigest

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
