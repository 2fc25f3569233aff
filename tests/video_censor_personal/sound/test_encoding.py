"""Lossless sound stays lossless where something in it is hidden; what changes is told."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.video_censor_personal.render.made import render, verify_render
from video_censor_personal.edits.values import Cut, SoundEdit
from video_censor_personal.media.continuous import Continuous, PcmFormat, frame_of
from video_censor_personal.media.probe import probe
from video_censor_personal.sound.encoding import is_lossless

RATE = 48000
EDIT = SoundEdit(0.5, 0.7, "silence")
CUT = Cut(0.3, 0.64)
LAYOUTS = {"mono": 1, "stereo": 2, "5.1": 6, "5.1(side)": 6, "7.1": 8}
TYPES = {"s16": np.int16, "s32": np.int32, "flt": np.float32, "u8": np.uint8}


def noise(stored: str, bits: int, channels: int) -> NDArray[Any]:
    """Return samples that use every one of their bits."""
    random = np.random.default_rng(1)
    whole = random.integers(-(2 ** (bits - 4)), 2 ** (bits - 4), (channels, 2 * RATE))
    if stored == "flt":
        return np.asarray(whole / 2 ** (bits - 1), np.float32)
    if stored == "u8":
        return np.asarray(whole + 128, np.uint8)
    return np.asarray(whole << (np.dtype(TYPES[stored]).itemsize * 8 - bits), TYPES[stored])


def make(path: Path, codec: str, layout: str, stored: str, bits: int, rate: int = RATE) -> NDArray[Any]:
    data = noise(stored, bits, LAYOUTS[layout])
    with av.open(str(path), "w") as output:
        formats = [each.name for each in av.Codec(codec, "w").audio_formats or ()]
        own = stored if stored in formats else f"{stored}p"
        stream: Any = output.add_stream(codec, rate=rate, layout=layout, format=own)
        stream.time_base = Fraction(1, rate)
        if (codec, bits) == ("flac", 32):
            stream.options = {"strict": "experimental"}
        frame = frame_of(data, PcmFormat(own, layout, rate, len(data)))
        frame.pts, frame.time_base = 0, Fraction(1, rate)
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return data


def decoded(path: Path) -> tuple[NDArray[Any], PcmFormat]:
    line = Continuous(path, Fraction(0))
    with av.open(str(path)) as container:
        blocks = [block.data for frame in container.decode(audio=0) for block in line.push(frame)]
    assert line.format is not None
    return np.concatenate(blocks, axis=1), line.format


KEPT: dict[str, tuple[str, str, str, int, str, str, str]] = {
    "flac, 24 bits": ("flac", "5.1(side)", "s32", 24, ".mkv", ".mkv", "flac"),
    "flac, 32 bits": ("flac", "stereo", "s32", 32, ".mkv", ".mkv", "wavpack"),
    "flac, 32 bits, in mp4": ("flac", "stereo", "s32", 32, ".mp4", ".mp4", "pcm_s32le"),
    "flac in mp4": ("flac", "stereo", "s16", 16, ".mp4", ".mp4", "flac"),
    "flac to mov": ("flac", "5.1", "s32", 24, ".mkv", ".mov", "alac"),
    "flac 7.1 to mov": ("flac", "7.1", "s32", 24, ".mkv", ".mov", "pcm_s24le"),
    "alac": ("alac", "5.1", "s32", 24, ".mp4", ".mp4", "alac"),
    "alac to webm's brother": ("alac", "stereo", "s16", 16, ".m4a", ".mkv", "alac"),
    "wavpack, 24 bits": ("wavpack", "5.1", "s32", 24, ".mkv", ".mkv", "wavpack"),
    "wavpack, floating point": ("wavpack", "stereo", "flt", 24, ".mkv", ".mkv", "wavpack"),
    "tta": ("tta", "stereo", "s32", 24, ".mkv", ".mkv", "tta"),
    "pcm, 24 bits": ("pcm_s24le", "5.1(side)", "s32", 24, ".wav", ".wav", "pcm_s24le"),
    "pcm, 24 bits, to mp4": ("pcm_s24be", "5.1(side)", "s32", 24, ".mov", ".mp4", "pcm_s24be"),
    "pcm, 32 bits": ("pcm_s32le", "stereo", "s32", 32, ".mkv", ".mkv", "pcm_s32le"),
    "pcm, floating point": ("pcm_f32le", "stereo", "flt", 24, ".mkv", ".mkv", "pcm_f32le"),
    "pcm, 8 bits": ("pcm_u8", "mono", "u8", 8, ".wav", ".wav", "pcm_u8"),
    "pcm to flac": ("pcm_s16le", "stereo", "s16", 16, ".wav", ".flac", "flac"),
    "wavpack to mp4": ("wavpack", "5.1", "s16", 16, ".mkv", ".mp4", "alac"),
    "tta, 5.1 side, to mp4": ("tta", "stereo", "s32", 24, ".mkv", ".mp4", "alac"),
}


@pytest.mark.parametrize("name", KEPT)
def test_no_bit_changes_outside_of_what_is_hidden(tmp_path: Path, name: str) -> None:
    codec, layout, stored, bits, suffix, to, becomes = KEPT[name]
    source, target = tmp_path / f"film{suffix}", tmp_path / f"clean{to}"
    make(source, codec, layout, stored, bits)
    was, kind = decoded(source)

    report = render(source, target, [EDIT])

    now, new_kind = decoded(target)
    hidden = slice(round(0.494 * RATE), round(0.706 * RATE))
    assert probe(target).streams[0].codec == becomes
    assert now.shape == was.shape
    assert new_kind.name.removesuffix("p") == kind.name.removesuffix("p")
    assert np.array_equal(np.delete(now, hidden, axis=1), np.delete(was, hidden, axis=1))
    assert not np.array_equal(now[:, hidden], was[:, hidden])
    assert verify_render(source, target, [EDIT], report) == []
    if codec != becomes:
        assert "which is lossless, too" in report.warnings[0]
    else:
        assert report.warnings == ()


@pytest.mark.parametrize("name", KEPT)
def test_no_bit_changes_where_something_is_cut(tmp_path: Path, name: str) -> None:
    codec, layout, stored, bits, suffix, to, _ = KEPT[name]
    source, target = tmp_path / f"film{suffix}", tmp_path / f"clean{to}"
    make(source, codec, layout, stored, bits)
    was, _ = decoded(source)

    report = render(source, target, [CUT])

    now, _ = decoded(target)
    taken, join = round((CUT.end - CUT.start) * RATE), round(CUT.start * RATE)
    mixed = round(0.003 * RATE)
    assert now.shape[1] == was.shape[1] - taken
    assert np.array_equal(now[:, : join - mixed], was[:, : join - mixed])
    assert np.array_equal(now[:, join + mixed :], was[:, join + taken + mixed :])
    assert verify_render(source, target, [CUT], report) == []
    for other in (0.45, 0.8):
        problems = verify_render(source, target, [Cut(CUT.start, other)], report)
        assert any("ends at" in problem for problem in problems), problems


TOLD: dict[str, tuple[tuple[str, str, str, int], str, str, int, tuple[str, ...]]] = {
    "to webm": (("flac", "stereo", "s16", 16), ".mkv", ".webm", RATE, ("was lossless and is not any more",)),
    "a high rate to webm": (
        ("flac", "stereo", "s16", 16),
        *(".mkv", ".webm", 96000),
        ("not any more", "has 48000 samples a second and had 96000"),
    ),
    "32 bits to flac": (("pcm_s32le", "stereo", "s32", 32), ".wav", ".flac", RATE, ("fewer bits a sample",)),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_is_lost_is_told(tmp_path: Path, name: str) -> None:
    (codec, layout, stored, bits), suffix, to, rate, told = TOLD[name]
    source, target = tmp_path / f"film{suffix}", tmp_path / f"clean{to}"
    make(source, codec, layout, stored, bits, rate)

    report = render(source, target, [EDIT])

    for text in told:
        assert any(text in warning for warning in report.warnings), report.warnings
    assert verify_render(source, target, [EDIT], report) == []


def test_a_copy_whose_bits_were_lost_is_not_the_very_sound(tmp_path: Path) -> None:
    source, other = tmp_path / "film.mkv", tmp_path / "other.mkv"
    make(source, "flac", "stereo", "s32", 24)
    make(other, "flac", "stereo", "s16", 16)
    report = render(source, tmp_path / "clean.mkv", [EDIT])
    spoilt = render(other, tmp_path / "spoilt.mkv", [EDIT])

    problems = verify_render(source, spoilt.output, [EDIT], report)

    assert any("not the very sound" in problem for problem in problems)


PROFILES = [
    ("dts", "DTS-HD MA", True),
    ("dts", "DTS", False),
    ("truehd", None, True),
    ("pcm_alaw", None, False),
]


@pytest.mark.parametrize(("codec", "profile", "expected"), PROFILES)
def test_which_codecs_are_lossless(codec: str, profile: str | None, expected: bool) -> None:
    assert is_lossless(codec, profile) is expected
