"""Whether a text fits what was heard: late, made for another speed, or of another film."""

from __future__ import annotations

import random

import pytest

from video_censor_personal.transcription.agreement import Timed, agreement, spread

SYLLABLES = [first + last for first in "bdfgklmnprstvw" for last in ("a", "e", "i", "o", "u", "an", "er")]
COMMON = ("that", "this", "what", "have", "with", "your", "know", "just", "like", "will")


def talk(seed: int, seconds: float) -> list[Timed]:
    """What is said in a film: every film has its own words, and some that all of them have."""
    rnd = random.Random(seed)
    own = ["".join(rnd.choices(SYLLABLES, k=3)) for _ in range(300)]
    said, time = [], 2.0
    while time < seconds:
        said.append(Timed(rnd.choice(COMMON if rnd.random() < 0.3 else own), time))
        time += rnd.choice((0.3, 0.4, 0.5, 0.5, 3.0))
    return said


def as_heard(said: list[Timed], missed: float, seed: int = 5) -> list[Timed]:
    """What a recogniser makes of it: some words are lost, some are others, all are about where they are."""
    rnd = random.Random(seed)
    heard = []
    for word in said:
        if rnd.random() >= missed:
            text = word.text if rnd.random() > 0.15 else "".join(rnd.choices(SYLLABLES, k=2))
            heard.append(Timed(text, word.time + rnd.gauss(0, 0.15)))
    return sorted(heard, key=lambda each: each.time)


def moved(said: list[Timed], scale: float, shift: float) -> list[Timed]:
    return [Timed(word.text, word.time * scale + shift) for word in said]


TIMES = [
    (1.0, 0.0),
    (1.0, 3.0),
    (1.0, -10.0),
    (1.0, 45.0),
    (25 / 23.976, 0.0),
    (23.976 / 25, 4.0),
    (24 / 25, -6.0),
    (25 / 24, 0.0),
    (1.001, 10.0),
    (1 / 1.001, 0.0),
]


@pytest.mark.parametrize("missed", [0.1, 0.6])
@pytest.mark.parametrize(("scale", "shift"), TIMES)
@pytest.mark.parametrize("seconds", [120, 3600])
def test_a_text_is_brought_to_where_it_is_said(
    seconds: float, scale: float, shift: float, missed: float
) -> None:
    said = talk(1, seconds)
    fit = agreement(moved(said, scale, shift), as_heard(said, missed))
    assert fit.is_known
    assert fit.is_trusted
    errors = [abs(fit.at(word.time * scale + shift) - word.time) for word in said]
    assert max(errors) < 0.5
    assert fit.is_off == (abs(shift) > 0 or abs(scale - 1) * seconds > 1)


@pytest.mark.parametrize("other", range(2, 8))
@pytest.mark.parametrize("seconds", [40, 120, 3600])
def test_a_text_of_another_film_is_not_trusted(seconds: float, other: int) -> None:
    fit = agreement(talk(other, seconds), as_heard(talk(1, seconds), 0.1))
    assert fit.is_known
    assert not fit.is_trusted


def test_too_little_to_compare_says_nothing() -> None:
    written = [Timed(word, at) for at, word in enumerate(("where", "the", "hell", "are", "those", "keys"))]
    fit = agreement(written, [Timed("somewhere", 1.0), Timed("else", 2.0)])
    assert not fit.is_known
    assert fit.is_trusted


@pytest.mark.parametrize(
    ("written", "heard"), [([], []), ([Timed("word", 1.0)], []), ([], [Timed("word", 1.0)])]
)
def test_nothing_is_no_reason_for_distrust(written: list[Timed], heard: list[Timed]) -> None:
    fit = agreement(written, heard)
    assert (fit.shared, fit.compared, fit.is_trusted, fit.is_off) == (0, 0, True, False)


def test_where_little_was_heard_what_was_heard_decides() -> None:
    said = talk(1, 1200)
    assert agreement(said, as_heard(said, 0.95)).is_trusted
    assert not agreement(said, as_heard(talk(2, 1200), 0.95)).is_trusted


def test_words_are_spread_over_the_line() -> None:
    words = spread(10.0, 14.0, "You, don't  GO")
    assert [word.text for word in words] == ["you", "don't", "go"]
    assert 10 < words[0].time < words[1].time < words[2].time < 14
