"""Which bytes of a file are there, and which to ask for next."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from modeltasks.checksum import BLOCK

Span = tuple[int, int]
"""From the first byte to one past the last."""


class Extents:
    """A set of byte offsets, kept as sorted spans that do not touch."""

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

    def clear(self) -> None:
        """Forget everything."""
        self._spans.clear()

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
    have: Extents, claimed: Iterable[Span], size: int, piece: int, at: int | None = None
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
    taken = Extents((*have.spans, *claimed))
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
