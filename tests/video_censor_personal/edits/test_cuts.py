"""Film time and copy time: what is taken, what stays, and where."""

from __future__ import annotations

from fractions import Fraction

import pytest

from video_censor_personal.edits.cuts import FOR_GOOD, NO_CUTS, Cuts


def spans(*pairs: tuple[float, float]) -> list[tuple[Fraction, Fraction]]:
    return [(Fraction(start), Fraction(end)) for start, end in pairs]


CUTS = Cuts.of([*spans((2, 4), (7, 8)), (Fraction(20), FOR_GOOD)])

MOMENTS = {
    "before all": (1, False, 1),
    "the first that is taken": (2, True, 2),
    "within": (3, True, 2),
    "the first that stays": (4, False, 2),
    "between": (6, False, 4),
    "within the second": (7.5, True, 5),
    "behind the second": (10, False, 7),
    "the last that stays": (19.75, False, 16.75),
    "behind the end": (30, True, 17),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_a_moment_is_taken_or_moved(name: str) -> None:
    moment, is_taken, moved = MOMENTS[name]
    assert CUTS.takes(Fraction(moment)) is is_taken
    assert CUTS.moved(Fraction(moment)) == moved


@pytest.mark.parametrize("name", [name for name, (_, is_taken, _) in MOMENTS.items() if not is_taken])
def test_what_stays_is_found_again_in_the_film(name: str) -> None:
    moment, _, moved = MOMENTS[name]
    assert CUTS.film_moment(Fraction(moved)) == moment


KEPT = {
    "all before": (0, 2, True),
    "all within": (2, 4, False),
    "a little more at the end": (3, 4.5, True),
    "a little more at the beginning": (1.5, 3, True),
    "across": (1, 5, True),
    "no length, within": (3, 3, False),
    "no length, outside": (4, 4, True),
    "for good, from within": (3, None, True),
    "for good, from within the last": (21, None, False),
}


@pytest.mark.parametrize("name", KEPT)
def test_something_is_kept_or_not(name: str) -> None:
    begin, until, kept = KEPT[name]
    assert CUTS.keeps(Fraction(begin), None if until is None else Fraction(until)) is kept


JOINED = {
    "none": ([], []),
    "apart": ([(1, 2), (3, 4)], [(1, 2), (3, 4)]),
    "touching": ([(1, 2), (2, 4)], [(1, 4)]),
    "overlapping, in no order": ([(3, 5), (1, 4)], [(1, 5)]),
    "one in another": ([(1, 9), (2, 3)], [(1, 9)]),
    "without length": ([(1, 1), (2, 3)], [(2, 3)]),
    "the wrong way round": ([(3, 1)], []),
}


@pytest.mark.parametrize("name", JOINED)
def test_spans_are_joined(name: str) -> None:
    given, expected = JOINED[name]
    assert list(Cuts.of(spans(*given)).spans) == spans(*expected)


STRETCHES = {
    "outside": ((4, 6), [(4, 6)]),
    "across one": ((1, 5), [(1, 2), (4, 5)]),
    "across all": ((1, 30), [(1, 2), (4, 7), (8, 20)]),
    "within one": ((2.5, 3), []),
    "from within": ((3, 5), [(4, 5)]),
    "into one": ((5, 7.5), [(5, 7)]),
    "up to one": ((5, 7), [(5, 7)]),
    "from the end of one": ((4, 5), [(4, 5)]),
}


@pytest.mark.parametrize("name", STRETCHES)
def test_what_stays_of_a_stretch(name: str) -> None:
    (begin, end), expected = STRETCHES[name]
    assert CUTS.stretches(Fraction(begin), Fraction(end)) == spans(*expected)


def test_without_cuts_nothing_moves() -> None:
    assert NO_CUTS.moved(Fraction(5)) == NO_CUTS.film_moment(Fraction(5)) == 5
    assert NO_CUTS.keeps(Fraction(5), None)
    assert NO_CUTS.stretches(Fraction(1), Fraction(2)) == spans((1, 2))


def test_many_cuts_add_up_without_error() -> None:
    third = Fraction(1, 3)
    cuts = Cuts.of((number + third, number + 2 * third) for number in range(1000))
    assert cuts.moved(Fraction(1000)) == 1000 - 1000 * third
