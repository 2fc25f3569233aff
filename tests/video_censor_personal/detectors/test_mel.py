from __future__ import annotations

import numpy as np
import pytest

from video_censor_personal.detectors.mel import BANDS, FRAME, FRAMES, HOP, PATCH, RATE, bands


def hertz(mel: float) -> float:
    return float(700 * (np.exp(mel / 1127) - 1))


def centre(band: int) -> float:
    """The frequency in the middle of a band: equal steps on the mel scale from 125 to 7500 Hz."""
    lowest, highest = (1127 * np.log(1 + f / 700) for f in (125.0, 7500.0))
    return hertz(lowest + (band + 1) * (highest - lowest) / (BANDS + 1))


def by_hand(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> list[float]:
    """The log mel values of one frame, by the definition of a Fourier sum and of a triangle."""
    at = np.arange(FRAME)
    windowed = samples[:FRAME] * (0.5 - 0.5 * np.cos(2 * np.pi * at / FRAME))
    mels = [1127 * np.log(1 + k * RATE / 512 / 700) for k in range(257)]
    power = [abs(np.sum(windowed * np.exp(-2j * np.pi * k * at / 512))) for k in range(257)]
    edges = np.linspace(1127 * np.log(1 + 125 / 700), 1127 * np.log(1 + 7500 / 700), BANDS + 2)
    values = []
    for low, middle, high in zip(edges, edges[1:], edges[2:], strict=False):
        weights = [max(0.0, min((m - low) / (middle - low), (high - m) / (high - middle))) for m in mels]
        values.append(float(np.log(np.dot(weights[1:], power[1:]) + 0.001)))
    return values


def test_the_values_are_those_of_the_definition() -> None:
    samples = np.random.default_rng(3).standard_normal(FRAME + HOP).astype(np.float32)
    first, second = bands(samples)
    assert first == pytest.approx(by_hand(samples), abs=1e-3)
    assert second == pytest.approx(by_hand(samples[HOP:]), abs=1e-3)


@pytest.mark.parametrize("band", [0, 20, 40, 63])
def test_a_tone_is_in_its_band(band: int) -> None:
    tone = np.sin(2 * np.pi * centre(band) * np.arange(PATCH) / RATE).astype(np.float32)
    found = bands(tone)
    assert found.shape == (FRAMES, BANDS)
    assert abs(int(found.mean(axis=0).argmax()) - band) <= 1


def test_long_sound_gives_what_its_pieces_do() -> None:
    samples = np.random.default_rng(4).standard_normal(25 * RATE).astype(np.float32)
    whole = bands(samples)
    for first in (0, 990, 1000, 2000):
        piece = bands(samples[first * HOP : first * HOP + PATCH])
        np.testing.assert_allclose(piece, whole[first : first + FRAMES], atol=1e-4)
