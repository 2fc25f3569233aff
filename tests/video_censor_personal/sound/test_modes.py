"""Real films, in which sound is hidden in every way: rendered, and found right or wrong by the check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pytest

from tests.support.media_clips import Clip, Samples, Track, make_clip, recorded
from tests.support.sounds import music, speech, write_sound
from tests.video_censor_personal.render.made import render, verify_render
from video_censor_personal.config.values import AudioMode, AudioRemediation
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.render.mux import RenderOptions, RenderReport

MODES = get_args(AudioMode)
SPANS = ((1.0, 1.3), (2.013, 2.1), (3.0, 4.5))
SECONDS = 5.5
FILMS = {
    "aac in mp4": (Track("aac", "stereo", 44100), ".mp4"),
    "aac at 8 kHz": (Track("aac", "mono", 8000, bit_rate=32_000), ".mp4"),
    "ac3 5.1": (Track("ac3", "5.1", bit_rate=448_000), ".mkv"),
    "opus in webm": (Track("libopus", "stereo"), ".webm"),
    "mp3": (Track("libmp3lame", "stereo"), ".mkv"),
    "flac 5.1": (Track("flac", "5.1"), ".mkv"),
    "pcm in mov": (Track("pcm_s16le", "stereo"), ".mov"),
    "vorbis, as aac": (Track("vorbis", "stereo"), ".mkv"),
}
CHANNELS = {"mono": 1, "stereo": 2, "5.1": 6}


def edits(mode: AudioMode) -> tuple[SoundEdit, ...]:
    return tuple(SoundEdit(start, end, mode) for start, end in SPANS)


def dialogue(layout: str, rate: int) -> Samples:
    """Return a voice over music: in the centre where there is one, else in all channels."""
    count = CHANNELS[layout]
    sound = np.stack([0.03 * music(SECONDS + 1, seed, rate) for seed in range(1, count + 1)])
    sound[2 if count > 2 else slice(None)] += 0.5 * speech(SECONDS + 1, rate=rate, seed=4)
    return sound.astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module", params=FILMS)
def film(request: pytest.FixtureRequest, folder: Path) -> Path:
    track, suffix = FILMS[request.param]
    sound = recorded(dialogue(track.layout, track.rate), track.rate)
    codec = "libvpx-vp9" if suffix == ".webm" else "libx264"
    clip = Clip(seconds=SECONDS, rate=5, video=codec, audio=(replace(track, sound=sound),))
    return make_clip(folder / f"{request.param.replace(' ', '-')}{suffix}", clip)


@pytest.fixture(scope="module")
def own(folder: Path) -> Path:
    return write_sound(folder / "own.wav", 0.5 * speech(0.7, seed=9)[np.newaxis])


def copy(film: Path, mode: AudioMode, settings: AudioRemediation) -> RenderReport:
    target = film.with_name(f"clean{film.suffix}")
    return render(film, target, edits(mode), RenderOptions(audio=settings))


@pytest.mark.parametrize("mode", MODES)
def test_what_was_hidden_is_found_hidden_that_way_and_no_other(
    film: Path, own: Path, mode: AudioMode
) -> None:
    settings = AudioRemediation(sound_file=own)

    report = copy(film, mode, settings)

    assert verify_render(film, report.output, edits(mode), report, settings) == []
    for other in MODES:
        if other != mode and (mode, other) != ("silence", "duck"):  # which hides more
            assert verify_render(film, report.output, edits(other), report, settings), other


@pytest.mark.parametrize("mode", MODES)
def test_words_that_are_a_sample_longer_than_what_is_measured_at_once(
    folder: Path, own: Path, mode: AudioMode
) -> None:
    """What is measured of an edit is cut to pieces of a fifth of a second, and one sample is no piece."""
    sound = dialogue("5.1", 48000)
    sound += 0.01 * np.random.default_rng(1).standard_normal(sound.shape).astype(np.float32)
    track = Track("ac3", "5.1", sound=recorded(sound, 48000), bit_rate=448_000)
    film = make_clip(folder / "words.mkv", Clip(seconds=SECONDS, rate=5, audio=(track,)))
    starts = np.arange(8) * 0.6137 + 0.3
    words = [
        SoundEdit(start, start + length, mode) for start, length in zip(starts, (0.2, 0.3) * 4, strict=True)
    ]
    settings = AudioRemediation(sound_file=own)

    report = render(film, folder / "clean.mkv", words, RenderOptions(audio=settings))

    assert verify_render(film, report.output, words, report, settings) == []
    plain = render(film, folder / "plain.mkv", [SoundEdit(5.3, 5.4, "silence")])
    problems = verify_render(film, plain.output, words, settings=settings)
    assert sum(f"from {word.start:.3f} to" in each for word in words for each in problems) == len(words)


@pytest.mark.parametrize("mode", MODES)
def test_what_was_not_hidden_is_found_each_time(film: Path, own: Path, mode: AudioMode) -> None:
    settings = AudioRemediation(sound_file=own)
    plain = render(film, film.with_name(f"plain{film.suffix}"), [SoundEdit(5.1, 5.2, "silence")])

    problems = verify_render(film, plain.output, edits(mode), settings=settings)

    for start, end in SPANS:
        assert any(f"from {start:.3f} to {end:.3f} s" in problem for problem in problems), problems


@pytest.mark.parametrize("mode", MODES)
def test_what_is_hidden_too_briefly_is_found(folder: Path, own: Path, mode: AudioMode) -> None:
    settings = AudioRemediation(sound_file=own)
    sound = recorded(dialogue("stereo", 48000), 48000)
    film = make_clip(folder / "brief.mp4", Clip(seconds=SECONDS, rate=5, audio=(Track(sound=sound),)))
    brief = [replace(each, end=each.end - 0.3) for each in edits(mode)[2:]]

    report = render(film, folder / "clean.mp4", brief, RenderOptions(audio=settings))

    assert verify_render(film, report.output, edits(mode)[2:], report, settings)


@pytest.mark.parametrize("name", ["ac3 5.1", "flac 5.1"])
@pytest.mark.parametrize("mode", MODES)
def test_the_centre_alone_is_hidden(folder: Path, own: Path, name: str, mode: AudioMode) -> None:
    track, suffix = FILMS[name]
    sound = recorded(dialogue(track.layout, track.rate), track.rate)
    film = make_clip(
        folder / f"centre{suffix}", Clip(seconds=SECONDS, rate=5, audio=(replace(track, sound=sound),))
    )
    settings = AudioRemediation(sound_file=own, scope="centre")

    report = copy(film, mode, settings)

    assert verify_render(film, report.output, edits(mode), report, settings) == []
    assert verify_render(film, report.output, edits(mode), report, replace(settings, scope="all"))
    assert report.warnings == ()


def test_a_centre_that_was_hidden_though_the_voice_is_elsewhere_too_is_found(folder: Path) -> None:
    """The copy of a film with its voice in the centre, checked as that of one with the voice everywhere."""
    sound = dialogue("5.1", 48000)
    everywhere = sound + 0.3 * np.tile(speech(SECONDS + 1, seed=4), (6, 1)).astype(np.float32)
    made = []
    for name, samples in (("one", sound), ("other", everywhere)):
        track = Track("flac", "5.1", sound=recorded(samples, 48000))
        made.append(make_clip(folder / f"{name}.mkv", Clip(seconds=SECONDS, rate=5, audio=(track,))))
    settings = AudioRemediation(scope="centre")
    report = render(made[0], folder / "clean.mkv", edits("silence"), RenderOptions(audio=settings))

    problems = verify_render(made[1], report.output, edits("silence"), settings=settings)

    assert any("stream 1 has" in problem and "dBFS" in problem for problem in problems)


def test_what_is_not_sure_to_be_in_the_centre_is_hidden_everywhere_and_told(folder: Path) -> None:
    sound = np.tile(0.4 * speech(SECONDS + 1, seed=4), (6, 1)).astype(np.float32)
    track = Track("ac3", "5.1", sound=recorded(sound, 48000), bit_rate=448_000)
    film = make_clip(folder / "everywhere.mkv", Clip(seconds=SECONDS, rate=5, audio=(track,)))
    settings = AudioRemediation(scope="centre")

    report = copy(film, "silence", settings)

    assert verify_render(film, report.output, edits("silence"), report, replace(settings, scope="all")) == []
    assert len(report.warnings) == 1
    assert "not the centre alone" in report.warnings[0]
    assert "and 2 times more" in report.warnings[0]


@pytest.mark.parametrize("mode", [*MODES, "each in turn"])
@pytest.mark.parametrize("ramp", [0.1, 1.0])
def test_words_that_are_closer_than_the_ramps_are_long(
    folder: Path, own: Path, ramp: float, mode: AudioMode | Literal["each in turn"]
) -> None:
    modes = MODES if mode == "each in turn" else (mode,) * len(MODES)
    near = tuple(
        SoundEdit(1.0 + at, 1.25 + at, each) for at, each in zip(np.arange(5) * 0.35, modes, strict=True)
    )
    sound = recorded(dialogue("stereo", 48000), 48000)
    film = make_clip(folder / "near.mkv", Clip(seconds=SECONDS, rate=5, audio=(Track("ac3", sound=sound),)))
    settings = AudioRemediation(sound_file=own, ramp=ramp)

    report = render(film, folder / "clean.mkv", near, RenderOptions(audio=settings))

    assert verify_render(film, report.output, near, report, settings) == []
    plain = render(film, folder / "plain.mkv", [SoundEdit(5.1, 5.2, "silence")])
    problems = verify_render(film, plain.output, near, settings=settings)
    assert sum(f"from {edit.start:.3f} to" in each for edit in near for each in problems) == len(near)


LATE = {
    "aac": (Track("aac"), ".mkv"),
    "aac in mp4": (Track("aac"), ".mp4"),
    "ac3 5.1": (Track("ac3", "5.1", bit_rate=448_000), ".mkv"),
    "flac": (Track("flac"), ".mkv"),
}


@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_hidden_before_a_sound_begins_or_as_it_does(
    folder: Path, own: Path, name: str, mode: AudioMode
) -> None:
    track, suffix = LATE[name]
    late = replace(track, start=2.0, sound=recorded(dialogue(track.layout, 48000), 48000))
    film = make_clip(folder / f"late{suffix}", Clip(seconds=SECONDS, rate=5, audio=(late,)))
    before, into = SoundEdit(0.5, 0.9, mode), SoundEdit(1.8, 2.4, mode)
    behind, over = SoundEdit(3.0, 3.5, mode), SoundEdit(5.2, 9.0, mode)
    words, settings = (before, into, behind, over), AudioRemediation(sound_file=own)

    report = render(film, folder / f"clean{suffix}", words, RenderOptions(audio=settings))

    assert verify_render(film, report.output, words, report, settings) == []
    plain = render(film, folder / f"plain{suffix}", [SoundEdit(4.5, 4.6, "silence")])
    problems = verify_render(film, plain.output, words, settings=settings)
    for edit in (into, behind, over):
        assert any(f"from {edit.start:.3f} to" in each for each in problems), problems


def test_several_modes_in_one_film(folder: Path, own: Path) -> None:
    mixed = tuple(
        SoundEdit(0.5 + at, 0.9 + at, mode) for at, mode in zip(np.arange(5) * 0.9, MODES, strict=True)
    )
    sound = recorded(dialogue("stereo", 48000), 48000)
    film = make_clip(folder / "mixed.mkv", Clip(seconds=SECONDS, rate=5, audio=(Track("ac3", sound=sound),)))
    settings = AudioRemediation(sound_file=own, ramp=0.02, duck_level=-15)

    report = render(film, folder / "clean.mkv", mixed, RenderOptions(audio=settings))

    assert verify_render(film, report.output, mixed, report, settings) == []
