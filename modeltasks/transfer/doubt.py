"""What follows from wrong bytes: which of them to fetch again, and when it is the publisher who is wrong.

Nothing shows where a whole with the wrong checksum is wrong, unless the digests of its right blocks are
known. So all of it is fetched once more, over what is there. Where that gives other bytes, one of the two
came to harm on its way; a third fetch of those blocks tells which. Where it gives the same, that is what
the publisher has.
"""

from __future__ import annotations

from modeltasks.transfer.partial import Partial
from modeltasks.transfer.prefix_hash import Follower


class Doubts:
    """What is known of one file's wrong bytes.

    `in_one_piece`: all of it is in doubt, and to be asked for by one request. Servers that give wrong parts
    may give a right whole.
    """

    def __init__(self) -> None:
        self.in_one_piece = False
        self._wrong: set[str] = set()
        self._all_twice = False

    def judge(self, actual: str, partial: Partial, follower: Follower) -> int | None:
        """Put what must be fetched again in doubt; return how many bytes that are, None if two fetches agree.

        Args:
            actual: the digest of the whole, which is not the one wanted.
            partial: where every byte is.
            follower: has hashed all of it.
        """
        digests, changed = follower.blocks()
        agreed = actual in self._wrong
        if agreed and self._all_twice:
            return None
        self._wrong.add(actual)
        self.in_one_piece = agreed or not changed
        self._all_twice = self._all_twice or self.in_one_piece
        blocks = range(len(digests.crcs)) if self.in_one_piece else changed
        return partial.doubt(blocks, digests)
