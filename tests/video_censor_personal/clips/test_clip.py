from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.support.media_clips import Clip, Samples, Track, delay, make_clip, rotated
from tests.video_censor_personal.clips.played import RATE, clip_of, pictured_time
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.probe import probe

_GOPS = {"g": "10"}
_FILMS: dict[str, tuple[str, Clip]] = {
    "h264, aac": (".mp4", Clip()),
    "hevc of 10 bits, ac3 in 5.1": (
        ".mkv",
        Clip(video="libx265", pixels="yuv420p10le", audio=(Track("ac3", "5.1", bit_rate=384_000),)),
    ),
    "vp9 of an odd size, opus": (
        ".webm",
        Clip(video="libvpx-vp9", size=(159, 119), audio=(Track("libopus"),)),
    ),
    "mpeg-2 in a stream": (".ts", Clip(video="mpeg2video", audio=(Track("mp2"),), options=_GOPS)),
    "mpeg-4 with B-frames, mp3": (
        ".avi",
        Clip(video="mpeg4", audio=(Track("libmp3lame"),), options={"bf": "2"}),
    ),
    "4:4:4, interlaced, 8 kHz": (
        ".mkv",
        Clip(
            pixels="yuv444p",
            options={"flags": "+ildct+ilme", "x264-params": "tff=1"},
            audio=(Track("pcm_s16le", "mono", 8000),),
        ),
    ),
    "sound half a second late": (".mp4", Clip(audio=(Track(start=0.5),))),
}


@pytest.mark.parametrize("name", _FILMS)
def test_a_clip_begins_at_the_moment_asked_for_in_picture_and_sound(tmp_path: Path, name: str) -> None:
    suffix, clip = _FILMS[name]
    film = make_clip(tmp_path / f"film{suffix}", clip)
    begin = 1.23

    found = clip_of(film, begin, 1.0)

    assert [each.codec for each in found.info.streams] == ["h264", "aac"]
    assert found.times[0] == 0.0
    assert found.info.of_kind("audio")[0].start == pytest.approx(0.0, abs=0.001)
    assert found.info.duration == pytest.approx(1.0, abs=0.03)
    # The frame that was on the screen then, and no later one; AVI and TS begin with a frame's delay.
    for moment in (0.0, 0.2, 0.5, 0.9):
        assert pictured_time(found.at(moment)) == pytest.approx(begin + moment, abs=0.11)
    heard = np.concatenate([np.zeros(round(begin * RATE), np.float32), found.sound[0]])
    late = delay(heard, RATE, begin + 0.3, begin + 0.8)
    stated = next(each for each in probe(film).streams if each.kind == "video").start or 0.0
    assert late == pytest.approx(0.0, abs=30 if suffix in (".ts", ".avi") else 2.0), stated


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_picture_that_changes_now_and_then_is_where_it_was(tmp_path: Path, suffix: str) -> None:
    clip = Clip(frame_times=(0, 0.1, 0.13, 0.5, 1.1, 1.12, 1.7, 2.3), audio=())

    found = clip_of(make_clip(tmp_path / f"film{suffix}", clip), 0.3, 1.5)

    assert found.times == pytest.approx([0.0, 0.2, 0.8, 0.82, 1.4], abs=0.001)
    assert [pictured_time(each) for each in found.images] == pytest.approx(
        [0.13, 0.5, 1.1, 1.12, 1.7], abs=0.04
    )
    assert found.info.duration == pytest.approx(1.5, abs=0.01)


def test_far_into_a_film_and_where_its_clock_jumps_it_is_the_right_moment(tmp_path: Path) -> None:
    far = make_clip(tmp_path / "far.mkv", Clip(seconds=12.0, options={"g": "50"}))
    one, two = (
        make_clip(tmp_path / f"{name}.ts", Clip(options=_GOPS, audio=(Track("mp2"),))) for name in "ab"
    )
    one.write_bytes(one.read_bytes() + two.read_bytes())
    assert not probe(one).timeline.is_plain

    assert pictured_time(clip_of(far, 9.2, 0.5).at(0.3)) == pytest.approx(
        (80 * 9.5 + 16) % 240 / 80 - 0.2, abs=0.1
    )
    found = clip_of(one, 3.6, 0.5)
    assert pictured_time(found.at(0.2)) == pytest.approx(1.3, abs=0.1)
    assert found.level(0.1, 0.4) > -20


def test_what_the_film_lacks_the_clip_lacks(tmp_path: Path) -> None:
    silent = clip_of(make_clip(tmp_path / "silent.mkv", Clip(audio=())), 1.0, 1.0)
    dark = clip_of(make_clip(tmp_path / "sound.m4a", Clip(video=None)), 1.0, 1.0)
    late = make_clip(tmp_path / "late.mkv", Clip(frame_times=tuple(1.5 + n / 25 for n in range(25))))

    assert [each.kind for each in silent.info.streams] == ["video"]
    assert [each.kind for each in dark.info.streams] == ["audio"]
    assert dark.level(0.1, 0.9) > -20
    found = clip_of(late, 0.5, 1.5)
    assert found.at(0.5).max() < 5
    assert pictured_time(found.at(1.2)) == pytest.approx(1.7, abs=0.06)


def test_a_clip_has_the_shape_that_a_player_shows(tmp_path: Path) -> None:
    wide = make_clip(tmp_path / "wide.mp4", Clip(size=(98, 54), pixel_shape=Fraction(16, 11), seconds=0.5))
    large = make_clip(tmp_path / "large.mp4", Clip(size=(1920, 1080), seconds=0.2))
    turned = rotated(make_clip(tmp_path / "turned.mp4", Clip(seconds=0.5)))

    sizes = [clip_of(each, 0.0, 0.2).images[0].shape[:2] for each in (wide, large, turned)]

    assert sizes == [(54, 142), (480, 854), (160, 120)]


def _in_the_centre(times: np.ndarray[tuple[int, ...], np.dtype[np.float64]], channel: int) -> Samples:
    sound = 0.3 * np.sin(2 * np.pi * 440 * times) * (channel == 2)
    return np.asarray(sound, np.float32)


def test_a_voice_in_the_centre_is_heard_in_stereo(tmp_path: Path) -> None:
    film = make_clip(
        tmp_path / "film.mkv", Clip(audio=(Track("ac3", "5.1", bit_rate=384_000, sound=_in_the_centre),))
    )

    found = clip_of(film, 0.5, 1.0)

    # 0.3 is -13.5 dBFS; in each channel it is 3 dB less.
    assert found.level(0.2, 0.8) == pytest.approx(-16.5, abs=1.0)


def test_another_track_is_heard_where_it_is_asked_for(tmp_path: Path) -> None:
    silent = Track(sound=lambda times, _channel: np.zeros(times.shape, np.float32))
    film = make_clip(tmp_path / "film.mkv", Clip(audio=(Track(), silent)))

    assert clip_of(film, 0.5, 1.0).level(0.2, 0.8) > -20
    assert clip_of(film, 0.5, 1.0, track=2).level(0.2, 0.8) < -45


def test_beyond_its_end_there_is_nothing(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=1.0))

    with pytest.raises(MediaError, match=r"at 1.5 s"):
        clip_of(film, 1.5, 1.0)
    assert clip_of(film, 0.6, 5.0).info.duration == pytest.approx(0.4, abs=0.03)
