from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.sound.gate import Gate

RATE = 48000
RAMP = 240
COUNT = 6000
FULL = {"u1": 127, "i2": 32767, "i4": 2147483647, "f4": 1.0, "f8": 1.0}
SILENCE = SoundEdit(0.05, 0.075, "silence")
BLEEP = SoundEdit(0.05, 0.075, "bleep")
FIRST, LAST = 2400, 3600


def sound(kind: str, level: float = 0.5, channels: int = 2) -> NDArray[Any]:
    """Return samples that all have the same level."""
    middle = 128 if kind == "u1" else 0
    return np.full((channels, COUNT), middle + level * FULL[kind]).astype(kind)


def level(data: NDArray[Any]) -> NDArray[np.float64]:
    middle = 128 if data.dtype == np.uint8 else 0
    return (data.astype(np.float64) - middle) / FULL[data.dtype.str[1:]]


@pytest.mark.parametrize("kind", FULL)
def test_the_span_is_silent_and_nothing_beyond_the_ramps_changes(kind: str) -> None:
    before = sound(kind)

    after = Gate([SILENCE], RATE).apply(0, before)

    assert after.dtype == before.dtype
    assert not level(after[:, FIRST:LAST]).any()
    assert np.array_equal(after[:, : FIRST - RAMP], before[:, : FIRST - RAMP])
    assert np.array_equal(after[:, LAST + RAMP :], before[:, LAST + RAMP :])
    assert np.array_equal(before, sound(kind))  # the input is not written to


@pytest.mark.parametrize("kind", FULL)
def test_the_ramps_are_steady_and_outside_of_the_span(kind: str) -> None:
    heard = level(Gate([SILENCE], RATE).apply(0, sound(kind)))[0]

    falling, rising = heard[FIRST - RAMP : FIRST], heard[LAST : LAST + RAMP]
    assert (np.diff(falling) <= 0).all()
    assert (np.diff(rising) >= 0).all()
    assert falling[RAMP // 2] == pytest.approx(0.25, abs=0.02)
    assert np.abs(np.diff(heard)).max() <= 0.5 / RAMP + 1 / 127
    assert heard[FIRST - 1] > 0 or kind == "u1"


@pytest.mark.parametrize("kind", FULL)
def test_a_bleep_is_a_tone_and_nothing_else(kind: str) -> None:
    after = level(Gate([BLEEP], RATE, 1000.0).apply(0, sound(kind)))

    tone = 0.2 * np.sin(2 * np.pi * 1000 * np.arange(LAST - FIRST) / RATE)
    for channel in after:
        assert np.abs(channel[FIRST:LAST] - tone).max() <= 0.005
    assert np.abs(np.diff(after[0])).max() < 0.04  # no click


def test_the_pitch_can_be_chosen() -> None:
    after = Gate([BLEEP], RATE, 440.0).apply(0, sound("f8", 0.0))

    assert after[0, FIRST + 27] == pytest.approx(0.2 * np.sin(2 * np.pi * 440 * 27 / RATE))


@pytest.mark.parametrize("kind", FULL)
@pytest.mark.parametrize("amplitude", [-1.0, 1.0])
def test_full_scale_never_wraps_around(kind: str, amplitude: float) -> None:
    heard = level(Gate([BLEEP], RATE).apply(0, sound(kind, amplitude)))

    assert np.abs(np.diff(heard)).max() < 0.1
    assert np.abs(heard).max() <= 1.01


@pytest.mark.parametrize("size", [1, 7, 239, 240, 1024, 1536])
@pytest.mark.parametrize("edits", [[SILENCE], [BLEEP], [SILENCE, SoundEdit(0.08, 0.09, "bleep")]])
def test_blocks_of_any_size_give_the_same(size: int, edits: list[SoundEdit]) -> None:
    data = np.random.default_rng(1).uniform(-1, 1, (2, COUNT))
    gate = Gate(edits, RATE)

    parts = [gate.apply(first, data[:, first : first + size]) for first in range(0, COUNT, size)]

    assert np.array_equal(np.concatenate(parts, axis=1), gate.apply(0, data))


def test_a_block_that_no_edit_reaches_is_passed_on() -> None:
    data = sound("i2")

    assert Gate([SILENCE], RATE).apply(LAST + RAMP, data) is data
    assert Gate([SILENCE], RATE).apply(FIRST - RAMP - COUNT, data) is data


def test_a_span_between_samples_covers_both() -> None:
    after = Gate([SoundEdit(100.5 / RATE, 200.5 / RATE, "silence")], RATE).apply(0, sound("f4"))

    assert not after[:, 100:201].any()
    assert after[:, [99, 201]].all()


def test_between_two_near_edits_the_sound_does_not_jump() -> None:
    edits = [SoundEdit(0.05, 0.06, "silence"), SoundEdit(0.063, 0.07, "silence")]

    heard = Gate(edits, RATE).apply(0, sound("f8", 1.0))[0]

    assert np.abs(np.diff(heard)).max() <= 1 / RAMP + 1e-9


def test_a_bleep_beside_a_silence_leaves_it_silent() -> None:
    edits = [SoundEdit(0.05, 0.06, "silence"), SoundEdit(0.06, 0.07, "bleep")]

    after = Gate(edits, RATE).apply(0, sound("f8"))

    assert not after[:, 2400:2880].any()
    assert np.abs(after[:, 2880:3360]).max() > 0.19


def test_many_edits_cost_what_the_near_ones_cost() -> None:
    edits = [SoundEdit(second + 0.5, second + 0.6, "silence") for second in range(20_000)]
    gate = Gate(edits, RATE)

    after = gate.apply(19_000 * RATE, np.ones((1, RATE)))

    assert int((after == 0).sum()) == RATE // 10
