from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media_clips import Clip, Track, make_clip
from tests.video_censor_personal.render.made import Edit, render, verify_render
from tests.video_censor_personal.render.odd_films import ODD_FILMS
from tests.video_censor_personal.render.pictures import RED
from tests.video_censor_personal.render.spoilt import Spoil, spoilt, until
from video_censor_personal.edits.values import PictureEdit, SoundEdit
from video_censor_personal.media.probe import probe
from video_censor_personal.render.mux import RenderReport


@dataclass(frozen=True)
class Made:
    """A film's right copy, with a word muted at its beginning, in its middle and at its end."""

    source: Path
    edits: tuple[Edit, ...]
    report: RenderReport

    def problems(self, copy: Path) -> list[str]:
        return verify_render(self.source, copy, self.edits, self.report)


def edits_of(name: str) -> tuple[Edit, ...]:
    """Return three mutes, a bleep and two covered spans, from where a film has both sound and picture."""
    clip = ODD_FILMS[name][2]
    sound = clip.audio[0].start if clip.audio else 0.0
    picture = clip.frame_times[0] if clip.frame_times else 0.0
    origin = min(sound, picture) if clip.audio else picture
    begin, end = max(sound, picture) - origin, clip.seconds - origin
    return (
        SoundEdit(begin, begin + 0.3, "silence"),
        SoundEdit(begin + 0.8, begin + 1.1, "silence"),
        SoundEdit(begin + 1.3, begin + 1.5, "bleep"),
        SoundEdit(end - 0.3, end, "silence"),
        PictureEdit(begin + 0.5, begin + 0.8, color=RED),
        PictureEdit(end - 0.2, end, color=RED),
    )


MADE: dict[str, Made] = {}


def made_of(name: str, folder: Path) -> Made:
    if name not in MADE:
        suffix, copied, clip = ODD_FILMS[name]
        source = make_clip(folder / f"film{suffix}", clip)
        edits = edits_of(name)
        MADE[name] = Made(source, edits, render(source, folder / f"clean{copied}", edits))
    return MADE[name]


@pytest.mark.parametrize("name", ODD_FILMS)
def test_every_film_that_plays_gets_its_copy(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    made = made_of(name, tmp_path_factory.mktemp("odd"))

    assert made.problems(made.report.output) == []
    assert made.report.covered
    assert bool(made.report.muted) == bool(ODD_FILMS[name][2].audio)


def without(*numbers: int) -> Callable[[tuple[Edit, ...]], list[Edit]]:
    return lambda edits: [edit for number, edit in enumerate(edits) if number not in numbers]


def half(number: int, *, first: bool) -> Callable[[tuple[Edit, ...]], list[Edit]]:
    """Return what hides only one half of an edit."""

    def changed(edits: tuple[Edit, ...]) -> list[Edit]:
        edit = edits[number]
        assert isinstance(edit, SoundEdit)
        middle = (edit.start + edit.end) / 2
        part = SoundEdit(edit.start, middle, edit.mode) if first else SoundEdit(middle, edit.end, edit.mode)
        return [*edits[:number], part, *edits[number + 1 :]]

    return changed


def silent(edits: tuple[Edit, ...]) -> list[Edit]:
    bleep = edits[2]
    return [*edits[:2], SoundEdit(bleep.start, bleep.end, "silence"), *edits[3:]]


WRONG: dict[str, tuple[Callable[[tuple[Edit, ...]], list[Edit]], str]] = {
    "the first word": (without(0), "dBFS from"),
    "the word in the middle": (without(1), "dBFS from"),
    "the last word": (without(3), "dBFS from"),
    "the bleep": (without(2), "has no tone from|dBFS from"),
    "silence for a bleep": (silent, "has no tone from"),
    "half a word": (half(1, first=True), "dBFS from"),
    "the other half": (half(1, first=False), "dBFS from"),
    "half of the first word": (half(0, first=True), "dBFS from"),
    "half of the last word": (half(3, first=False), "dBFS from"),
    "the picture": (without(4), "shows something"),
    "the last picture": (without(5), "shows something"),
}
HARD = ("aac, 8 kHz", "opus, mono", "mp3, avi with B-frames", "wma, wmv", "sound 10 s late", "a-law, mov")
"""Films with a codec or a clock for which the check makes allowances."""


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("left", WRONG)
def test_what_was_left_is_found_in_every_one(
    tmp_path_factory: pytest.TempPathFactory, name: str, left: str
) -> None:
    change, reason = WRONG[left]
    made = made_of(name, tmp_path_factory.mktemp("odd"))
    copy = made.source.with_name(f"wrong{made.report.output.suffix}")
    render(made.source, copy, change(made.edits))

    problems = made.problems(copy)

    assert any(part in problem for part in reason.split("|") for problem in problems), problems


SPOILS: dict[str, Callable[[dict[str, int], float], Spoil]] = {
    "the sound is late": lambda index, _: Spoil(move={index["audio"]: 0.02}),
    "the sound is early": lambda index, _: Spoil(move={index["video"]: 0.02}),
    "the sound is cut short": lambda index, end: Spoil(change=until(end - 0.5, index["audio"])),
    "the picture is cut short": lambda index, end: Spoil(change=until(end - 0.5, index["video"])),
    "all is cut short": lambda _, end: Spoil(change=until(end - 0.5)),
}


@pytest.mark.parametrize("name", HARD)
def test_a_copy_that_was_moved_or_cut_is_found_in_every_one(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    made = made_of(name, tmp_path_factory.mktemp("odd"))
    output = made.report.output
    index = {stream.kind: stream.index for stream in probe(output).streams}

    assert made.problems(spoilt(output, Spoil())) == []
    for spoil in SPOILS.values():
        assert made.problems(spoilt(output, spoil(index, made.edits[3].end)))


def noise(seconds: float, level: float, rate: int) -> NDArray[np.int16]:
    samples = np.random.default_rng(3).standard_normal((1, round(seconds * rate))) * 10 ** (level / 20)
    return np.round(samples * 32767).astype(np.int16)


def sounding(path: Path, sound: NDArray[np.int16], rate: int) -> Path:
    """Write a film of one black picture a second with this sound."""
    with av.open(str(path), "w") as output:
        video: Any = output.add_stream("libx264", rate=1, width=64, height=48)
        video.pix_fmt = "yuv420p"
        audio: Any = output.add_stream("pcm_s16le", rate=rate, layout="mono")
        for second in range(sound.shape[1] // rate):
            picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            picture.pts = second
            output.mux(video.encode(picture))
            part = np.ascontiguousarray(sound[:, second * rate : (second + 1) * rate])
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
            frame.sample_rate, frame.pts = rate, second * rate
            output.mux(audio.encode(frame))
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    return path


@pytest.mark.parametrize("level", [-20.0, -45.0, -75.0])
@pytest.mark.parametrize("length", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("mode", ["silence", "bleep"])
def test_a_quiet_word_that_was_left_is_found_however_short(
    tmp_path: Path, level: float, length: float, mode: Any
) -> None:
    source = sounding(tmp_path / "film.mov", noise(3, level, 16000), 16000)
    edits = [SoundEdit(1.0, 1.0 + length, mode)]

    right = render(source, tmp_path / "right.mov", edits)
    wrong = render(source, tmp_path / "wrong.mov", [SoundEdit(2.5, 2.7, mode)])

    assert verify_render(source, right.output, edits, right) == []
    problems = verify_render(source, wrong.output, edits, wrong)
    # 0.05 s at -75 dBFS are nothing that anybody could hear.
    assert problems or (level, length, mode) == (-75.0, 0.05, "silence")


@pytest.mark.parametrize("mode", ["silence", "bleep"])
def test_memory_does_not_grow_with_an_edit(tmp_path: Path, mode: Any) -> None:
    rate, seconds = 8000, 120
    source = sounding(tmp_path / "film.mov", noise(seconds, -20, rate), rate)
    edits = [SoundEdit(5, seconds - 5, mode)]
    report = render(source, tmp_path / "clean.mov", edits)

    tracemalloc.start()
    problems = verify_render(source, report.output, edits, report)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert problems == []
    assert peak < 2 * 2**20 < (seconds - 10) * rate * 8 / 3


def test_one_second_left_in_a_long_mute_is_found(tmp_path: Path) -> None:
    source = sounding(tmp_path / "film.mov", noise(120, -30, 8000), 8000)
    edits = [SoundEdit(5, 115, "silence")]
    report = render(
        source,
        tmp_path / "clean.mov",
        [SoundEdit(5, 60, "silence"), SoundEdit(60.05, 115, "silence")],
    )

    (problem,) = verify_render(source, report.output, edits, report)

    assert "dBFS from 5.000 to 115.000 s" in problem


def test_a_film_cut_short_is_copied_as_far_as_it_plays_and_it_is_said(tmp_path: Path) -> None:
    source = tmp_path / "film.mkv"
    whole = make_clip(source, Clip(8.0, size=(64, 48), audio=(Track("ac3"),))).read_bytes()
    source.write_bytes(whole[: round(0.97 * len(whole))])
    edits = (SoundEdit(1.0, 1.2, "silence"),)

    report = render(source, tmp_path / "clean.mkv", edits)

    assert verify_render(source, report.output, edits, report) == []
    assert any("says that it lasts 8.0" in warning for warning in report.warnings)


class Pipe:
    """Takes bytes, and cannot go back: a header written to it cannot say how long the film is."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, data: bytes) -> int:
        self.content += data
        return len(data)


def test_a_film_that_does_not_say_how_long_it_is_gets_its_copy(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.webm", ODD_FILMS["opus, webm"][2])
    pipe = Pipe()
    with av.open(str(whole)) as one, av.open(pipe, "w", format="webm") as other:
        streams = {s.index: other.add_stream_from_template(s, opaque=True) for s in one.streams}
        for packet in one.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                other.mux(packet)
    source = tmp_path / "film.webm"
    source.write_bytes(pipe.content)
    with av.open(str(source)) as container:
        assert container.duration is None
    edits = edits_of("opus, webm")

    report = render(source, tmp_path / "clean.webm", edits)

    assert verify_render(source, report.output, edits, report) == []
    assert not any("says that it lasts" in warning for warning in report.warnings)


def test_a_film_whose_pictures_change_their_size_gets_its_copy(tmp_path: Path) -> None:
    first = Clip(2.0, size=(160, 96), audio=())
    second = Clip(2.0, size=(96, 64), frame_times=tuple(2 + n / 25 for n in range(50)), audio=())
    parts = [make_clip(tmp_path / f"{number}.ts", clip) for number, clip in enumerate((first, second))]
    source = tmp_path / "film.ts"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    edits = (PictureEdit(0.5, 0.8, color=RED), PictureEdit(2.5, 2.8, color=RED))

    report = render(source, tmp_path / "clean.mkv", edits)

    assert verify_render(source, report.output, edits, report) == []
    assert verify_render(source, report.output, [*edits, PictureEdit(3.2, 3.4, color=RED)], report)
