from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.sounds import RATE, music, speech
from video_censor_personal.sound.voice import is_in_centre_alone

NAMES = ("FL", "FR", "FC", "LFE", "SL", "SR")
SECONDS = 3.0
Sound = NDArray[np.float64]


def voice() -> Sound:
    return 0.4 * speech(SECONDS, seed=4)


def beside(*channels: int) -> Sound:
    """Return music that is not the same in any two channels."""
    found = np.zeros((6, round(SECONDS * RATE)))
    for channel in channels:
        found[channel] = 0.1 * music(SECONDS, seed=channel + 1)
    return found


def spoken(level: float, *channels: int, late: int = 0) -> Sound:
    found = np.zeros((6, round(SECONDS * RATE)))
    found[list(channels)] = level * np.roll(voice(), late)
    return found


SOUNDS: dict[str, tuple[Callable[[], Sound], bool]] = {
    "in the centre, else silence": (lambda: spoken(1, 2), True),
    "in the centre, music at the sides": (lambda: spoken(1, 2) + beside(0, 1, 4, 5), True),
    "in the centre, a bang in the bass": (lambda: spoken(1, 2) + spoken(1, 3), True),
    "in all channels": (lambda: spoken(1, 0, 1, 2, 3, 4, 5), False),
    "left and right, nothing in the centre": (lambda: spoken(1, 0, 1), False),
    "left and right, music in the centre": (lambda: spoken(1, 0, 1) + beside(2), False),
    "an echo behind": (lambda: spoken(1, 2) + spoken(0.25, 4, 5, late=700), False),
    "a faint echo behind": (lambda: spoken(1, 2) + spoken(0.05, 4, 5, late=700), False),
    "a faint echo under music": (lambda: spoken(1, 2) + spoken(0.03, 4, late=300) + beside(4), True),
    "another voice at a side": (lambda: spoken(1, 2) + spoken(0.5, 0, late=RATE), False),
    "only music": (lambda: beside(0, 1, 2), False),
    "silence": (beside, False),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_where_the_voice_is(name: str) -> None:
    sound, expected = SOUNDS[name]

    found = is_in_centre_alone(sound(), RATE, NAMES, slice(RATE, 2 * RATE))

    assert found is expected


def test_without_a_centre_it_is_not_known() -> None:
    assert not is_in_centre_alone(
        spoken(1, 2), RATE, ("FL", "FR", "BL", "LFE", "SL", "SR"), slice(RATE, 2 * RATE)
    )


def test_too_short_a_sound_does_not_tell() -> None:
    assert not is_in_centre_alone(spoken(1, 2)[:, :RATE], RATE, NAMES, slice(0, RATE))
