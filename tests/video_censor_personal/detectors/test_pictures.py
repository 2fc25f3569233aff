from __future__ import annotations

import numpy as np
import pytest

from video_censor_personal.detectors.pictures import resized


def test_a_picture_of_that_size_is_left_as_it_is() -> None:
    image = np.zeros((5, 7, 3), np.uint8)
    assert resized(image, 5, 7, "BICUBIC") is image


@pytest.mark.parametrize("size", [(224, 224), (10, 30), (400, 300)])
def test_colours_stay_what_they_are_in_any_size(size: tuple[int, int]) -> None:
    image = np.full((90, 161, 3), (200, 30, 90), np.uint8)
    scaled = resized(image, *size, "BICUBIC")
    assert scaled.shape == (*size, 3)
    assert scaled.dtype == np.uint8
    assert np.abs(scaled.astype(int) - (200, 30, 90)).max() <= 1


def test_nothing_falls_between_the_pixels() -> None:
    image = np.zeros((320, 320, 3), np.uint8)
    image[::2] = 255
    scaled = resized(image, 32, 32, "BICUBIC")
    assert np.abs(scaled.astype(int) - 128).max() < 40


def test_the_whole_picture_is_there() -> None:
    image = np.zeros((100, 240, 3), np.uint8)
    image[:, :24] = 255
    scaled = resized(image, 50, 50, "BICUBIC")
    assert scaled[:, :4].min() > 200
    assert scaled[:, 8:].max() < 20
