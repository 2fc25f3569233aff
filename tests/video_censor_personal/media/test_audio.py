from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.support.media_clips import Clip, Track, damaged, decibels, delay, make_clip
from tests.video_censor_personal.media.reading import read_pcm
from video_censor_personal.media.audio import choose_track
from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.probe import probe

RATE = 16000


def whole(path: Path, track: int | None = None) -> np.ndarray:
    return np.concatenate([*read_pcm(path, RATE, track=track), np.zeros(0, np.float32)])


TIMED = {
    "aac in mp4": (".mp4", Track("aac", "mono")),
    "aac in mkv": (".mkv", Track("aac", "mono")),
    "aac at 44.1 kHz": (".mkv", Track("aac", "mono", rate=44100)),
    "pcm in mov": (".mov", Track("pcm_s16le", "mono")),
    "mp3 in mp4": (".mp4", Track("libmp3lame", "mono")),
    "opus in webm": (".webm", Track("libopus", "mono")),
    "late aac in mp4": (".mp4", Track("aac", "mono", start=1.5)),
    "late aac in mkv": (".mkv", Track("aac", "mono", start=1.5)),
    "late opus in webm": (".webm", Track("libopus", "mono", start=1.5)),
    "late pcm in mov": (".mov", Track("pcm_s16le", "mono", start=1.5)),
    "gap in mkv": (".mkv", Track("aac", "mono", gap=(0.8, 1.3))),
    "gap in mp4": (".mp4", Track("ac3", "mono", gap=(0.8, 1.3))),
}


@pytest.mark.parametrize("name", TIMED)
def test_a_sample_is_where_a_player_sounds_it(tmp_path: Path, name: str) -> None:
    suffix, track = TIMED[name]
    video = "libvpx-vp9" if suffix == ".webm" else "libx264"

    sound = whole(make_clip(tmp_path / f"film{suffix}", Clip(video=video, audio=(track,))))

    assert sound.dtype == np.float32
    assert abs(delay(sound, RATE, 1.65, 2.4)) <= 1.01  # a Matroska file counts milliseconds
    assert decibels(sound[round(1.65 * RATE) : round(2.4 * RATE)]) > -20
    if track.start:
        assert decibels(sound[: round((track.start - 0.03) * RATE)]) < -90
    if track.gap:
        assert decibels(sound[round(1.0 * RATE) : round(1.2 * RATE)]) == float("-inf")


def test_blocks_have_the_size_asked_for_and_join_to_the_whole(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.mp4", Clip(seconds=1.0))

    blocks = list(read_pcm(path, RATE, block=3000))

    assert {block.size for block in blocks[:-1]} == {3000}
    assert 0 < blocks[-1].size <= 3000
    assert np.array_equal(np.concatenate(blocks), whole(path))


def test_a_film_without_sound_gives_nothing(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.mp4", Clip(audio=()))

    assert list(read_pcm(path)) == []
    assert choose_track(probe(path)) is None


def test_the_track_asked_for_is_read(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.mkv", Clip(audio=(Track(), Track(start=1.5))))

    assert decibels(whole(path)[:RATE]) > -20
    assert decibels(whole(path, track=2)[:RATE]) == float("-inf")


CHOICES = {
    "the first": ((Track("ac3"), Track("ac3")), 1),
    "the default": ((Track(), Track(disposition=1)), 2),
}


@pytest.mark.parametrize("name", CHOICES)
def test_which_track_is_read_unless_one_is_named(tmp_path: Path, name: str) -> None:
    tracks, chosen = CHOICES[name]
    info = probe(make_clip(tmp_path / "film.mkv", Clip(seconds=0.3, audio=tracks)))

    assert choose_track(info) == chosen


def test_a_few_damaged_packets_become_silence_and_times_hold(tmp_path: Path) -> None:
    path = damaged(
        make_clip(tmp_path / "a.mkv", Clip(audio=(Track("ac3", "mono"),))),
        tmp_path / "b.mkv",
        "audio",
        20,
        24,
    )

    sound = whole(path)

    assert abs(delay(sound, RATE, 1.65, 2.4)) <= 1.01


def test_a_ruined_track_is_a_failure_not_silence(tmp_path: Path) -> None:
    path = damaged(make_clip(tmp_path / "a.mkv", Clip()), tmp_path / "b.mkv", "audio", 1, 999)

    with pytest.raises(Damaged, match=r"nothing of stream 1 .audio. can be decoded"):
        whole(path)


def test_memory_does_not_grow_with_the_film(tmp_path: Path) -> None:
    peaks = []
    for seconds in (2.0, 7.0):
        path = make_clip(
            tmp_path / f"{seconds}.mkv", Clip(seconds=seconds, rate=5, audio=(Track("ac3", "mono"),))
        )
        tracemalloc.start()
        for _ in read_pcm(path, RATE, block=RATE // 2):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.5
