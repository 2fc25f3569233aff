from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.media_clips import Clip, Track, damaged, make_clip, png, rotated
from tests.video_censor_personal.media.reading import sample_frames
from video_censor_personal.detectors.base import Frame
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.frames import read_pictures, read_stills
from video_censor_personal.media.probe import probe


def pictured_time(frame: Frame) -> float:
    """Return the time that the picture itself shows (see `media_clips`)."""
    height, width, _ = frame.image.shape
    return (float(frame.image[height // 2, width // 4].mean()) - 16) / 80


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov", ".ts"])
def test_frames_are_those_on_the_screen_at_the_grid_times(tmp_path: Path, suffix: str) -> None:
    video = "libvpx-vp9" if suffix == ".webm" else "libx264"
    path = make_clip(tmp_path / f"film{suffix}", Clip(seconds=2.0, video=video, audio=()))

    frames = list(sample_frames(path, 0.3))

    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8])
    for frame in frames:
        assert frame.image.shape == (120, 160, 3)
        assert frame.image.dtype == np.uint8
        assert pictured_time(frame) == pytest.approx(frame.time - frame.time % 0.04, abs=0.045)


def test_the_grid_does_not_drift(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.mp4", Clip(seconds=20.0, rate=7, size=(32, 32), audio=()))

    times = [frame.time for frame in sample_frames(path, 0.1)]

    assert times == pytest.approx([number / 10 for number in range(200)])


def test_a_picture_held_long_is_given_for_each_grid_time(tmp_path: Path) -> None:
    clip = Clip(frame_times=(0.0, 0.1, 0.15, 1.2, 1.25), audio=())

    frames = list(sample_frames(make_clip(tmp_path / "film.mkv", clip), 0.25))

    assert [round(pictured_time(frame), 1) for frame in frames[:6]] == [0.0, 0.1, 0.1, 0.1, 0.1, 1.2]


def test_a_film_that_starts_late_has_no_frames_before(tmp_path: Path) -> None:
    clip = Clip(seconds=2.0, frame_times=tuple(1.0 + n / 25 for n in range(25)))

    frames = list(sample_frames(make_clip(tmp_path / "film.mkv", clip), 0.5))

    assert frames[0].time == pytest.approx(1.0)
    assert pictured_time(frames[0]) == pytest.approx(1.0, abs=0.05)


SIZES = {60: (60, 80), 30: (30, 40), 500: (120, 160)}


@pytest.mark.parametrize("shortest", SIZES)
def test_images_are_scaled_down_only(tmp_path: Path, shortest: int) -> None:
    path = make_clip(tmp_path / "film.mp4", Clip(seconds=0.2, audio=()))

    (frame,) = sample_frames(path, 1.0, shortest)

    assert frame.image.shape[:2] == SIZES[shortest]


def test_the_rotation_that_the_file_asks_for_is_applied(tmp_path: Path) -> None:
    path = rotated(make_clip(tmp_path / "film.mp4", Clip(seconds=0.2, audio=())))

    (frame,) = sample_frames(path, 1.0)

    assert frame.image.shape == (160, 120, 3)
    assert frame.image[20].mean() < 40  # what was on the left is on top, turned clockwise
    assert frame.image[140].mean() > 100


def test_a_cover_is_not_sampled(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.mp4", Clip(seconds=0.2, audio=(), cover=png()))

    assert {frame.image.shape for frame in sample_frames(path, 0.1)} == {(120, 160, 3)}


def test_a_file_without_pictures_is_named(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "sound.mp4", Clip(seconds=0.3, video=None))

    with pytest.raises(MediaError, match="no video stream"):
        list(sample_frames(path, 1.0))


def test_a_little_damage_is_tolerated(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", Clip(seconds=2.0, video="libvpx-vp9"))
    path = damaged(clip, tmp_path / "b.mkv", "video", 12, 14)

    times = [frame.time for frame in sample_frames(path, 0.5)]

    assert times == pytest.approx([0.0, 0.5, 1.0, 1.5])


def test_a_ruined_film_is_a_failure_not_a_clean_one(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", Clip(seconds=3.0, video="libvpx-vp9", audio=(Track(),)))
    path = damaged(clip, tmp_path / "b.mkv", "video", 1, 999)

    with pytest.raises(MediaError, match=r"nothing of stream 0 .video. can be decoded"):
        list(sample_frames(path, 0.5))


def test_memory_does_not_grow_with_the_film(tmp_path: Path) -> None:
    peaks = []
    for seconds in (1.0, 4.0):
        path = make_clip(tmp_path / f"{seconds}.mp4", Clip(seconds=seconds, audio=()))
        info = probe(path)  # 32 bytes a packet, for a moment
        tracemalloc.start()
        for picture in read_pictures(info, 500):
            assert picture.image is not None
            picture.image()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    three_frames = 3 * 160 * 120 * 3
    assert peaks[1] < peaks[0] + three_frames


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts", "film.avi"])
@pytest.mark.parametrize("start", [0.0, 0.4, 12.3, 19.8, 60.0])
def test_a_later_start_gives_the_same_frames(long_films: Path, name: str, start: float) -> None:
    whole = [frame for frame in sample_frames(long_films / name, 0.3) if frame.time >= start - 1e-6]
    later = list(sample_frames(long_films / name, 0.3, start=start))
    assert [frame.time for frame in later] == [frame.time for frame in whole]
    assert all(np.array_equal(*images) for images in images_of(later, whole))


def images_of(one: list[Frame], other: list[Frame]) -> Iterator[tuple[Any, Any]]:
    return ((a.image, b.image) for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="session")
def long_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds with a key frame each second, and pictures that refer to later ones."""
    folder = tmp_path_factory.mktemp("long")
    for name in ("film.mp4", "film.mkv", "film.ts", "film.avi"):
        options = {"g": "25", "bf": "0" if name.endswith("avi") else "2"}
        make_clip(folder / name, Clip(seconds=20.0, audio=(), options=options))
    return folder


def test_what_comes_long_before_the_start_is_not_even_decoded(long_films: Path, tmp_path: Path) -> None:
    content = bytearray((long_films / "film.mkv").read_bytes())
    begin = len(content) // 40
    content[begin : len(content) // 4] = bytes(len(content) // 4 - begin)
    (tmp_path / "holed.mkv").write_bytes(content)
    times = [frame.time for frame in sample_frames(tmp_path / "holed.mkv", 0.5, start=18.0)]
    assert times == [18.0, 18.5, 19.0, 19.5]


def shown_at(path: Path, times: list[float]) -> list[float | None]:
    """The times that the pictures themselves show, at each of these times."""
    stills = read_stills(probe(path), 120, times)
    return [None if image is None else pictured_time(Frame(0.0, image)) for image in stills]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_stills_are_those_on_the_screen_wherever_in_the_film(tmp_path: Path, suffix: str) -> None:
    """Near each other, far apart, the same twice, at either end: as if all had been decoded."""
    path = make_clip(tmp_path / f"film{suffix}", Clip(seconds=60.0, rate=5, audio=()))
    times = [0.0, 0.3, 0.3, 1.0, 30.1, 30.5, 55.0, 59.9]
    whole = {round(frame.time, 1): frame for frame in sample_frames(path, 0.1)}
    assert shown_at(path, times) == [pytest.approx(pictured_time(whole[time]), abs=0.05) for time in times]


def test_between_stills_that_are_far_apart_nothing_is_decoded(tmp_path: Path) -> None:
    options = {"g": "10", "bf": "0"}
    whole = make_clip(tmp_path / "whole.mkv", Clip(seconds=60.0, rate=5, audio=(), options=options))
    film = damaged(whole, tmp_path / "film.mkv", "video", 51, 200)
    assert shown_at(film, [1.0, 59.0]) == pytest.approx(shown_at(whole, [1.0, 59.0]))


def test_a_still_past_the_end_is_none(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.mkv", Clip(seconds=1.0, audio=()))
    assert shown_at(path, [0.5, 5.0]) == [pytest.approx(0.5, abs=0.05), None]


def test_no_stills_open_nothing(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.mkv", Clip(seconds=1.0, audio=()))
    info = probe(path)
    path.unlink()
    assert list(read_stills(info, 120, [])) == []
