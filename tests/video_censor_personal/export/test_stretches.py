from __future__ import annotations

import pytest

from tests.video_censor_personal.export.exported import film, seen, spoken
from video_censor_personal.export.stretches import Stretch, covered, joined, masked, muted, without


def spans(stretches: tuple[Stretch, ...]) -> list[tuple[int, int]]:
    return [(each.start, each.end) for each in stretches]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (1.0, 2.0, [(1000, 2000)]),
        (1.0006, 2.0004, [(1000, 2001)]),  # outwards
        (1.001, 2.007, [(1001, 2007)]),  # a float beside a decimal is that decimal
        (-0.1, 2.0, [(0, 2000)]),
        (99.5, 101.0, [(99500, 100000)]),
        (100.0, 101.0, []),
        (-2.0, -1.0, []),
        (5.0, 5.0, [(4950, 5050)]),  # the picture that is shown at a moment
        (5.0, 5.001, [(4950, 5051)]),
        (0.0, 0.0, [(0, 50)]),
        (100.0, 100.0, [(99950, 100000)]),
    ],
)
def test_a_stretch_is_whole_milliseconds_outwards_within_the_film(
    start: float, end: float, expected: list[tuple[int, int]]
) -> None:
    assert spans(covered(film(seen(start, end)))) == expected


def test_no_stretch_is_past_the_end_that_a_film_really_has() -> None:
    assert spans(covered(film(seen(9.0, 11.0), duration=10.0009))) == [(9000, 10000)]


def test_a_length_beside_a_decimal_is_that_decimal() -> None:
    assert spans(covered(film(seen(0.5, 2.0), duration=1.001))) == [(500, 1001)]


def test_where_the_length_is_not_known_nothing_is_left_out() -> None:
    assert spans(covered(film(seen(9.0, 11.0), duration=0.0))) == [(9000, 11000)]


def test_an_allowed_segment_hides_nothing() -> None:
    source = film(spoken(1.0, 2.0, allow=True), seen(1.0, 2.0, allow=True))
    assert (muted(source), covered(source)) == ((), ())


def test_stretches_within_reach_are_one_and_know_all_their_segments() -> None:
    first, second, third = seen(1.0, 2.0), seen(2.0, 3.0, "Violence"), seen(3.002, 4.0)
    source = film(third, first, second)
    assert spans(covered(source)) == [(1000, 3000), (3002, 4000)]
    (one,) = covered(source, reach=2)
    assert one == Stretch(1000, 4000, (first.segment, second.segment, third.segment))


def test_an_inner_stretch_does_not_shorten_the_outer_one() -> None:
    assert spans(joined([Stretch(0, 10), Stretch(2, 3), None])) == [(0, 10)]


@pytest.mark.parametrize(
    ("taken", "gap", "left"),
    [
        ([], 0, [(10, 20)]),
        ([(12, 15)], 0, [(10, 12), (15, 20)]),
        ([(12, 15)], 2, [(17, 20)]),
        ([(5, 12), (18, 30)], 1, [(13, 17)]),
        ([(0, 30)], 0, []),
        ([(20, 30)], 2, [(10, 18)]),
        ([(30, 40)], 2, [(10, 20)]),
    ],
)
def test_what_is_taken_is_left_out_with_a_gap(
    taken: list[tuple[int, int]], gap: int, left: list[tuple[int, int]]
) -> None:
    assert spans(without([Stretch(10, 20)], [Stretch(*each) for each in taken], gap)) == left


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hell", "h***"),
        ("God damn", "G** d***"),
        ("'hell'!", "'h*****"),
        ("f", "f"),
        ("...", ".**"),
        ("", ""),
        ("ç\u0327a", "ç**"),  # combining marks too
        ("हिन्दी", "ह*****"),
    ],
)
def test_of_a_masked_word_only_the_first_letter_can_be_read(text: str, expected: str) -> None:
    assert masked(text) == expected
