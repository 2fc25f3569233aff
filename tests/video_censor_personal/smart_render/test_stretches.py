from __future__ import annotations

from array import array
from collections.abc import Sequence
from fractions import Fraction

import pytest

from video_censor_personal.edits.cuts import FOR_GOOD, Cuts
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.smart_render.entry_points import Entry
from video_censor_personal.smart_render.index import PacketIndex
from video_censor_personal.smart_render.stretches import (
    StretchPlan,
    decoding_times,
    plan_stretches,
    reorder_depth,
)

BASE = Fraction(1, 10)
CLOSED = [0, 3, 1, 2, 4, 7, 5, 6, 8, 9, 12, 10, 11, 13]
"""Closed groups of pictures begin with 0, 4 and 9; that with 4 looks like: 4, 7, 5, 6, 8."""
OPEN = [0, 1, 2, 5, 3, 4, 6, 9, 7, 8, 10, 11]
"""Open ones begin with 5 (before which 3 and 4 are shown) and 9."""


def index(pts: Sequence[int], **entries: list[int]) -> PacketIndex:
    """Return an index of packets shown at these times; `CLEAN=[4]`: one can begin with what is shown at 4."""
    kinds = {pts.index(time): Entry[name] for name, times in entries.items() for time in times}
    made = PacketIndex(BASE, array("q", pts), array("q", range(-3, len(pts) - 3)))
    made.entries = bytearray(kinds.get(number, Entry.NONE) for number in range(len(pts)))
    return made


def closed() -> PacketIndex:
    return index(CLOSED, CLEAN=[0, 4, 9])


def opened() -> PacketIndex:
    return index(OPEN, CLEAN=[0], AFTER_END=[5, 9])


def told(plan: StretchPlan) -> list[str]:
    """Return each stretch in short: `copy 0-4`, or `encode 4-9 of packets 4-8`."""
    return [
        f"encode {each.begin}-{each.end} of packets {each.first}-{each.last}{' ended' * each.needs_end}"
        if each.is_encoded
        else f"copy {each.begin}-{each.end} from packet {each.first}"
        for each in plan.stretches
    ]


PLANS: dict[str, tuple[PacketIndex, list[tuple[float, float]], list[str]]] = {
    "nothing": (closed(), [], ["copy 0-14 from packet 0"]),
    "one picture": (
        closed(),
        [(0.52, 0.58)],
        ["copy 0-5 from packet 0", "encode 5-9 of packets 4-8", "copy 9-14 from packet 9"],
    ),
    "one that is decoded before others that are shown before it": (
        closed(),
        [(0.72, 0.78)],
        ["copy 0-5 from packet 0", "encode 5-9 of packets 4-8", "copy 9-14 from packet 9"],
    ),
    "one before which all are decoded": (
        closed(),
        [(0.82, 0.88)],
        ["copy 0-8 from packet 0", "encode 8-9 of packets 4-8", "copy 9-14 from packet 9"],
    ),
    "the beginning": (
        closed(),
        [(0, 0.05)],
        ["encode 0-4 of packets 0-3", "copy 4-14 from packet 4"],
    ),
    "the end": (closed(), [(1.35, 9)], ["copy 0-13 from packet 0", "encode 13-14 of packets 9-13"]),
    "neighbours": (
        closed(),
        [(0.32, 0.38), (0.42, 0.44)],
        ["copy 0-1 from packet 0", "encode 1-9 of packets 0-8", "copy 9-14 from packet 9"],
    ),
    "two": (
        closed(),
        [(0.12, 0.15), (1.32, 1.34)],
        [
            "copy 0-1 from packet 0",
            "encode 1-4 of packets 0-3",
            "copy 4-13 from packet 4",
            "encode 13-14 of packets 9-13",
        ],
    ),
    "all": (closed(), [(0, 9)], ["encode 0-14 of packets 0-13"]),
    "where what leads is shown before the key frame": (
        opened(),
        [(0.12, 0.15)],
        ["copy 0-1 from packet 0", "encode 1-5 of packets 0-5 ended", "copy 5-12 from packet 3"],
    ),
    "what leads": (
        opened(),
        [(0.32, 0.35)],
        ["copy 0-3 from packet 0", "encode 3-5 of packets 0-5 ended", "copy 5-12 from packet 3"],
    ),
    "the key frame": (
        opened(),
        [(0.52, 0.55)],
        ["copy 0-3 from packet 0", "encode 3-9 of packets 0-9 ended", "copy 9-12 from packet 7"],
    ),
    "nowhere to go on": (
        index(CLOSED, CLEAN=[0], KEY=[4, 9]),
        [(0.42, 0.45)],
        ["copy 0-4 from packet 0", "encode 4-14 of packets 0-13"],
    ),
    "no stream at all": (index([]), [(0.1, 0.2)], []),
}


@pytest.mark.parametrize("name", PLANS)
def test_what_is_touched_is_encoded_up_to_where_the_film_can_go_on(name: str) -> None:
    packets, spans, stretches = PLANS[name]

    plan = plan_stretches(packets, [PictureEdit(*span) for span in spans], Cuts())

    assert told(plan) == stretches
    assert sum(plan.copied_packets()) == sum(plan.copied_places())
    assert list(plan.decoded) == list(packets.dts)


def cut(*spans: tuple[int, int | None]) -> Cuts:
    return Cuts.of((begin * BASE, FOR_GOOD if end is None else end * BASE) for begin, end in spans)


CUTS: dict[str, tuple[PacketIndex, Cuts, list[str], list[int]]] = {
    "a whole group": (
        closed(),
        cut((4, 9)),
        ["copy 0-4 from packet 0", "encode 4-9 of packets 4-8", "copy 9-14 from packet 9"],
        [0, 3, 1, 2, 4, 7, 5, 6, 8],
    ),
    "from within a group": (
        closed(),
        cut((2, 4)),
        ["copy 0-1 from packet 0", "encode 1-4 of packets 0-3", "copy 4-14 from packet 4"],
        [0, 1, 2, 5, 3, 4, 6, 7, 10, 8, 9, 11],
    ),
    "to the end": (
        closed(),
        cut((9, None)),
        ["copy 0-9 from packet 0", "encode 9-14 of packets 9-13"],
        [0, 3, 1, 2, 4, 7, 5, 6, 8],
    ),
    "so that the end of a sequence has no packet to be in": (
        opened(),
        cut((2, 5)),
        ["copy 0-1 from packet 0", "encode 1-5 of packets 0-5 ended", "copy 5-12 from packet 3"],
        [0, 1, 2, 3, 6, 4, 5, 7, 8],
    ),
}


@pytest.mark.parametrize("name", CUTS)
def test_what_is_cut_out_is_part_of_an_encoded_stretch(name: str) -> None:
    packets, cuts, stretches, shown = CUTS[name]

    plan = plan_stretches(packets, [], cuts)

    assert told(plan) == stretches
    assert sum(plan.stays) == len(shown) == len(plan.decoded)
    assert list(plan.decoded) == sorted(set(plan.decoded))
    assert all(dts <= pts for dts, pts in zip(plan.decoded, shown, strict=True))


def test_what_is_encoded_is_divided_where_only_the_film_decides() -> None:
    packets = index(list(range(400)), CLEAN=list(range(0, 400, 30)))

    whole = plan_stretches(packets, [PictureEdit(0, 99)], Cuts())
    part = plan_stretches(packets, [PictureEdit(13.05, 25)], Cuts())

    assert [each.begin for each in whole.stretches] == [0, 120, 240, 360]
    assert [each.begin for each in part.stretches] == [0, 130, 240, 270]
    assert part.stretches[2].end == 270


def test_where_nothing_may_be_copied_all_is_encoded_in_stretches() -> None:
    packets = index(OPEN + list(range(12, 300)), KEY=[0, 5, 9, 150, 280])

    plan = plan_stretches(packets, [PictureEdit(0.1, 0.2)], Cuts(), copies=False)

    assert told(plan) == [
        "encode 0-150 of packets 0-149",
        "encode 150-280 of packets 150-279",
        "encode 280-300 of packets 280-299",
    ]
    assert not plan.copies


def test_pictures_that_are_held_back_are_decoded_as_late_as_possible() -> None:
    assert reorder_depth(CLOSED) == 1
    assert reorder_depth([0, 4, 2, 1, 3]) == 2
    assert list(decoding_times([10, 12, 15, 18], 2)) == [6, 8, 10, 12]
    assert list(decoding_times([10], 2)) == [8]
    assert list(decoding_times([], 2)) == []
