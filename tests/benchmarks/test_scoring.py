"""What the benchmark of quality counts as heard, covered, collateral and hit."""

from __future__ import annotations

import pytest
from scoring import Score, Span, heard_in, meets, score, silenced

STEP = 0.01
SWEAR: Span = (1.0, 1.4)


def levels(length: float, *gone: Span) -> list[tuple[float, float]]:
    """Return those of a film with steady sound, and of a copy with some of it gone."""
    times = [(place + 0.5) * STEP for place in range(round(length / STEP))]
    return [(0.1, 0.0 if any(start < time < end for start, end in gone) else 0.1) for time in times]


def judged(*gone: Span, found: Span | None = SWEAR) -> Score:
    """Score a film of 3 s: a word, a swear, a word, a trap."""
    heard = levels(3.0, *gone)
    return score(
        [(SWEAR, "hell", "what the hell")],
        [((2.0, 2.4), "hull", "the hull")],
        [(0.5, 1.0), (1.5, 1.9)],
        [] if found is None else [(found, "hell")],
        silenced(heard, STEP),
        heard_in(heard, STEP),
    )


@pytest.mark.parametrize(
    ("gone", "covered", "collateral"),
    [
        ((1.0, 1.4), True, 0.0),
        ((1.01, 1.4), True, 0.0),
        ((1.0, 1.37), False, 0.0),
        ((0.8, 1.45), True, 0.2),
        ((0.5, 1.9), True, 0.9),
        ((2.5, 2.9), False, 0.0),
    ],
)
def test_a_word_is_covered_when_nothing_of_it_is_left(gone: Span, covered: bool, collateral: float) -> None:
    (word,) = judged(gone).words
    assert (word.covered, round(word.collateral, 2)) == (covered, collateral)


@pytest.mark.parametrize(
    ("found", "heard", "traps", "others"),
    [
        (SWEAR, 1, 0, 0),
        ((0.9, 1.25), 1, 0, 0),
        ((0.5, 1.1), 0, 0, 1),
        ((2.1, 2.3), 0, 1, 0),
        (None, 0, 0, 0),
    ],
)
def test_each_mark_is_of_a_swear_of_a_trap_or_of_nothing(
    found: Span | None, heard: int, traps: int, others: int
) -> None:
    result = judged(found=found)
    assert (len(result.heard), len(result.trap_hits), len(result.other_hits)) == (heard, traps, others)


def test_what_goes_with_two_swears_counts_half_for_each() -> None:
    heard = levels(3.0, (1.0, 2.0))
    words = score(
        [((1.0, 1.4), "hell", ""), ((1.6, 2.0), "damn", "")],
        [],
        [(1.4, 1.6)],
        [],
        silenced(heard, STEP),
        heard_in(heard, STEP),
    ).words
    assert [round(word.collateral, 2) for word in words] == [0.1, 0.1]


def test_what_was_silent_before_was_not_silenced() -> None:
    pause = [(0.0, 0.0)] * 10
    heard = [*pause, (0.1, 0.0), *pause, (0.1, 0.0), *pause, (0.1, 0.1), *pause]
    assert [tuple(round(edge, 2) for edge in span) for span in silenced(heard, STEP)] == [(0.1, 0.22)]


def test_a_mark_is_of_a_word_when_one_holds_the_middle_of_the_other() -> None:
    assert meets((0.0, 4.0), (3.0, 3.4))
    assert meets((3.1, 3.3), (0.0, 6.2))
    assert not meets((0.0, 3.1), (3.0, 3.4))


def test_scores_add_up() -> None:
    both = judged(SWEAR) + judged(found=None)
    assert (len(both.words), len(both.heard), both.traps) == (2, 1, 2)
