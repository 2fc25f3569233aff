"""Sets of byte ranges, the pieces that they lack, and the journal."""

from __future__ import annotations

import random

import pytest

from modeltasks.checksum import BLOCK
from modeltasks.transfer.byte_ranges import ByteRanges, Journal, Span, holes, next_piece, whole_blocks


@pytest.mark.parametrize(
    ("adds", "spans"),
    [
        ([], ()),
        ([(3, 3)], ()),
        ([(0, 5), (5, 9)], ((0, 9),)),
        ([(5, 9), (0, 5)], ((0, 9),)),
        ([(0, 2), (4, 6)], ((0, 2), (4, 6))),
        ([(0, 2), (4, 6), (2, 4)], ((0, 6),)),
        ([(0, 2), (4, 6), (1, 5)], ((0, 6),)),
        ([(0, 2), (4, 6), (8, 9), (1, 20)], ((0, 20),)),
        ([(10, 12), (0, 1), (5, 6)], ((0, 1), (5, 6), (10, 12))),
        ([(0, 10), (2, 3)], ((0, 10),)),
    ],
)
def test_byte_ranges(adds: list[Span], spans: tuple[Span, ...]) -> None:
    assert ByteRanges(adds).spans == spans


def test_byte_ranges_are_a_set_of_offsets() -> None:
    rng = random.Random(7)
    for _ in range(200):
        ranges, model = ByteRanges(), set[int]()
        for _ in range(12):
            start = rng.randrange(40)
            end = start + rng.randrange(8)
            ranges.add(start, end)
            model |= set(range(start, end))
        assert {at for start, end in ranges.spans for at in range(start, end)} == model
        assert ranges.total == len(model)
        assert all(
            first[1] < second[0] for first, second in zip(ranges.spans, ranges.spans[1:], strict=False)
        )
        assert {at for start, end in holes(ranges.spans, 60) for at in range(start, end)} == set(
            range(60)
        ) - model
        assert ranges.prefix == next(at for at in range(61) if at not in model)


@pytest.mark.parametrize(
    ("have", "claimed", "at", "expected"),
    [
        ([], [], None, (0, 10)),
        ([(0, 4)], [], None, (4, 10)),
        ([(0, 4)], [(4, 10)], None, (10, 20)),
        ([(0, 4)], [(10, 20)], None, (4, 10)),
        ([(0, 30)], [], None, (30, 35)),
        ([(0, 35)], [], None, None),
        ([(0, 20)], [(20, 35)], None, None),
        ([(12, 14)], [(0, 10)], None, (10, 12)),
        ([(0, 10)], [], 10, (10, 20)),
        ([(0, 10)], [(10, 20)], 10, None),
        ([(0, 10)], [], 13, (13, 20)),
        ([(0, 10), (15, 35)], [], 12, (12, 15)),
        ([(0, 35)], [], 35, None),
    ],
)
def test_next_piece(have: list[Span], claimed: list[Span], at: int | None, expected: Span | None) -> None:
    assert next_piece(ByteRanges(have), claimed, 35, 10, at) == expected


@pytest.mark.parametrize(
    ("span", "size", "blocks"),
    [
        ((0, BLOCK), 3 * BLOCK, [0]),
        ((0, BLOCK - 1), 3 * BLOCK, []),
        ((1, 2 * BLOCK), 3 * BLOCK, [1]),
        ((0, 3 * BLOCK), 3 * BLOCK, [0, 1, 2]),
        ((2 * BLOCK, 2 * BLOCK + 5), 2 * BLOCK + 5, [2]),
        ((2 * BLOCK, 2 * BLOCK + 4), 2 * BLOCK + 5, []),
        ((5, 9), 3 * BLOCK, []),
    ],
)
def test_whole_blocks(span: Span, size: int, blocks: list[int]) -> None:
    assert list(whole_blocks(span, size)) == blocks


def test_journal_claims_no_byte_that_was_not_marked() -> None:
    rng = random.Random(3)
    for _ in range(50):
        size = rng.randrange(1, 20 * BLOCK)
        journal, marked = Journal(size), ByteRanges()
        for _ in range(5):
            start = rng.randrange(size)
            end = min(size, start + rng.randrange(6 * BLOCK))
            journal.mark((start, end))
            marked.add(start, end)
        for start, end in journal.ranges().spans:
            assert marked.covering(start)[1] >= end
