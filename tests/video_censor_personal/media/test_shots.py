from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from video_censor_personal.media.shots import REACH, Picture, difference, mark_cuts, signature

Level = Callable[[int], float]
RATES = (10, 24, 25, 30, 60)


def pictures(levels: Sequence[float], rate: float = 25.0, noise: float = 0.4) -> list[Picture]:
    """Pictures whose signatures have these levels, each part with noise of its own."""
    random = np.random.default_rng(3)
    shape = (3, 9, 16)
    return [
        Picture(
            number / rate,
            (number + 1) / rate,
            None,
            (level + random.normal(0, noise, shape)).astype(np.float32),
        )
        for number, level in enumerate(levels)
    ]


def cuts(shown: Sequence[Picture]) -> list[int]:
    return [number for number, each in enumerate(mark_cuts(shown)) if each.is_cut]


def shots(*lengths: int) -> list[float]:
    """Levels of shots of so many pictures; neighbours differ."""
    return [40.0 + 60 * (number % 2) for number, length in enumerate(lengths) for _ in range(length)]


LENGTHS = {
    "two shots": (30, 30),
    "a flash of one picture": (30, 1, 30),
    "a flash of three": (30, 3, 30),
    "quick shots": (20, 3, 3, 3, 3, 3, 3, 20),
    "at the very beginning": (1, 30),
    "at the very end": (30, 1),
    "odd ones": (13, 4, 7, 40, 5, 9),
}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS)
def test_a_shot_begins_where_it_begins(lengths: tuple[int, ...], rate: int) -> None:
    expected = [sum(lengths[:number]) for number in range(1, len(lengths))]
    assert cuts(pictures(shots(*lengths), rate)) == expected


CONTINUOUS: dict[str, Level] = {
    "still": lambda n: 90,
    "a slow pan": lambda n: 20 + 2 * n,
    "a fast pan": lambda n: 20 + 12 * n,
    "a fade out and in": lambda n: abs(60 - n) * 3,
    "flicker of each picture": lambda n: 90 + 25 * (n % 2),
    "film that breathes": lambda n: 90 + 20 * np.sin(n / 2),
    "motion at half the rate": lambda n: 20 + 8 * (n // 2),
    "motion in a pulldown of three and two": lambda n: 20 + 6 * (2 * n // 5),
}


@pytest.mark.parametrize("rate", [24, 25, 30, 60])
@pytest.mark.parametrize("level", CONTINUOUS.values(), ids=CONTINUOUS)
def test_what_changes_steadily_is_one_shot(level: Level, rate: int) -> None:
    found = cuts(pictures([level(number) for number in range(120)], rate))
    # The first and last few have neighbours on one side only, which may be too few to tell.
    assert [number for number in found if 5 < number < 115] == []


@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0])
def test_noise_is_no_cut_and_hides_none(noise: float) -> None:
    levels = [60.0] * 40 + [130.0] * 40
    assert cuts(pictures(levels, noise=noise)) == [40]


def test_a_cut_in_motion_stands_out() -> None:
    levels = [20 + 5 * number + (80 if number >= 30 else 0) for number in range(60)]
    assert cuts(pictures([float(level) for level in levels])) == [30]


def test_pictures_held_long_are_each_a_shot_of_their_own() -> None:
    assert cuts(pictures([20, 90, 150, 150, 30, 90], rate=2)) == [1, 2, 4, 5]


def test_it_does_not_matter_where_one_begins() -> None:
    random = np.random.default_rng(8)
    levels = [float(each) for each in random.integers(0, 6, 400) * 12]
    whole = cuts(pictures(levels))
    reach = round(REACH * 25) + 1
    for begin in (40, 41, 42, 130, 388):
        later = [begin + number for number in cuts(pictures(levels)[begin:])]
        known = begin + reach
        assert [each for each in later if each >= known] == [each for each in whole if each >= known]


def test_each_is_given_once_in_order_soon_after_it_came() -> None:
    came = 0

    def coming() -> list[Picture]:
        return pictures([50.0] * 100)

    def counted() -> Iterator[Picture]:
        nonlocal came
        for picture in coming():
            came += 1
            yield picture

    given = []
    for picture in mark_cuts(counted()):
        given.append(picture.time)
        assert came - len(given) <= 5
    assert all(a < b for a, b in pairwise(given))
    assert len(given) == 100


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 9), (9, 16), (64, 48), (256, 455), (270, 33)])
def test_a_signature_is_as_large_whatever_the_image(height: int, width: int) -> None:
    random = np.random.default_rng(1)
    plane: NDArray[np.uint8] = random.integers(0, 255, (height, width), dtype=np.uint8)
    grey = np.full_like(plane, 100)
    assert signature([plane, grey]).shape == (2, 9, 16)
    assert difference(signature([grey]), signature([grey])) == 0.0
    assert difference(signature([grey]), signature([grey + 50])) == pytest.approx(50.0)


def test_a_signature_tells_where_things_are() -> None:
    image = np.zeros((180, 320), dtype=np.uint8)
    image[:90, 160:] = 200
    (means,) = signature([image])
    assert means[0, 15] == means[3, 9] == 200
    assert means[8].max() == means[:, 0].max() == 0
