from __future__ import annotations

import struct

import pytest

from video_censor_personal.captions.markup import Replacement
from video_censor_personal.captions.timed_text import moved_boxes

LONGER = (Replacement(4, 5, "[***]"), Replacement(5, 6), Replacement(6, 7), Replacement(7, 8))
"""Of "the fuck off", the second word."""
LOOK = b"\0\1\1\x12\xff\xff\xff\xff"


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def styles(*spans: tuple[int, int]) -> bytes:
    entries = b"".join(struct.pack(">HH", *span) + LOOK for span in spans)
    return box(b"styl", struct.pack(">H", len(spans)) + entries)


BOXES = {
    "before": (styles((0, 3)), styles((0, 3))),
    "the word": (styles((4, 8)), styles((4, 9))),
    "behind": (styles((9, 12)), styles((10, 13))),
    "around": (styles((0, 12)), styles((0, 13))),
    "up to a letter of it": (styles((0, 5)), styles((0, 9))),
    "from a letter of it on": (styles((6, 12)), styles((9, 13))),
    "a letter of it alone, which is gone": (styles((0, 3), (5, 6), (9, 12)), styles((0, 3), (10, 13))),
    "an empty one was there before": (styles((12, 12)), styles((13, 13))),
    "lit": (box(b"hlit", struct.pack(">HH", 4, 8)), box(b"hlit", struct.pack(">HH", 4, 9))),
    "blinking": (box(b"blnk", struct.pack(">HH", 9, 12)), box(b"blnk", struct.pack(">HH", 10, 13))),
    "a link": (
        box(b"href", struct.pack(">HH", 9, 12) + b"\1u\0"),
        box(b"href", struct.pack(">HH", 10, 13) + b"\1u\0"),
    ),
    "karaoke": (
        box(b"krok", struct.pack(">IHIHHIHH", 7, 2, 10, 0, 4, 20, 4, 12)),
        box(b"krok", struct.pack(">IHIHHIHH", 7, 2, 10, 0, 4, 20, 4, 13)),
    ),
    "a colour, which counts nothing": (box(b"hclr", b"\1\2\3\4"), box(b"hclr", b"\1\2\3\4")),
    "several": (box(b"hclr", b"abcd") + styles((9, 12)), box(b"hclr", b"abcd") + styles((10, 13))),
    "what is none stays": (b"\0\0\0\x02xx", b"\0\0\0\x02xx"),
    "a cut one goes": (box(b"hlit", b"\0"), b""),
}


@pytest.mark.parametrize("name", BOXES)
def test_boxes_count_the_characters_that_are_there(name: str) -> None:
    before, after = BOXES[name]
    assert moved_boxes(before, LONGER) == after


def test_a_byte_order_mark_is_not_counted() -> None:
    moved = tuple(Replacement(each.start + 1, each.end + 1, each.text) for each in LONGER)
    assert moved_boxes(styles((9, 12)), moved, 1) == styles((10, 13))
