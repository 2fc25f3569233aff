from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.support.media_clips import Clip, Track, make_clip, recorded
from tests.video_censor_personal.render.made import render, verify_render
from tests.video_censor_personal.render.spoilt import Spoil, flipped, spoilt, until
from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.render.mux import RenderOptions, RenderReport

EDITS = (SoundEdit(0.6, 0.8, "silence"), SoundEdit(1.4, 1.6, "bleep"))
CLIP = Clip(
    audio=(Track("ac3", language="eng"), Track("ac3", language="spa")),
    subtitles=(("subrip", "eng"),),
    chapters=((0.0, 1.0, "One"), (1.0, 2.5, "Two")),
)


SPOILS: dict[str, tuple[Spoil, str]] = {
    "a stream is missing": (Spoil(drop=frozenset({3})), "3 streams instead of 4"),
    "a bit of the video differs": (Spoil(change=flipped(0)), "content of its 62 packets differs"),
    "a bit of the other language differs": (Spoil(change=flipped(2)), "stream 2 .* differs|stream 2 has"),
    "a subtitle is missing": (Spoil(change=until(1.0, 3)), "1 packets instead of 2"),
    "the end is missing": (Spoil(change=until(1.8)), "ends at 1.8.* instead of 2.5"),
    "the chapters are missing": (Spoil(keep_chapters=False), "0 chapters instead of 2"),
    "the language is missing": (Spoil(language="fra"), "language was eng and is fra"),
    "the copied track is late": (Spoil(move={2: 0.02}), "stream 2 .* begins at"),
    "the muted track is a little late": (Spoil(move={1: 0.006}), "stream 1 sounds 6.0 ms late"),
    "the muted track is a little early": (
        Spoil(move={1: -0.004}),
        "-4.0 ms late|stream 0 .* begins at 0.004",
    ),
    "the muted track ends early": (Spoil(change=until(2.0, 1)), "stream 1 .* ends at 2.0"),
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RenderReport]:
    source = make_clip(tmp_path_factory.mktemp("film") / "film.mkv", CLIP)
    return source, render(source, source.with_name("clean.mkv"), EDITS, RenderOptions(tracks=(1,)))


@pytest.mark.parametrize("name", SPOILS)
@pytest.mark.parametrize("with_report", [True, False])
def test_what_is_wrong_with_a_copy_is_found(
    clean: tuple[Path, RenderReport], tmp_path: Path, name: str, with_report: bool
) -> None:
    source, report = clean
    spoil, reason = SPOILS[name]
    copy = tmp_path / "clean.mkv"
    copy.write_bytes(report.output.read_bytes())

    problems = verify_render(source, spoilt(copy, spoil), EDITS, report if with_report else None)

    assert problems, name
    assert any(re.search(reason, problem) for problem in problems), problems


def test_a_copy_remuxed_without_changes_is_fine(clean: tuple[Path, RenderReport], tmp_path: Path) -> None:
    source, report = clean
    copy = tmp_path / "clean.mkv"
    copy.write_bytes(report.output.read_bytes())

    assert verify_render(source, spoilt(copy, Spoil()), EDITS, report) == []


LEAKS: dict[str, tuple[tuple[SoundEdit, ...], str]] = {
    "nothing was muted": ((), "from 0.600 to 0.800 s"),
    "one of two": (EDITS[:1], "from 1.400 to 1.600 s"),
    "not long enough": ((SoundEdit(0.6, 0.72, "silence"), EDITS[1]), "from 0.600 to 0.800 s"),
    "a bleep where silence was asked for": ((SoundEdit(0.6, 0.8, "bleep"), EDITS[1]), "more than -90"),
    "a bleep that begins late": ((EDITS[0], SoundEdit(1.47, 1.6, "bleep")), "more than -30"),
}


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("name", LEAKS)
def test_a_word_left_audible_is_found(tmp_path: Path, name: str, suffix: str) -> None:
    done, reason = LEAKS[name]
    source = make_clip(tmp_path / f"film{suffix}", Clip())
    report = render(source, tmp_path / f"clean{suffix}", done)

    problems = verify_render(source, report.output, EDITS)

    assert any(reason in problem for problem in problems), problems


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 3000.0])
def test_what_a_codec_makes_of_a_bleep_beside_silence_is_no_fault(tmp_path: Path, hertz: float) -> None:
    sound = np.zeros((6, 48000 * 3), np.float32)
    sound[:, 48000:57600] = 0.3 * np.random.default_rng(1).standard_normal((6, 9600))
    track = Track("aac", "5.1", sound=recorded(sound, 48000), bit_rate=384000)
    source = make_clip(tmp_path / "film.mp4", Clip(seconds=3.0, rate=5, audio=(track,)))
    edits = (SoundEdit(0.693, 1.553, "bleep"),)
    options = RenderOptions(audio=AudioRemediation(bleep_frequency=hertz))
    report = render(source, tmp_path / "clean.mp4", edits, options)
    assert verify_render(source, report.output, edits, report, AudioRemediation(bleep_frequency=hertz)) == []


def test_a_bleep_of_another_pitch_is_what_was_asked_for(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip())

    options = RenderOptions(audio=AudioRemediation(bleep_frequency=700))
    report = render(source, tmp_path / "clean.mp4", EDITS, options)

    assert verify_render(source, report.output, EDITS, report, AudioRemediation(bleep_frequency=700)) == []
    assert verify_render(source, report.output, EDITS, report)


def test_a_steady_tone_is_not_taken_for_a_shift(tmp_path: Path) -> None:
    """Sound that fits itself at many places must not be a false alarm: the check would delete good work."""
    source = make_clip(tmp_path / "film.mkv", Clip(audio=(Track("ac3", "mono"),)))
    humming = (SoundEdit(0.0, 1.0, "bleep"), SoundEdit(1.0, 2.5, "bleep"))
    hum = render(source, tmp_path / "hum.mkv", humming).output

    report = render(hum, tmp_path / "clean.mkv", EDITS)

    assert verify_render(hum, report.output, EDITS, report) == []
