"""Stretches are cut out of all streams of a film, and what is left stays together."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.media_clips import Captions, Clip, Track, make_clip
from tests.video_censor_personal.render.in_step import RATE, STEP, cuts_between, in_step, pairs_of
from tests.video_censor_personal.render.made import Edit, render, verify_render
from tests.video_censor_personal.render.pictures import RED
from tests.video_censor_personal.render.spoilt import Spoil, spoilt
from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.edits.values import Cut, PictureEdit, SoundEdit
from video_censor_personal.media.probe import probe
from video_censor_personal.media.subtitles import read_tracks, track_sources
from video_censor_personal.render.cutting import NothingLeft
from video_censor_personal.render.mux import RenderOptions

HALF_A_FRAME = 500 / RATE
"""Milliseconds."""
COUNT = 9
"""Flashes of a film with seven cuts."""


@pytest.mark.parametrize(("suffix", "count"), [(".mkv", 100), (".mp4", 28), (".mp4", 7)])
def test_sound_and_picture_stay_together(tmp_path: Path, suffix: str, count: int) -> None:
    source = in_step(tmp_path / f"film{suffix}", count + 1)
    cuts = cuts_between(count)

    report = render(source, tmp_path / f"clean{suffix}", cuts)

    assert verify_render(source, report.output, cuts, report) == []
    before, after = pairs_of(source), pairs_of(report.output)
    assert len(report.work.cuts.spans) == count
    assert len(after.apart) == len(before.apart) == count + 1
    late = np.array(after.apart) - np.array(before.apart)
    assert np.abs(late).max() < 1.5  # a container's millisecond, and a sample
    taken = sum(end - start for start, end in report.work.cuts.spans)
    assert after.flashes[-1] == pytest.approx(before.flashes[-1] - float(taken), abs=0.002)


def _varying() -> tuple[float, ...]:
    """Return times of pictures that come now and then, among them those of the flashes."""
    steps = np.random.default_rng(5).uniform(0.04, 0.12, 400)
    between = [float(time) for time in np.cumsum(steps) if 0.03 < time % STEP < STEP - 0.045]
    flashes = [number * STEP + extra for number in range(COUNT + 1) for extra in (0.0, 0.04)]
    end = COUNT * STEP - 0.2
    return tuple(sorted({round(time, 3) for time in (*between, *flashes) if time < end}))


@dataclass(frozen=True)
class Kind:
    """A film: its suffix and that of its copy, its sound, its picture, and how many pairs it has at least."""

    suffix: str
    to: str
    track: Track
    clip: Clip
    pairs: int = COUNT


SIZE = (64, 48)
OPTIONS = {"bf": "2", "g": "50"}
SHORT = Track("pcm_s24le", samples=40)
"""Packets as short as TrueHD's, of which there is no encoder: two of them may have the same millisecond."""
PLAIN = Clip(size=SIZE, options=OPTIONS)


def _from(seconds: float) -> Clip:
    times = tuple(
        number / RATE for number in range(round(seconds * RATE), round((COUNT * STEP - 0.2) * RATE))
    )
    return Clip(size=SIZE, options=OPTIONS, frame_times=times)


KINDS = {
    "aac, 44.1 kHz": Kind(".mp4", ".mp4", Track("aac", rate=44100), PLAIN),
    "aac, 8 kHz, mono": Kind(".mkv", ".mkv", Track("aac", "mono", 8000, bit_rate=32000), PLAIN),
    "mp3": Kind(".mkv", ".mkv", Track("libmp3lame", rate=44100), PLAIN),
    "mp3 in mp4": Kind(".mp4", ".mp4", Track("libmp3lame", rate=44100), PLAIN),
    "opus": Kind(".mkv", ".mkv", Track("libopus"), PLAIN),
    "vp9 and opus": Kind(".webm", ".webm", Track("libopus"), Clip(video="libvpx-vp9", size=SIZE)),
    "pcm": Kind(".mov", ".mov", Track("pcm_s16le"), PLAIN),
    "flac, 5.1": Kind(".mkv", ".mkv", Track("flac", "5.1"), PLAIN),
    "wavpack": Kind(".mkv", ".mkv", Track("wavpack"), PLAIN),
    "wavpack, from 3 s on": Kind(".mkv", ".mkv", Track("wavpack", start=3.0), PLAIN, 6),
    "wavpack, from 6 s on": Kind(".mkv", ".mkv", Track("wavpack", start=6.0), PLAIN, 3),
    "packets shorter than a millisecond": Kind(".mkv", ".mkv", SHORT, PLAIN),
    "packets shorter than a millisecond, from 5 s on": Kind(
        ".mkv", ".mkv", replace(SHORT, start=5.0), PLAIN, 4
    ),
    "h265": Kind(".mkv", ".mp4", Track("aac"), Clip(video="libx265", size=SIZE, options={"g": "50"})),
    "a recording": Kind(".ts", ".mkv", Track("ac3"), PLAIN),
    "a recording to mp4": Kind(".ts", ".mp4", Track("aac"), PLAIN),
    "avi": Kind(".avi", ".mkv", Track("libmp3lame"), Clip(video="mpeg4", size=SIZE, options={"bf": "2"})),
    "a picture now and then": Kind(".mkv", ".mkv", Track("aac"), Clip(size=SIZE, frame_times=_varying())),
    "a picture now and then, mp4": Kind(
        ".mp4", ".mp4", Track("aac"), Clip(size=SIZE, frame_times=_varying())
    ),
    "sound from 5 s on": Kind(".mkv", ".mkv", Track("aac", start=5.0), PLAIN, 4),
    "sound from 5 s on, mp4": Kind(".mp4", ".mp4", Track("aac", start=5.0), PLAIN, 4),
    "picture from 3 s on": Kind(".mkv", ".mkv", Track("aac"), _from(3.0), 6),
    "picture from 3 s on, mp4": Kind(".mp4", ".mp4", Track("aac"), _from(3.0), 6),
    "all from 2 s on": Kind(".mkv", ".mkv", Track("ac3", start=2.016), _from(2.0), 7),
}


@pytest.mark.parametrize("name", KINDS)
def test_films_of_every_kind_stay_together(tmp_path: Path, name: str) -> None:
    kind = KINDS[name]
    source = in_step(tmp_path / f"film{kind.suffix}", COUNT, kind.track, kind.clip)
    cuts = cuts_between(7)

    report = render(source, tmp_path / f"clean{kind.to}", cuts)

    assert verify_render(source, report.output, cuts, report) == []
    before, after = pairs_of(source), pairs_of(report.output)
    assert len(before.apart) >= kind.pairs
    assert len(after.apart) == len(before.apart)
    assert max(map(abs, np.array(after.apart) - np.array(before.apart))) < HALF_A_FRAME / 4


WHOLE = Clip(
    seconds=8.0,
    size=SIZE,
    options=OPTIONS,
    audio=(Track("aac", language="eng"), Track("ac3", rate=44100, language="spa")),
    chapters=((0.0, 2.5, "One"), (2.5, 3.5, "Two"), (3.5, 8.0, "Three")),
)
TEXTS = (
    (0.5, 1.5, "before"),
    (1.6, 2.6, "into"),
    (2.7, 3.2, "within"),
    (3.3, 4.5, "out of"),
    (6.0, 7.0, "last"),
)
TAKEN = Cut(2.2, 3.8)
TOGETHER: dict[str, tuple[Edit, ...]] = {
    "one": (TAKEN,),
    "at the very beginning": (Cut(0.0, 1.3),),
    "at the very end": (Cut(6.5, 8.0),),
    "at both ends": (Cut(0.0, 0.7), Cut(7.3, 99.0)),
    "sound hidden elsewhere": (TAKEN, SoundEdit(0.6, 0.9, "silence"), SoundEdit(5.0, 5.5, "bleep")),
    "sound hidden within": (TAKEN, SoundEdit(2.5, 3.0, "silence")),
    "sound hidden into the cut": (TAKEN, SoundEdit(1.8, 3.0, "silence")),
    "sound hidden out of the cut": (TAKEN, SoundEdit(3.0, 4.3, "silence")),
    "a bleep around the cut": (TAKEN, SoundEdit(1.7, 4.4, "bleep")),
    "sound lowered around the cut": (TAKEN, SoundEdit(1.7, 4.4, "duck")),
    "sound turned round around the cut": (TAKEN, SoundEdit(1.7, 4.4, "reverse")),
    "a picture covered elsewhere": (TAKEN, PictureEdit(5.0, 5.3, color=RED)),
    "a picture covered into the cut": (TAKEN, PictureEdit(1.9, 3.0, color=RED)),
    "a picture covered out of the cut": (TAKEN, PictureEdit(3.0, 4.1, color=RED)),
    "a picture covered around the cut": (TAKEN, PictureEdit(1.9, 4.1, color=RED)),
    "a picture blurred around the cut": (TAKEN, PictureEdit(1.9, 4.1, "blur")),
    "all of it": (
        *(Cut(0.0, 0.3), TAKEN, Cut(5.5, 5.51), Cut(7.8, 8.0)),
        *(SoundEdit(1.8, 2.5, "silence"), SoundEdit(6.0, 6.4, "bleep")),
        *(PictureEdit(3.5, 4.2, color=RED), PictureEdit(6.1, 6.3, color=RED)),
    ),
}


def whole(folder: Path, suffix: str) -> Path:
    codec = "srt" if suffix == ".mkv" else "mov_text"
    return make_clip(folder / f"film{suffix}", replace(WHOLE, subtitles=(Captions(codec, "eng", TEXTS),)))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("name", TOGETHER)
def test_cuts_go_with_all_that_is_hidden(tmp_path: Path, name: str, suffix: str) -> None:
    source, edits = whole(tmp_path, suffix), TOGETHER[name]

    report = render(source, tmp_path / f"clean{suffix}", edits)

    assert verify_render(source, report.output, edits, report) == []


@pytest.mark.parametrize(
    ("suffix", "to"), [(".mkv", ".mkv"), (".mp4", ".mp4"), (".mkv", ".mp4"), (".mp4", ".mkv")]
)
def test_texts_and_chapters_follow(tmp_path: Path, suffix: str, to: str) -> None:
    source = whole(tmp_path, suffix)

    report = render(source, tmp_path / f"clean{to}", [TAKEN])  # 2.2 to 3.84: 1.64 s

    info = probe(report.output)
    [text] = read_tracks(info, track_sources(info)).values()
    cues = [(cue.text, round(cue.start, 2), round(cue.end, 2)) for cue in text.cues]
    assert cues == [("before", 0.5, 1.5), ("into", 1.6, 2.2), ("out of", 2.2, 2.86), ("last", 4.36, 5.36)]
    assert [(each.title, round(each.start, 2)) for each in info.chapters] == [("One", 0.0), ("Three", 2.2)]
    assert info.duration == pytest.approx(8.0 - 1.64, abs=0.1)


SPOILS: dict[str, tuple[tuple[Edit, ...], str]] = {
    "not cut": ((), "frames instead of|lasts"),
    "not cut all": ((Cut(2.2, 3.4),), "frames instead of|lasts"),
    "cut too much": ((Cut(2.2, 4.2),), "frames instead of|lasts"),
    "cut somewhere else": ((Cut(5.2, 6.8),), "does not sound like|not like the film|late"),
    "cut a little later": ((Cut(2.32, 3.92),), "late|not like the film|texts|chapter"),
}


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("name", SPOILS)
def test_a_copy_that_is_cut_otherwise_is_found(tmp_path: Path, name: str, suffix: str) -> None:
    done, reason = SPOILS[name]
    source = whole(tmp_path, suffix)
    report = render(source, tmp_path / f"right{suffix}", [TAKEN])
    wrong = render(source, tmp_path / f"wrong{suffix}", done)

    problems = verify_render(source, wrong.output, [TAKEN], report)

    assert any(re.search(reason, problem) for problem in problems), problems


LATE = {"the first sound": 1, "the other sound": 2, "the picture": 0, "the text": 3}


@pytest.mark.parametrize("what", LATE)
def test_what_moved_in_a_copy_is_found(tmp_path: Path, what: str) -> None:
    source = whole(tmp_path, ".mkv")
    report = render(source, tmp_path / "clean.mkv", [TAKEN])
    assert verify_render(source, spoilt(report.output, Spoil()), [TAKEN], report) == []
    assert verify_render(source, spoilt(report.output, Spoil(move={LATE[what]: 0.03})), [TAKEN], report)


@pytest.mark.parametrize("track", [Track("flac"), SHORT], ids=["flac", "short packets"])
def test_sound_that_drifts_behind_a_cut_is_found(tmp_path: Path, track: Track) -> None:
    """The picture is cut as it should be, the sound a little less at the first cut and more at the second."""
    source = in_step(tmp_path / "film.mkv", COUNT, track)
    cuts = cuts_between(3)
    report = render(source, tmp_path / "right.mkv", cuts)
    alone = _joined([(source, "audio")], tmp_path / "film.mka")
    exact = [Cut(float(start), float(end)) for start, end in report.work.cuts.spans]
    right = render(alone, tmp_path / "right.mka", exact).output
    first, second, third = exact
    shifted = (replace(first, end=first.end - 0.03), replace(second, end=second.end + 0.03), third)
    wrong = render(alone, tmp_path / "wrong.mka", shifted).output

    def problems(sound: Path) -> list[str]:
        parts = [(report.output, "video"), (sound, "audio")]
        return verify_render(source, _joined(parts, tmp_path / "copy.mkv"), cuts, report)

    assert problems(right) == []
    assert [each for each in problems(wrong) if "30 ms late" in each]


def _joined(parts: list[tuple[Path, str]], target: Path) -> Path:
    """Put streams of some files, each the first of a kind, into one."""
    with ExitStack() as stack:
        output = stack.enter_context(av.open(str(target), "w"))
        found = []
        for path, kind in parts:
            source = stack.enter_context(av.open(str(path)))
            stream = next(each for each in source.streams if each.type == kind)
            found.append((source, stream, output.add_stream_from_template(stream, opaque=True)))
        for source, stream, made in found:
            for packet in source.demux(stream):
                if packet.size:
                    packet.stream = made
                    output.mux(packet)
    return target


def test_a_film_of_sound_alone_is_cut_exactly(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "talk.flac", Clip(seconds=6.0, video=None, audio=(Track("flac"),)))
    cuts = (Cut(0.0, 0.5003), Cut(2.0001, 3.1234), Cut(5.0, 99.0))

    report = render(source, tmp_path / "clean.flac", cuts)

    assert verify_render(source, report.output, cuts, report) == []
    assert probe(report.output).duration == pytest.approx(5 - 0.5003 - 1.1233, abs=0.0001)


def test_a_sound_that_a_copy_has_twice_is_cut_twice(tmp_path: Path) -> None:
    source = whole(tmp_path, ".mkv")
    edits = (TAKEN, SoundEdit(5.0, 5.4, "silence"))
    settings = AudioRemediation(enabled=True, add_track=True)

    report = render(source, tmp_path / "clean.mkv", edits, RenderOptions(tracks=(1,), audio=settings))

    assert [each.info.title for each in report.plan.choices][1:3] == [
        "English (clean)",
        "English (untouched)",
    ]
    assert verify_render(source, report.output, edits, report, settings) == []


def test_cuts_that_leave_nothing_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    source = whole(tmp_path, ".mkv")
    with pytest.raises(NothingLeft, match=r"all of stream 0 \(video, h264\)"):
        render(source, tmp_path / "clean.mkv", [Cut(0.0, 8.5)])
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]


def test_a_track_of_which_nothing_is_left_is_left_out(tmp_path: Path) -> None:
    late = replace(WHOLE, audio=(Track("flac"), Track("flac", start=6.5, language="spa")))
    source = make_clip(tmp_path / "film.mkv", late)
    cuts = (Cut(6.4, 8.5),)

    report = render(source, tmp_path / "clean.mkv", cuts)

    assert any(
        "without stream 2 (audio, flac, spa): the cuts take all of it" in each for each in report.warnings
    )
    assert verify_render(source, report.output, cuts, report) == []


def test_a_cut_that_takes_nothing_is_told(tmp_path: Path) -> None:
    source = whole(tmp_path, ".mkv")
    report = render(source, tmp_path / "clean.mkv", [Cut(50.0, 51.0)])
    assert [each for each in report.warnings if "nothing is cut at 50.000 s" in each]
    assert report.work.cuts.spans == ()


def test_other_tracks_are_cut_too_and_it_is_said_that_nobody_heard_them(tmp_path: Path) -> None:
    source = whole(tmp_path, ".mkv")
    edits = (TAKEN, SoundEdit(5.0, 5.4, "silence"))
    report = render(source, tmp_path / "clean.mkv", edits, RenderOptions(tracks=(1,)))
    assert [each for each in report.warnings if "(audio, ac3, spa) is cut, but not muted" in each]
    assert verify_render(source, report.output, edits, report) == []
