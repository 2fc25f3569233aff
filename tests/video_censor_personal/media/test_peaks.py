from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from modeltasks.report.progress import NoProgress
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.support.media_clips import Clip, Samples, Track, make_clip
from video_censor_personal.media.peaks import peaks
from video_censor_personal.media.probe import probe


def _burst(begin: float, end: float, level: float) -> Callable[[NDArray[np.float64], int], Samples]:
    def sound(times: NDArray[np.float64], _channel: int) -> Samples:
        inside = (times >= begin) & (times < end)
        return np.asarray(level * inside * np.sign(np.sin(2 * np.pi * 400 * times)), np.float32)

    return sound


def _found(path: Path) -> list[int]:
    return list(peaks(probe(path), NoProgress(), CancelToken()))


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_u8", "pcm_f32le", "flac"])
def test_each_tenth_of_a_second_has_its_peak(tmp_path: Path, codec: str) -> None:
    track = Track(codec, sound=_burst(0.5, 0.8, 0.25))
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=2.0, audio=(track,)))

    found = _found(film)

    assert len(found) in (20, 21)
    # The square root of a quarter is a half.
    assert found[5:8] == pytest.approx([128] * 3, abs=3)
    assert max(found[:5] + found[8:]) <= 16


def test_the_loudest_of_all_tracks_counts_and_a_late_one_is_in_its_place(tmp_path: Path) -> None:
    one = Track("flac", sound=_burst(0.2, 0.4, 0.04))
    late = Track("flac", start=1.0, sound=_burst(1.2, 1.5, 1.0))
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=2.0, audio=(one, late)))

    found = _found(film)

    assert found[2:4] == pytest.approx([51] * 2, abs=2)
    assert found[12:15] == pytest.approx([255] * 3, abs=1)
    assert max(found[:2] + found[4:12] + found[15:]) <= 2


def test_a_film_without_sound_is_silent(tmp_path: Path) -> None:
    assert _found(make_clip(tmp_path / "film.mkv", Clip(seconds=1.0, audio=()))) == [0] * 10


def test_it_can_be_stopped(tmp_path: Path) -> None:
    film, cancel = probe(make_clip(tmp_path / "film.mkv", Clip())), CancelToken()
    cancel.set()

    with pytest.raises(Cancelled):
        peaks(film, NoProgress(), cancel)
