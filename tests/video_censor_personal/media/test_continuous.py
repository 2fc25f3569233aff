from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from video_censor_personal.media.continuous import Continuous, PcmFormat, format_of, frame_of, samples_of
from video_censor_personal.media.errors import Damaged

RATE = 1000
DTYPES = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}


def joined(*frames: tuple[int, int], origin: int = 0) -> tuple[int, list[int]]:
    """Push frames of (time in ms, count), filled with their numbers; return first position and samples."""
    line = Continuous(Path("film.mkv"), Fraction(origin, 1000))
    blocks = []
    for number, (time, count) in enumerate(frames, start=1):
        frame = frame_of(np.full((1, count), number, np.int16), PcmFormat("s16", "mono", RATE, 1))
        frame.pts, frame.time_base = time, Fraction(1, 1000)
        blocks += list(line.push(frame))
    ends = [block.position + block.data.shape[1] for block in blocks]
    assert [block.position for block in blocks[1:]] == ends[:-1]
    return blocks[0].position, [int(value) for block in blocks for value in block.data[0]]


def test_frames_that_follow_each_other_are_joined() -> None:
    assert joined((0, 3), (3, 2)) == (0, [1, 1, 1, 2, 2])


def test_the_first_sample_keeps_its_place() -> None:
    assert joined((50, 2))[0] == 50
    assert joined((50, 2), origin=30)[0] == 20


@pytest.mark.parametrize("jitter", [-5, -1, 1, 5])
def test_timestamps_a_little_off_change_nothing(jitter: int) -> None:
    assert joined((0, 20), (20 + jitter, 20), (40, 20))[1] == [1] * 20 + [2] * 20 + [3] * 20


def test_a_gap_is_filled_with_silence() -> None:
    assert joined((0, 10), (30, 10)) == (0, [1] * 10 + [0] * 20 + [2] * 10)


def test_a_long_gap_comes_in_pieces() -> None:
    assert len(joined((0, 10), (3510, 10))[1]) == 3520


def test_an_overlap_is_trimmed() -> None:
    assert joined((0, 20), (10, 20)) == (0, [1] * 20 + [2] * 10)


def test_a_frame_that_was_there_already_is_left_out() -> None:
    assert joined((0, 20), (0, 20), (20, 5)) == (0, [1] * 20 + [3] * 5)


def test_a_jump_of_hours_is_damage() -> None:
    with pytest.raises(Damaged, match="jump"):
        joined((0, 10), (4_000_000, 10))


@pytest.mark.parametrize("name", ["u8", "u8p", "s16", "s16p", "s32", "s32p", "flt", "fltp", "dbl", "dblp"])
def test_a_gap_is_silent_in_every_sample_format(name: str) -> None:
    line = Continuous(Path("film.mkv"), Fraction(0))
    kind = PcmFormat(name, "stereo", RATE, 2)
    blocks = []
    for time in (0, 100):
        loud = np.full((2, 50), 100, DTYPES[name.removesuffix("p")])
        frame = frame_of(loud, kind)
        frame.pts, frame.time_base = time, Fraction(1, RATE)
        blocks += list(line.push(frame))

    middle = 128 if name.startswith("u8") else 0
    assert [block.data.shape for block in blocks] == [(2, 50), (2, 50), (2, 50)]
    assert set(np.unique(blocks[1].data)) == {middle}


def test_a_change_of_layout_within_the_track_is_brought_back_to_the_first() -> None:
    line = Continuous(Path("film.mkv"), Fraction(0))
    shapes = []
    for time, layout, channels in ((0, "stereo", 2), (100, "mono", 1), (200, "stereo", 2)):
        frame = frame_of(np.full((channels, 100), 7, np.int16), PcmFormat("s16", layout, RATE, channels))
        frame.pts, frame.time_base = time, Fraction(1, RATE)
        shapes += [(block.position, *block.data.shape) for block in line.push(frame)]

    assert shapes == [(0, 2, 100), (100, 2, 100), (200, 2, 100)]


LAYOUTS = {"mono": 1, "5.1": 6, "7.1": 8, "7.1(wide)": 8, "7.1.2": 10, "9.1.4": 14, "22.2": 24}


@pytest.mark.parametrize("sample_format", ["u8", "u8p", "s16", "s16p", "s32p", "s64", "flt", "fltp", "dblp"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_as_many_channels_as_there_are_go_in_and_come_out(layout: str, sample_format: str) -> None:
    kind = PcmFormat(sample_format, layout, 48000, LAYOUTS[layout])
    dtype = {**DTYPES, "s64": np.int64}[sample_format.removesuffix("p")]
    data = (np.arange(kind.channels * 999).reshape(kind.channels, 999) % 251).astype(dtype)

    frame = frame_of(data, kind)

    assert format_of(frame) == kind
    assert np.array_equal(samples_of(frame, kind), data)
    if kind.channels < 8 and dtype is not np.int64:
        stored = data if kind.is_planar else data.T.reshape(1, -1)
        assert np.array_equal(frame.to_ndarray(), stored)
