"""The rows that are read of a track: the mix, and the channels that may be heard apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media_clips import Clip, Samples, Track, decibels, make_clip
from tests.video_censor_personal.media.reading import read_pcm
from video_censor_personal.media.audio import read_channels
from video_censor_personal.media.probe import probe

RATE = 16000
TONES = (400, 700, 1100, 1600, 2200, 2900)
"""Hertz; one a channel."""


def tone(times: NDArray[np.float64], channel: int) -> Samples:
    return np.asarray(0.1 * np.sin(2 * np.pi * TONES[channel] * times), dtype=np.float32)


def tones_in(sound: NDArray[np.float32]) -> set[int]:
    """The tones that a sound is made of."""
    middle = sound[RATE // 2 : RATE]
    power = np.abs(np.fft.rfft(middle * np.hanning(middle.size)))
    found = {hertz: float(power[round(hertz * middle.size / RATE)]) for hertz in TONES}
    return {hertz for hertz, value in found.items() if value > 0.1 * max(found.values())}


ROWS: dict[str, tuple[Track, list[set[int]]]] = {
    "mono": (Track("flac", "mono"), [{400}]),
    "stereo": (Track("aac", "stereo"), [{400, 700}, {400}, {700}]),
    "stereo at 44.1 kHz": (Track("pcm_s16le", "stereo", rate=44100), [{400, 700}, {400}, {700}]),
    "late stereo": (Track("ac3", "stereo", start=0.3), [{400, 700}, {400}, {700}]),
    "2.1": (Track("flac", "2.1"), [{400, 700}, {400}, {700}]),
    "quad": (Track("flac", "quad"), [{400, 700, 1100, 1600}, {400}, {700}]),
    "5.1": (
        Track("ac3", "5.1(side)", bit_rate=384_000),
        [{400, 700, 1100, 2200, 2900}, {400}, {700}, {1100}],
    ),
    "5.1 in aac": (
        Track("aac", "5.1", bit_rate=384_000),
        [{400, 700, 1100, 2200, 2900}, {400}, {700}, {1100}],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_rows_of_a_layout(tmp_path: Path, name: str) -> None:
    track, expected = ROWS[name]
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=1.5, audio=(_with_tones(track),)))

    rows = np.concatenate(list(read_channels(probe(film), RATE, block=3000)), axis=1)

    assert rows.dtype == np.float32
    assert [tones_in(row) for row in rows] == expected
    assert np.array_equal(rows[0], np.concatenate(list(read_pcm(film, RATE))))
    if track.start:
        assert all(decibels(row[: round((track.start - 0.03) * RATE)]) < -90 for row in rows)


def _with_tones(track: Track) -> Track:
    return replace(track, sound=tone)


def test_rows_are_at_the_same_time(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=1.5, audio=(Track("flac", "stereo", rate=44100),)))

    mix, left, right = np.concatenate(list(read_channels(probe(film), RATE)), axis=1)

    fit, (rest,), *_ = np.linalg.lstsq(np.stack([left, right], axis=1), mix, rcond=None)
    assert rest < 1e-6 * float(np.sum(mix**2))
    assert fit[0] == pytest.approx(fit[1], abs=0.01)
