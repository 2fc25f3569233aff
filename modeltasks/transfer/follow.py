"""Hash a file while it is being filled: whatever reaches its beginning without a gap."""

from __future__ import annotations

import errno

from modeltasks.checksum import BUFFER, Hasher, new_hasher
from modeltasks.transfer.partial import Partial


class Follower:
    """The digest of a partial's contiguous beginning.

    Reading back what was just written costs a memory copy (the page cache has it) and spares the
    writers from waiting for the hash; a resumed prefix is hashed by the same loop while bytes come.
    """

    def __init__(self, partial: Partial, algorithm: str) -> None:
        self._partial = partial
        self._algorithm = algorithm
        self._stream = partial.path.open("rb", buffering=0)
        self._buffer = memoryview(bytearray(BUFFER))
        self._hasher: Hasher | None = None
        self._generation = -1
        self.position = 0

    def step(self) -> bool:
        """Hash the next buffer; False if nothing new is there."""
        partial = self._partial
        with partial.changed:
            if partial.generation != self._generation:
                self._generation = partial.generation
                self._hasher = None
                self.position = 0
                self._stream.seek(0)
            count = min(partial.prefix - self.position, len(self._buffer))
        if count <= 0:
            return False
        if self._hasher is None:
            if self._algorithm == "git-sha1" and partial.size is None:
                return False
            self._hasher = new_hasher(self._algorithm, partial.size)
        read = self._stream.readinto(self._buffer[:count])
        if not read and partial.generation == self._generation:
            raise OSError(errno.EIO, "it was cut short by somebody else", str(partial.path))
        # What is read while everything begins anew is forgotten in the next step with the generation.
        self._hasher.update(self._buffer[:read])
        self.position += read
        return True

    @property
    def caught_up(self) -> bool:
        """Whether the digest covers all that is there without a gap."""
        with self._partial.changed:
            return self._generation == self._partial.generation and self.position >= self._partial.prefix

    def hexdigest(self) -> str:
        """Return the digest of what was hashed so far."""
        if self._hasher is None:
            self._hasher = new_hasher(self._algorithm, self._partial.size or 0)
        return self._hasher.hexdigest()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
