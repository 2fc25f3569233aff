from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media_clips import Clip, Track, damaged, make_clip, rotated
from video_censor_personal.media.probe import probe
from video_censor_personal.media.stills import stills

_SHORT_GOPS = {"g": "10"}
_CORNERS = ((255, 0, 0), (0, 160, 0))


def _image(jpeg: bytes | None) -> NDArray[np.uint8]:
    assert jpeg is not None
    with av.open(io.BytesIO(jpeg), "r") as file:
        return np.asarray(next(file.decode(video=0)).to_ndarray(format="rgb24"), np.uint8)


def _pictured_time(jpeg: bytes | None) -> float:
    """Return the time that the picture itself shows (see `media_clips`)."""
    image = _image(jpeg)
    height, width, _ = image.shape
    return (float(image[height // 2, width // 4].mean()) - 16) / 80


def _two_colors(_time: float, width: int, height: int) -> NDArray[np.uint8]:
    """Red above, green below."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2], image[height // 2 :] = _CORNERS
    return image


@pytest.mark.parametrize(
    ("suffix", "clip"),
    [
        (".mp4", Clip(options=_SHORT_GOPS)),
        (".mkv", Clip(video="libx265", pixels="yuv420p10le")),
        (".webm", Clip(video="libvpx-vp9", audio=())),
        (".ts", Clip(options=_SHORT_GOPS, audio=(Track("mp2"),))),
        (".mpg", Clip(video="mpeg2video", audio=(Track("mp2"),), options=_SHORT_GOPS)),
        (".avi", Clip(video="mpeg4", audio=(), options={"bf": "2", "g": "10"})),
        (".mkv", Clip(pixels="yuv444p", options={"flags": "+ildct+ilme", "x264-params": "tff=1"})),
    ],
    ids=lambda value: value if isinstance(value, str) else value.video,
)
def test_each_still_is_what_is_on_the_screen_then(tmp_path: Path, suffix: str, clip: Clip) -> None:
    film = probe(make_clip(tmp_path / f"film{suffix}", clip))

    found = stills(film, [2.3, 0.0, 1.23, 0.61, 1.23, 99.0], 640)

    times = [_pictured_time(each) for each in found]
    assert times == pytest.approx([2.3, 0.0, 1.2, 0.6, 1.2, 2.48], abs=0.09)
    assert found[2] == found[4]


def test_one_moves_to_moments_that_are_far_apart(tmp_path: Path) -> None:
    # The picture says the time modulo 2.8 seconds.
    film = probe(make_clip(tmp_path / "film.mkv", Clip(seconds=30.0, rate=10, audio=(), options={"g": "20"})))

    found = stills(film, [0.5, 12.0, 28.35], 160)

    levels = [int(16 + 80 * moment) % 240 for moment in (0.5, 12.0, 28.3)]
    assert [_image(each)[60, 40].mean() for each in found] == pytest.approx(levels, abs=3)


def test_where_one_cannot_move_the_right_picture_is_found(tmp_path: Path) -> None:
    one = make_clip(tmp_path / "film.ts", Clip(options=_SHORT_GOPS, audio=()))
    two = make_clip(tmp_path / "other.ts", Clip(options=_SHORT_GOPS, audio=()))
    one.write_bytes(one.read_bytes() + two.read_bytes())
    film = probe(one)
    assert not film.timeline.is_plain

    found = stills(film, [1.21, 2.5 + 1.21], 160)

    assert [_pictured_time(each) for each in found] == pytest.approx([1.2, 1.2], abs=0.06)


@pytest.mark.parametrize(
    ("clip", "turned", "width", "size"),
    [
        (Clip(seconds=0.2), False, 640, (120, 160)),
        (Clip(seconds=0.2), False, 64, (48, 64)),
        (Clip(seconds=0.2), True, 640, (160, 120)),
        (Clip(seconds=0.2, size=(98, 54), pixel_shape=Fraction(16, 11)), False, 640, (54, 142)),
        (Clip(seconds=0.2, size=(99, 55), video="libvpx-vp9"), False, 50, (28, 50)),
    ],
    ids=["as it is", "smaller", "turned", "wide pixels", "odd"],
)
def test_a_still_has_the_shape_that_a_player_shows(
    tmp_path: Path, clip: Clip, turned: bool, width: int, size: tuple[int, int]
) -> None:
    path = make_clip(tmp_path / "film.mp4", clip)
    film = probe(rotated(path) if turned else path)

    (found,) = stills(film, [0.1], width)

    assert _image(found).shape == (*size, 3)


def test_a_turned_picture_is_upright(tmp_path: Path) -> None:
    film = probe(rotated(make_clip(tmp_path / "film.mp4", Clip(seconds=0.2, draw=_two_colors))))

    (found,) = stills(film, [0.0], 640)

    # Turned clockwise, what was above is on the right.
    image = _image(found).astype(int)
    assert np.abs(image[80, 110] - _CORNERS[0]).max() < 12
    assert np.abs(image[80, 10] - _CORNERS[1]).max() < 12


@pytest.mark.parametrize(
    ("transfer", "shown"), [(16, (71, 161, 230)), (18, (82, 132, 174))], ids=["PQ", "HLG"]
)
def test_hdr_is_brought_to_what_a_screen_shows(tmp_path: Path, transfer: int, shown: tuple[int, ...]) -> None:
    """In PQ the three are 10, 100 and 500 nits (SMPTE ST 2084)."""

    def three(_time: float, width: int, height: int) -> NDArray[np.uint8]:
        return (
            np.repeat(np.array([76, 130, 173], np.uint8), width // 3)[None, :, None]
            .repeat(height, 0)
            .repeat(3, 2)
        )

    clip = Clip(
        seconds=0.2,
        size=(192, 64),
        video="libx265",
        pixels="yuv420p10le",
        audio=(),
        colors=(9, 9, transfer, 1),
        draw=three,
    )

    (found,) = stills(probe(make_clip(tmp_path / "film.mkv", clip)), [0.0], 192)

    assert _image(found)[32, 32::64, 1].tolist() == pytest.approx(shown, abs=4)


def test_before_the_first_picture_there_is_none(tmp_path: Path) -> None:
    clip = Clip(seconds=2.0, frame_times=tuple(1.0 + n / 25 for n in range(25)))
    film = probe(make_clip(tmp_path / "film.mkv", clip))

    found = stills(film, [0.5, 1.5], 160)

    assert found[0] is None
    assert _pictured_time(found[1]) == pytest.approx(1.5, abs=0.06)


def test_a_film_without_pictures_has_no_stills(tmp_path: Path) -> None:
    film = probe(make_clip(tmp_path / "film.m4a", Clip(video=None)))

    assert stills(film, [0.0, 1.0], 160) == [None, None]


def test_what_cannot_be_decoded_is_left_out(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "film.mkv", Clip(options={"g": "25", "bf": "0"}))
    film = probe(damaged(whole, tmp_path / "spoilt.mkv", "video", 1, 25))

    found = stills(film, [0.5, 1.5], 160)

    assert found[0] is None
    assert _pictured_time(found[1]) == pytest.approx(1.5, abs=0.06)
