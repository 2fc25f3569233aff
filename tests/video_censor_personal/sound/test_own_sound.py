from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.media_clips import Clip, decibels, make_clip
from tests.support.sounds import speech, write_sound
from video_censor_personal.sound.own_sound import MOST_SECONDS, OwnSoundUnusable, read_own_sound

KINDS = {
    "wav": ("a.wav", "pcm_s16le", 48000, 2),
    "24 bits": ("a.wav", "pcm_s24le", 96000, 1),
    "8 bits": ("a.wav", "pcm_u8", 8000, 1),
    "mp3": ("a.mp3", "libmp3lame", 44100, 2),
    "flac 5.1": ("a.flac", "flac", 48000, 6),
    "ogg": ("a.ogg", "libopus", 48000, 2),
    "m4a": ("a.m4a", "aac", 22050, 1),
}
TRACKS = [
    *(("mono", 1, 8000), ("stereo", 2, 44100), ("5.1", 6, 48000), ("7.1", 8, 96000)),
    *(("6 channels", 6, 48000), ("12 channels", 12, 48000), ("no such layout", 3, 48000)),
]


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("name", KINDS)
def test_a_sound_of_any_kind_is_brought_to_a_track(
    tmp_path: Path, name: str, track: tuple[str, int, int]
) -> None:
    file, codec, rate, channels = KINDS[name]
    path = write_sound(tmp_path / file, np.tile(0.5 * speech(1.0, rate=rate), (channels, 1)), codec, rate)
    layout, count, wanted = track

    found = read_own_sound(path).as_heard(layout, count, wanted)

    assert found.shape[0] == count
    assert found.shape[1] / wanted == pytest.approx(1.0, abs=0.1)
    assert decibels(found[np.argmax(np.abs(found).max(axis=1))]) > -40
    assert np.abs(found[:, [0, -1]]).max() < 0.01


def test_of_a_long_one_the_beginning_is_used(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", 0.5 * speech(MOST_SECONDS + 5, rate=8000)[np.newaxis], rate=8000)

    assert read_own_sound(path).as_heard("mono", 1, 8000).shape[1] == MOST_SECONDS * 8000


def nothing(folder: Path) -> Path:
    return folder / "none.wav"


def a_folder(folder: Path) -> Path:
    return folder


def text(folder: Path) -> Path:
    path = folder / "quack.wav"
    path.write_text("quack")
    return path


def a_picture(folder: Path) -> Path:
    return make_clip(folder / "film.mp4", Clip(seconds=0.5, audio=()))


def too_short(folder: Path) -> Path:
    return write_sound(folder / "a.wav", 0.5 * np.ones((1, 1000)))


def silence(folder: Path) -> Path:
    return write_sound(folder / "a.wav", np.zeros((1, 48000)))


UNUSABLE = {
    nothing: "there is no such file",
    a_folder: "it is a folder",
    text: "Invalid data",
    a_picture: "there is no sound in it",
    too_short: "shorter than 0.05 s",
    silence: "nothing is to be heard",
}


@pytest.mark.parametrize("make", UNUSABLE)
def test_what_cannot_be_heard_is_told_by_name(tmp_path: Path, make: object) -> None:
    assert callable(make)
    path = make(tmp_path)

    with pytest.raises(OwnSoundUnusable) as failure:
        read_own_sound(path)

    assert str(path) in failure.value.what
    assert UNUSABLE[make] in failure.value.why
