"""Stretches of PCM are taken out to the sample, and what is left is joined without a click."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from video_censor_personal.edits.cuts import FOR_GOOD, Cuts
from video_censor_personal.media.continuous import Block
from video_censor_personal.sound.splice import Splicer

RATE = 8000
HALF = 20
"""Samples of 2.5 ms."""


def spliced(
    sound: NDArray[Any], spans: Iterable[tuple[Fraction, Fraction]], *, first: int = 0, size: int = 1000
) -> tuple[int, NDArray[Any]]:
    """Return the number of the first sample of the copy, and all of them; the blocks must be without gaps."""
    splicer = Splicer(Cuts.of(spans), RATE)
    found: list[Block] = []
    for at in range(0, sound.shape[1], size):
        found += splicer.push(Block(first + at, sound[:, at : at + size]))
    found += splicer.flush()
    if not found:
        return 0, sound[:, :0]
    for one, other in pairwise(found):
        assert other.position == one.position + one.data.shape[1]
    return found[0].position, np.concatenate([block.data for block in found], axis=1)


def counting(seconds: float) -> NDArray[np.float32]:
    """Return a sound in which each sample tells its own number."""
    return np.arange(round(seconds * RATE), dtype=np.float32).reshape(1, -1)


def span(start: float, end: float) -> tuple[Fraction, Fraction]:
    return Fraction(start).limit_denominator(10**6), Fraction(end).limit_denominator(10**6)


@pytest.mark.parametrize("size", [1, 7, 39, 1000, 10**6])
def test_what_is_cut_out_is_missing_to_the_sample_whatever_the_blocks(size: int) -> None:
    first, sound = spliced(counting(3), [span(1, 1.5), span(2, 2.25)], size=size)
    expected = np.concatenate([np.arange(0, 8000), np.arange(12000, 16000), np.arange(18000, 24000)])
    assert first == 0
    assert sound.shape[1] == expected.size
    away = np.ones(expected.size, bool)
    for join in (8000, 12000):
        away[join - HALF : join + HALF] = False
    assert np.array_equal(sound[0][away], expected[away])


def test_nothing_of_the_cut_is_heard_beyond_half_of_the_fade() -> None:
    """What is cut out is as loud as can be, the rest is silent."""
    sound = np.zeros((2, 3 * RATE), np.float32)
    sound[:, RATE : 2 * RATE] = 1.0
    _, left = spliced(sound, [span(1, 2)])
    heard = np.flatnonzero(left[0])
    assert heard.min() >= RATE - HALF
    assert heard.max() < RATE + HALF
    assert left.max() <= 0.5
    assert np.all(np.diff(left[0][RATE : RATE + HALF]) <= 0)  # it fades


def test_what_meets_is_mixed_and_keeps_its_level() -> None:
    sound = np.ones((1, 3 * RATE), np.float32)
    _, left = spliced(sound, [span(1, 2)])
    assert np.allclose(left, 1.0)


BORDERS = {
    "from the beginning on": ([span(0, 1)], 0, 2.0, (0, False)),
    "to the end": ([(Fraction(2), FOR_GOOD)], 0, 2.0, (-1, False)),
    "to the end, as long as the film is": ([span(2, 3)], 0, 2.0, (-1, False)),
}


@pytest.mark.parametrize("name", BORDERS)
def test_a_copy_that_begins_or_ends_with_a_cut_fades(name: str) -> None:
    spans_, first, seconds, (edge, _) = BORDERS[name]
    sound = np.ones((1, 3 * RATE), np.float32)
    begin, left = spliced(sound, spans_)
    assert begin == first
    assert left.shape[1] == seconds * RATE
    assert left[0][edge] < 0.1
    assert left[0][-edge - 1] == 1.0


def test_a_run_in_goes_with_a_cut_of_the_beginning() -> None:
    begin, left = spliced(counting(2), [span(0, 1)], first=-100)
    assert begin == 0
    assert left.shape[1] == RATE - 100


LATE = {
    "within the cut": (1.5, 1.0, 2.0, True),
    "where the copy goes on": (2.0, 1.0, 1.0, False),
    "a little behind": (2.001, 1.001, 0.999, False),
    "long after": (2.5, 1.5, 0.5, False),
}


@pytest.mark.parametrize("name", LATE)
def test_a_sound_that_begins_late_is_where_it_should_be(name: str) -> None:
    start, place, _, fades = LATE[name]
    sound = np.ones((1, round((3 - start) * RATE)), np.float32)
    begin, left = spliced(sound, [span(1, 2)], first=round(start * RATE))
    assert begin == round(place * RATE)
    assert begin + left.shape[1] == 2 * RATE
    assert bool(left[0][0] < 0.1) is fades


def test_a_sound_that_ends_within_a_cut_ends_where_that_begins() -> None:
    _, left = spliced(np.ones((1, round(1.5 * RATE)), np.float32), [span(1, 2)])
    assert left.shape[1] == RATE
    assert left[0][-1] < 0.1


def test_a_sound_that_ends_before_a_cut_is_left_as_it_is() -> None:
    sound = counting(0.5)
    _, left = spliced(sound, [span(1, 2)])
    assert np.array_equal(left, sound)


def test_a_thousand_cuts_do_not_add_up_to_a_shift() -> None:
    """Borders that are no samples: each is rounded, all together are not."""
    third = Fraction(1, 30)
    cuts = [(number * 3 * third + third, number * 3 * third + 2 * third) for number in range(1000)]
    sound = counting(100.5)
    _, left = spliced(sound, cuts)
    assert abs(left.shape[1] - RATE * (Fraction(201, 2) - 1000 * third)) <= 1
    assert left[0][-1] == sound[0][-1]
    assert left[0][-2000] == sound[0][-2000]


def test_cuts_closer_than_the_fade_are_joined_with_less() -> None:
    cuts = [span(1, 1.5), span(1.501, 1.6), span(1.6001, 1.7)]
    _, left = spliced(counting(2), cuts)
    assert left.shape[1] == 2 * RATE - round(RATE * 0.6989)
    assert left[0][-1] == 2 * RATE - 1


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_every_type_of_samples_keeps_its_silence(kind: type[np.generic]) -> None:
    quiet = 128 if kind == np.uint8 else 0
    sound = np.full((2, 2 * RATE), quiet, kind)
    _, left = spliced(sound, [span(0, 0.5), span(1, 1.5)])
    assert left.dtype == kind
    assert np.all(left == quiet)
