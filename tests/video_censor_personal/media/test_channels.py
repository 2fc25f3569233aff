"""Which channels are heard apart: what a mix would hide, and nothing else."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from video_censor_personal.media.channels import signals

RATE = 16000
SECONDS = 12.0
Sound = NDArray[np.float32]


def voice(seed: int, level: float = 0.1, seconds: float = SECONDS) -> Sound:
    """Syllables: noise whose level comes and goes a few times a second, with pauses between sentences."""
    noise = np.random.default_rng(seed)
    count = round(seconds * RATE)
    steps = np.repeat(noise.random(round(seconds * 6) + 1) ** 2, RATE // 6 + 1)[:count]
    pauses = np.repeat(noise.random(round(seconds / 1.5) + 1) > 0.3, round(1.5 * RATE))[:count]
    sound = noise.normal(0, 1, count) * steps * pauses
    return np.asarray(sound * level / np.sqrt(np.mean(sound**2)), dtype=np.float32)


def steady(seed: int, level: float = 0.1, seconds: float = SECONDS) -> Sound:
    """Rain, engines, a held chord."""
    noise = np.random.default_rng(seed)
    return np.asarray(noise.normal(0, level, round(seconds * RATE)), dtype=np.float32)


def stereo(left: Sound, right: Sound) -> Sound:
    return np.stack([0.7 * (left + right), left, right])


def surround(left: Sound, right: Sound, centre: Sound) -> Sound:
    return np.stack([0.7 * (left + right) + centre, left, right, centre])


ONE, OTHER, QUIET = voice(1), voice(2), steady(9, 0.00003)
ALIKE: dict[str, Sound] = {
    "one channel": ONE[None],
    "the same twice": stereo(ONE, ONE),
    "one to a side": stereo(ONE, 0.3 * ONE),
    "one side only": stereo(ONE, QUIET),
    "the other side only": stereo(0 * ONE, ONE),
    "a voice amid wide sound": stereo(ONE + steady(3, 0.05), ONE + steady(4, 0.05)),
    "wide sound alone": stereo(steady(3), steady(4)),
    "silence": stereo(0 * ONE, 0 * ONE),
    "a clear centre": surround(steady(3, 0.005), steady(4, 0.005), ONE),
    "a silent centre": surround(ONE, ONE, 0 * ONE),
    "a steady centre": surround(ONE, ONE, steady(3, 0.05)),
    "shorter than a frame": stereo(ONE, -ONE)[:, :500],
}
APART: dict[str, tuple[Sound, list[str]]] = {
    "inverted": (stereo(ONE, -ONE), ["side"]),
    "inverted and weaker": (stereo(ONE, -0.6 * ONE), ["side"]),
    "inverted amid wide sound": (stereo(ONE + steady(3, 0.02), steady(4, 0.02) - ONE), ["side"]),
    "inverted for a while": (stereo(ONE, ONE * np.where(np.arange(ONE.size) > 9 * RATE, -1, 1)), ["side"]),
    "two voices": (stereo(ONE, OTHER), ["left", "right"]),
    "two voices, one far weaker": (stereo(ONE, 0.2 * OTHER), ["left", "right"]),
    "a centre amid noise": (surround(steady(3), steady(4), ONE), ["centre"]),
    "a centre amid voices": (surround(OTHER, OTHER, ONE), ["centre"]),
    "voices around a centre": (surround(ONE, OTHER, voice(5)), ["left", "right", "centre"]),
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_a_mix_lets_through_is_heard_once(name: str) -> None:
    (mix,) = signals(ALIKE[name], RATE)
    assert (mix.channel, mix.first) == (None, 0)
    assert np.array_equal(mix.pcm, ALIKE[name][0])


@pytest.mark.parametrize("name", APART)
def test_what_a_mix_hides_is_heard_apart(name: str) -> None:
    rows, channels = APART[name]
    mix, *apart = signals(rows.astype(np.float32), RATE)
    assert mix.channel is None
    assert sorted(each.channel or "" for each in apart) == sorted(channels)


def test_each_channel_is_heard_as_it_is() -> None:
    rows = surround(ONE, OTHER, voice(5))
    found = {each.channel: each for each in signals(rows, RATE)}
    for row, name in enumerate(("left", "right", "centre"), 1):
        first, count = found[name].first, found[name].pcm.size
        assert np.array_equal(found[name].pcm, rows[row, first : first + count])
    (side,) = [each for each in signals(stereo(ONE, -ONE), RATE) if each.channel]
    assert np.allclose(side.pcm, ONE[side.first : side.first + side.pcm.size])


@pytest.mark.parametrize("at", [0.0, 3.0, 110.0, 237.0])
def test_only_the_stretch_that_needs_it_is_heard_apart(at: float) -> None:
    """It is as long as what the recogniser takes at once, for less costs the same."""
    one = voice(1, seconds=240.0)
    first, end = round(at * RATE), round((at + 3.0) * RATE)
    one[first:end] = voice(7, seconds=3.0)[: one[first:end].size]
    other = one.copy()
    other[first:end] *= -1
    stretches = [each for each in signals(stereo(one, other), RATE) if each.channel]
    assert {each.channel for each in stretches} == {"side"}
    assert 3.0 <= sum(each.pcm.size for each in stretches) / RATE <= 40.0
    heard = np.zeros(one.size, dtype=bool)
    for each in stretches:
        heard[each.first : each.first + each.pcm.size] = True
    loud = np.abs(one) > 0.05
    assert heard[first:end][loud[first:end]].all()


def test_no_channel_costs_more_than_the_window() -> None:
    """Even where short troubles are spread all over it."""
    one = voice(1, seconds=240.0)
    sign = np.where(np.arange(one.size) // RATE % 20 < 2, -1, 1).astype(np.float32)
    apart = [each for each in signals(stereo(one, one * sign), RATE) if each.channel == "side"]
    assert 0 < sum(each.pcm.size for each in apart) <= one.size
    ends = [(each.first, each.first + each.pcm.size) for each in apart]
    assert all(end <= start for (_, end), (start, _) in pairwise(ends))
