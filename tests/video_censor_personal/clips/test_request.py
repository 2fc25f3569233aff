"""A clip of what a copy would be is the same as a clip of the copy that was rendered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media_clips import Clip, Samples, Track, make_clip
from tests.video_censor_personal.clips.played import Played, clip_of
from tests.video_censor_personal.render.made import Edit, edits_of, render
from video_censor_personal.clips.request import AllCut, CopyEdits
from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.edits.values import BoxAt, Cut, PictureEdit, SoundEdit
from video_censor_personal.findings.observations import Box
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.probe import probe
from video_censor_personal.render.mux import RenderOptions

_USUAL = AudioRemediation()
_STEP = 0.05
_PATH = (BoxAt(1.0, Box(0.1, 0.2, 0.3, 0.4)), BoxAt(2.0, Box(0.5, 0.3, 0.3, 0.4)))


def _noisy(time: float, width: int, height: int) -> NDArray[np.uint8]:
    """Large patches that change with the time, so that what hides them is seen."""
    patches = np.random.default_rng(int(time * 5)).integers(0, 255, (height // 16 + 1, width // 16 + 1, 3))
    return np.asarray(np.kron(patches, np.ones((16, 16, 1)))[:height, :width], np.uint8)


def _spoken(times: NDArray[np.float64], channel: int) -> Samples:
    """Bursts that come and go as syllables do; in 5.1, in the centre, with steady noise at the sides."""
    voice = 0.3 * np.sin(2 * np.pi * 700 * times) * (np.sin(2 * np.pi * 4 * times) > 0)
    return np.asarray(voice if channel in (0, 2) else 0.02 * np.sin(2 * np.pi * 300 * times), np.float32)


def _film(tmp_path: Path, suffix: str = ".mkv", layout: str = "stereo", seconds: float = 4.0) -> Path:
    track = Track("aac", layout, sound=_spoken, bit_rate=256_000)
    clip = Clip(seconds, size=(160, 128), audio=(track,), draw=_noisy, options={"g": "25"})
    return make_clip(tmp_path / f"film{suffix}", clip)


def _as_copied(edits: Sequence[Edit], film: Path, settings: AudioRemediation = _USUAL) -> CopyEdits:
    sounds = tuple(each.index for each in probe(film).of_kind("audio"))
    return CopyEdits(edits_of(edits), settings, sounds, (), film.suffix)


def _require_alike(clip: Played, copy: Played, seconds: float) -> None:
    """Make sure that two clips show and sound the same, but for what a second encoding does."""
    for number in range(int(seconds / _STEP) - 1):
        begin = number * _STEP
        one, other = (max(each.level(begin, begin + _STEP), -30.0) for each in (clip, copy))
        assert one == pytest.approx(other, abs=1.5), f"sound at {begin:.2f}"
        # Not just at the border of two pictures, whose clocks differ by a millisecond.
        was, now = (each.at(begin + 0.013).astype(int) for each in (clip, copy))
        assert np.abs(was - now).mean() < 6, f"picture at {begin:.2f}"


_HIDDEN: dict[str, tuple[list[Edit], AudioRemediation, str]] = {
    "silence and black": ([SoundEdit(1.5, 1.9, "silence"), PictureEdit(1.5, 1.9)], _USUAL, "stereo"),
    "begun before the clip, ending after it": (
        [SoundEdit(0.3, 3.5, "silence"), PictureEdit(0.2, 3.6, color="#00ff00")],
        _USUAL,
        "stereo",
    ),
    "a tone as loud as what was said": ([SoundEdit(1.5, 2.2, "bleep")], _USUAL, "stereo"),
    "a tone begun before": ([SoundEdit(0.6, 1.6, "bleep")], _USUAL, "stereo"),
    "quieter": ([SoundEdit(1.5, 2.2, "duck")], replace(_USUAL, duck_level=-12.0), "stereo"),
    "backwards, begun before": ([SoundEdit(0.7, 1.75, "reverse")], _USUAL, "stereo"),
    "the centre alone": ([SoundEdit(1.5, 2.2, "silence")], replace(_USUAL, scope="centre"), "5.1"),
    "a blur that moves": ([PictureEdit(1.2, 2.1, "blur", path=_PATH)], _USUAL, "stereo"),
    "a mosaic": ([PictureEdit(1.2, 2.1, "mosaic", strength=0.9)], _USUAL, "stereo"),
}


@pytest.mark.parametrize("name", _HIDDEN)
def test_what_is_hidden_is_hidden_as_in_the_copy(tmp_path: Path, name: str) -> None:
    edits, settings, layout = _HIDDEN[name]
    film = _film(tmp_path, layout=layout)
    copy = tmp_path / "copy.mkv"
    render(film, copy, edits, RenderOptions(audio=settings))

    clip = clip_of(film, 1.0, 1.5, _as_copied(edits, film, settings))

    _require_alike(clip, clip_of(copy, 1.0, 1.5), 1.5)
    # The comparison would tell if nothing was hidden.
    with pytest.raises(AssertionError):
        _require_alike(clip_of(film, 1.0, 1.5), clip, 1.5)


def test_a_picture_that_is_held_long_is_hidden_as_long_as_in_the_copy(tmp_path: Path) -> None:
    clip = Clip(frame_times=(0.0, 0.5, 3.0, 5.0), audio=(), draw=_noisy, options={"bf": "0"})
    film, copy = make_clip(tmp_path / "film.mkv", clip), tmp_path / "copy.mkv"
    edits = [PictureEdit(0.6, 0.7), PictureEdit(4.2, 4.3)]
    render(film, copy, edits)

    found = clip_of(film, 1.0, 3.0, _as_copied(edits, film))

    assert [image.max() < 40 for image in found.images] == [True, True]
    _require_alike(found, clip_of(copy, 1.0, 3.0), 3.0)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_what_is_cut_out_makes_the_clip_shorter(tmp_path: Path, suffix: str) -> None:
    film = _film(tmp_path, suffix)
    # Not at the borders of pictures; the first one ends before the clip, the last is only touched by it.
    edits: list[Edit] = [Cut(0.31, 0.53), Cut(1.31, 1.57), Cut(2.73, 3.2), SoundEdit(1.8, 2.1, "bleep")]
    copy = tmp_path / f"copy{suffix}"
    render(film, copy, edits)

    clip = clip_of(film, 1.0, 2.0, _as_copied(edits, film))

    assert clip.info.duration == pytest.approx(2.0 - 0.32 - 0.28, abs=0.03)
    _require_alike(clip, clip_of(copy, 1.0 - 0.28, 1.4), 1.4)


def test_where_all_is_cut_there_is_nothing_to_show(tmp_path: Path) -> None:
    film = _film(tmp_path)
    copy = _as_copied([Cut(0.5, 2.5)], film)

    with pytest.raises(AllCut, match=r"1\.0 to 2\.0 s"):
        clip_of(film, 1.0, 1.0, copy)
    assert issubclass(AllCut, MediaError)


def test_a_track_in_which_nothing_is_hidden_stays(tmp_path: Path) -> None:
    film = _film(tmp_path)
    copy = replace(_as_copied([SoundEdit(0.0, 4.0, "silence")], film), muted=())

    assert clip_of(film, 1.0, 0.5, copy).level(0.1, 0.4) > -20
    assert not clip_of(film, 1.0, 0.6, replace(copy, left_out=(1,))).info.of_kind("audio")


def test_only_what_is_near_counts_for_whether_a_clip_is_up_to_date() -> None:
    near, far = SoundEdit(10.0, 11.0, "silence"), SoundEdit(50.0, 51.0, "bleep")
    one = CopyEdits(edits_of([near]), muted=(1,)).within(9.0, 12.0).digest

    assert CopyEdits(edits_of([near, far]), muted=(1,)).within(9.0, 12.0).digest == one
    assert CopyEdits(edits_of([far]), muted=(1,)).within(9.0, 12.0).digest != one
    assert CopyEdits(edits_of([near]), muted=(2,)).within(9.0, 12.0).digest != one
