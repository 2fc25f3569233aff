"""A cut is stronger than all that is hidden otherwise."""

from __future__ import annotations

from fractions import Fraction

import pytest

from video_censor_personal.edits.after_cuts import (
    cut_problems,
    kept_times,
    outside,
    pictures_in_copy,
    sounds_in_copy,
)
from video_censor_personal.edits.cuts import FOR_GOOD, Cuts
from video_censor_personal.edits.values import BoxAt, Cut, PictureEdit, SoundEdit
from video_censor_personal.findings.observations import Box

CUTS = Cuts.of([(Fraction(2), Fraction(4)), (Fraction(7), Fraction(8))])
BESIDE = 0.003
"""Seconds beside a join that belong to both sides."""


def sound(start: float, end: float) -> SoundEdit:
    return SoundEdit(start, end, "silence")


PLANNED: dict[str, tuple[SoundEdit | PictureEdit, bool]] = {
    "within a cut": (sound(2.1, 3.9), False),
    "just the cut": (sound(2, 4), False),
    "a little longer": (sound(2, 4.1), True),
    "from before": (sound(1.9, 3), True),
    "around": (sound(1, 5), True),
    "elsewhere": (sound(5, 6), True),
    "without length, within": (PictureEdit(3, 3), False),
    "without length, elsewhere": (PictureEdit(5, 5), True),
}


@pytest.mark.parametrize("name", PLANNED)
def test_what_is_within_a_cut_is_not_done(name: str) -> None:
    edit, is_done = PLANNED[name]
    assert outside([edit], [Cut(2, 4), Cut(7, 8)]) == ((edit,) if is_done else ())


MOVED: dict[str, tuple[tuple[float, float], list[tuple[float, float]]]] = {
    "before": ((0.5, 1), [(0.5, 1)]),
    "behind": ((5, 6), [(3, 4)]),
    "behind both": ((9, 10), [(6, 7)]),
    "into a cut": ((1, 3), [(1, 2 - BESIDE)]),
    "out of a cut": ((3, 5), [(2 + BESIDE, 3)]),
    "around a cut": ((1, 5), [(1, 2 - BESIDE), (2 + BESIDE, 3)]),
    "within a cut": ((2.5, 3.5), []),
    "hardly more than a cut": ((2, 4.002), []),
}


@pytest.mark.parametrize("name", MOVED)
def test_the_rest_of_what_hides_a_picture_is_moved(name: str) -> None:
    (start, end), expected = MOVED[name]
    found = [
        side for each in pictures_in_copy([PictureEdit(start, end)], CUTS) for side in (each.start, each.end)
    ]
    assert found == pytest.approx([side for pair in expected for side in pair])


HEARD: dict[str, tuple[tuple[float, float], list[float]]] = {
    "before": ((0.5, 1), [0.5, 1]),
    "behind": ((5, 6), [3, 4]),
    "into a cut": ((1, 3), [1, 2]),
    "out of a cut": ((3, 5), [2, 3]),
    "around a cut": ((1, 5), [1, 3]),
    "within a cut": ((2.5, 3.5), []),
}


@pytest.mark.parametrize("name", HEARD)
def test_the_rest_of_what_hides_a_sound_is_moved(name: str) -> None:
    (start, end), expected = HEARD[name]
    found = [side for each in sounds_in_copy([sound(start, end)], CUTS) for side in (each.start, each.end)]
    assert found == pytest.approx(expected)


def test_the_path_of_boxes_moves_with_each_part() -> None:
    path = tuple(BoxAt(moment, Box(0.1 * moment, 0.1, 0.2, 0.2)) for moment in (1.0, 5.0))
    before, behind = pictures_in_copy([PictureEdit(1, 5, "blur", path=path)], CUTS)
    assert [each.moment for each in before.path] == [1.0, 5.0]
    assert [each.moment for each in behind.path] == [-1.0, 3.0]


def test_pictures_that_stay_have_their_times() -> None:
    times = [number / 30 for number in range(300)]
    cuts = Cuts.of([(Fraction(1), Fraction(61, 30)), (Fraction(9), FOR_GOOD)])
    found = kept_times(times, cuts)
    assert list(found) == pytest.approx([number / 30 for number in range(270 - 31)], abs=1e-5)


def test_a_picture_that_outlasts_a_cut_appears_where_the_copy_goes_on() -> None:
    assert list(kept_times([0.0, 3.0, 6.0], CUTS)) == pytest.approx([0.0, 2.0, 4.0])


def test_a_cut_that_was_not_made_is_a_problem() -> None:
    assert list(cut_problems([Cut(2, 4), Cut(7.2, 99)], CUTS, 8.0)) == []
    assert len(list(cut_problems([Cut(2, 4.1), Cut(5, 6)], CUTS, 8.0))) == 2
