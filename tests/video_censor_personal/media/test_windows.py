"""Sound cut into windows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from video_censor_personal.media.audio import Window, windows

RATE = 200  # the cutting is the same at any rate, and this is quick
WINDOW = 240.0
SEARCHED = 30.0
Pcm = NDArray[np.float32]


def blocks_of(pcm: Pcm, size: int) -> Iterator[Pcm]:
    for start in range(0, len(pcm), size):
        yield pcm[start : start + size]


def speech(*pauses: float) -> Pcm:
    """Ten minutes and more of sound with half a second of quiet around these times."""
    pcm = np.random.default_rng(1).uniform(0.3, 0.5, 700 * RATE).astype(np.float32)
    for pause in pauses:
        pcm[int((pause - 0.25) * RATE) : int((pause + 0.25) * RATE)] = 0.01
    return pcm


def content(found: list[Window]) -> list[tuple[int, list[float]]]:
    return [(window.first, window.pcm.tolist()) for window in found]


@pytest.mark.parametrize("size", [999, 16000, 10_000_000])
def test_windows_lose_nothing_and_cut_in_the_pauses(size: int) -> None:
    pauses = (225.0, 440.0, 660.0)
    pcm = speech(*pauses)
    got = list(windows(blocks_of(pcm, size), RATE, WINDOW))
    assert np.array_equal(np.concatenate([window.pcm for window in got]), pcm)
    assert [window.first / RATE for window in got] == pytest.approx([0.0, *pauses], abs=0.1)
    assert all(len(window.pcm) <= WINDOW * RATE for window in got)
    assert all(window.end == following.first for window, following in pairwise(got))


@pytest.mark.parametrize("size", [999, 16000])
def test_resuming_at_a_cut_gives_the_same_windows(size: int) -> None:
    pcm = speech(225.0, 440.0, 660.0)
    whole = list(windows(blocks_of(pcm, size), RATE, WINDOW))
    for number, window in enumerate(whole):
        again = list(windows(blocks_of(pcm, size), RATE, WINDOW, window.first))
        assert content(again) == content(whole[number:])
    assert list(windows(blocks_of(pcm, size), RATE, WINDOW, len(pcm))) == []


def test_a_window_is_not_held_longer_than_needed() -> None:
    taken = 0

    def endless() -> Iterator[Pcm]:
        nonlocal taken
        while True:
            taken += 1
            yield np.full(RATE, 0.1, dtype=np.float32)

    stream = windows(endless(), RATE, WINDOW)
    for count in range(1, 6):
        next(stream)
        assert taken <= count * WINDOW
        assert taken >= count * (WINDOW - SEARCHED)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 3.0])
def test_short_windows_lose_nothing_either(seconds: float) -> None:
    rate = 8000
    pcm = np.random.default_rng(2).uniform(-1, 1, 5 * rate).astype(np.float32)
    got = list(windows([pcm], rate, seconds))
    assert np.array_equal(np.concatenate([window.pcm for window in got]), pcm)
    assert all(0 < len(window.pcm) <= seconds * rate for window in got)


@pytest.mark.parametrize("blocks", [[], [np.zeros(0, dtype=np.float32)]])
def test_no_sound_is_no_window(blocks: list[Pcm]) -> None:
    assert list(windows(blocks, RATE, WINDOW)) == []
