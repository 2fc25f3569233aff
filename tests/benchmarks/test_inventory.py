"""What the benchmark says of a film and its copy, stream by stream."""

from __future__ import annotations

from dataclasses import replace

import pytest
from inventory import Held, Inventory, changes, paired, text_of

ENGLISH = Held(1, "audio", "aac", "48000 Hz stereo", "eng", "Main", packets=3, digest="a", each=(1, 2, 3))
SPANISH = replace(ENGLISH, index=2, language="spa", title="Doblaje", digest="b")
WORDS = Held(
    3, "subtitle", "srt", "", "eng", packets=1, digest="c", each=(7,), says=((1.0, 2.0, "the damn keys"),)
)


@pytest.mark.parametrize(
    ("after", "pairs"),
    [
        ((ENGLISH, SPANISH), [(1, 1), (2, 2)]),
        ((SPANISH, ENGLISH), [(1, 1), (2, 2)]),
        ((replace(ENGLISH, index=5, digest="x"), ENGLISH, SPANISH), [(1, 1), (2, 2), (None, 5)]),
        ((SPANISH,), [(1, None), (2, 2)]),
    ],
)
def test_each_stream_is_held_against_the_one_it_became(
    after: tuple[Held, ...], pairs: list[tuple[int | None, int | None]]
) -> None:
    found = [(was and was.index, now and now.index) for was, now in paired((ENGLISH, SPANISH), after)]
    assert found == pairs


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (ENGLISH, "bit for bit, 3 packets"),
        (replace(ENGLISH, digest="x", each=(1, 9, 3)), "3 packets, now 3, of which 2 as they were"),
        (
            replace(ENGLISH, digest="x", packets=2, each=(8, 9), end=-0.04, flags=("default",)),
            "3 packets, now 2, of which 0 as they were; ends -40 ms; flags differs",
        ),
    ],
)
def test_what_differs_is_said(now: Held, says: str) -> None:
    before, after = (Inventory((held,), (), ()) for held in (ENGLISH, now))
    assert changes(before, after)[0][2] == says


def test_a_cue_that_says_something_else_is_shown() -> None:
    masked = replace(WORDS, digest="x", each=(8,), says=((1.0, 2.0, "the **** keys"),))
    row = changes(Inventory((WORDS,), (), ()), Inventory((masked,), (), ()))[0]
    assert "cue 'the **** keys' at 1-2 s" in row[2]


def test_tags_that_are_new_or_gone_are_named() -> None:
    before = Inventory((), (), (("title", "A"), ("date", "2026")))
    after = Inventory((), (), (("title", "B"), ("date", "2026")))
    tags = next(row for row in changes(before, after) if row[0].startswith("tags"))
    assert tags[2] == "gone: title=A; new: title=B"


@pytest.mark.parametrize(
    ("codec", "content", "text"),
    [
        ("srt", b"a, b", "a, b"),
        ("ssa", b"0,0,Default,,0,0,0,,{\\i1}a, b", "{\\i1}a, b"),
        ("mov_text", b"\0\4a, bstyl", "a, b"),
    ],
)
def test_a_cue_is_read_without_what_its_codec_puts_around(codec: str, content: bytes, text: str) -> None:
    assert text_of(codec, content) == text
