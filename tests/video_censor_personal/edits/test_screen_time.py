"""A picture is touched by an edit that has any moment of its time on the screen."""

from __future__ import annotations

from fractions import Fraction

import pytest

from video_censor_personal.edits.screen_time import ScreenTime
from video_censor_personal.edits.values import PictureEdit

TENTH = Fraction(1, 10)
FILM = Fraction(1001, 24000)
"""Seconds from one picture to the next of most films; no number of microseconds."""

EDITS: dict[str, tuple[Fraction, float, float, list[int]]] = {
    "within one": (TENTH, 0.52, 0.58, [5]),
    "over three": (TENTH, 0.55, 0.75, [5, 6, 7]),
    "from where one begins": (TENTH, 0.6, 0.65, [6]),
    "from 1 ms before": (TENTH, 0.599, 0.65, [5, 6]),
    "from 1 ms after": (TENTH, 0.601, 0.65, [6]),
    "to where one begins, as a float that is a little less": (TENTH, 0.65, 0.7, [6, 7]),
    "to where one begins, as a float that is a little more": (TENTH, 0.75, 0.9, [7, 8, 9]),
    "to where one begins, as a sum of floats": (TENTH, 0.65, 0.1 + 0.6, [6, 7]),
    "to 1 ms before": (TENTH, 0.65, 0.699, [6]),
    "to 1 ms after": (TENTH, 0.65, 0.701, [6, 7]),
    "without length": (TENTH, 0.65, 0.65, [6]),
    "without length, where one begins": (TENTH, 0.7, 0.7, [7]),
    "between microseconds, rounded down": (FILM, 0.041708, 0.083416, [1, 2]),
    "between microseconds, rounded up": (FILM, 0.083417, 0.125125, [2, 3]),
    "between microseconds, as a float": (FILM, 16 * 1001 / 24000, 17 * 1001 / 24000, [16, 17]),
    "between microseconds, without length": (FILM, 0.083417, 0.083417, [2]),
    "the last one, which stays": (TENTH, 50.0, 60.0, [19]),
}


@pytest.mark.parametrize("name", EDITS)
def test_the_pictures_of_an_edit(name: str) -> None:
    step, start, end, expected = EDITS[name]
    pictures = [ScreenTime(n * step, (n + 1) * step if n < 19 else None) for n in range(20)]

    touched = [n for n, each in enumerate(pictures) if each.is_touched(PictureEdit(start, end))]

    assert touched == expected


CLOCKS: dict[str, tuple[ScreenTime, ScreenTime, ScreenTime]] = {
    "later": (
        ScreenTime(Fraction(4, 10), Fraction(5, 10)),
        ScreenTime(Fraction(41, 100), Fraction(51, 100)),
        ScreenTime(Fraction(4, 10), Fraction(51, 100)),
    ),
    "for good": (
        ScreenTime(Fraction(4, 10), Fraction(5, 10)),
        ScreenTime(Fraction(39, 100), None),
        ScreenTime(Fraction(39, 100), None),
    ),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_by_two_clocks_a_picture_is_there_when_it_is_by_either(name: str) -> None:
    one, other, both = CLOCKS[name]

    assert one.joined(other) == other.joined(one) == both
