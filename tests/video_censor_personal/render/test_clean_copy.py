from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from modeltasks.report.progress import Unit
from modeltasks.support.cancel import CancelToken
from tests.support.media_clips import Clip, make_clip
from tests.support.sounds import speech, write_sound
from tests.video_censor_personal.render.made import copied
from video_censor_personal.config import Config, parse_config
from video_censor_personal.errors import UsageError, WouldOverwrite
from video_censor_personal.findings.segments import Segment
from video_censor_personal.media.probe import probe
from video_censor_personal.pipeline import AnalysisPipeline
from video_censor_personal.render.clean_copy import Copier
from video_censor_personal.sound.own_sound import OwnSoundUnusable

AUDIO = "audio: {enabled: true, categories: [Profanity]}"
VIDEO = "video: {enabled: true, mode: none, category_modes: {Nudity: blank}}"


def config(*parts: str) -> Config:
    kinds = "detectors: [{type: scripted, categories: [Profanity, Nudity]}]\n"
    return parse_config(f"{kinds}remediation: {{{', '.join(parts)}}}", "c.yaml")


def found(start: float, end: float, category: str, **more: Any) -> Segment:
    return Segment(f"{category}-{start}", start, end, category, (category,), "", 0.9, **more)


WORD, SCENE = found(0.2, 0.3, "Profanity"), found(0.5, 0.8, "Nudity")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "film.mp4", Clip(seconds=1.0))


def black(path: Path) -> list[int]:
    """Return the numbers of the black frames."""
    with av.open(str(path)) as container:
        frames: list[Any] = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    return [number for number, image in enumerate(frames) if np.max(image) < 20]


COPIES: dict[str, tuple[tuple[Segment, ...], tuple[str, ...], int, list[int]]] = {
    "words and scenes": ((WORD, SCENE), (AUDIO, VIDEO), 2, list(range(12, 21))),
    "scenes only": ((WORD, SCENE), (VIDEO,), 1, list(range(12, 21))),
    "words only": ((WORD, SCENE), (AUDIO,), 1, []),
    "nothing enabled": ((WORD, SCENE), (), 0, []),
    "the scene is allowed": ((WORD, found(0.5, 0.8, "Nudity", allow=True)), (AUDIO, VIDEO), 1, []),
    "the scene is for the ear only": (
        (found(0.5, 0.8, "Nudity", video_remediation="none", audio_remediation="silence"),),
        (AUDIO, VIDEO),
        1,
        [],
    ),
    "the word is for the eye, too": (
        (found(0.2, 0.3, "Profanity", video_remediation="blank"),),
        (AUDIO, VIDEO),
        2,
        [5, 6, 7],
    ),
}


@pytest.mark.parametrize("name", COPIES)
def test_sound_and_picture_are_changed_as_configured(tmp_path: Path, film: Path, name: str) -> None:
    segments, parts, edits, covered = COPIES[name]

    copy = copied(
        Copier(tmp_path / "notes", CancelToken()), film, tmp_path / "o.mp4", segments, config(*parts)
    )

    assert (copy.edits, copy.written) == (edits, True)
    assert black(copy.path) == covered


AGAIN: dict[str, tuple[Mapping[str, str], bool]] = {
    "nothing": ({}, False),
    "the colour": ({"blank}": "blank}, blank_color: '#ffffff'"}, True),
    "the mode": ({"Nudity: blank": "Nudity: none"}, True),
    "a mode that changes nothing": ({"Nudity: blank": "Nudity: blank, Profanity: none"}, False),
}


@pytest.mark.parametrize("name", AGAIN)
def test_a_copy_is_made_again_when_its_picture_would_change(tmp_path: Path, film: Path, name: str) -> None:
    edits, written = AGAIN[name]
    video = VIDEO
    for old, new in edits.items():
        video = video.replace(old, new)
    copier = Copier(tmp_path / "notes", CancelToken())
    copied(copier, film, tmp_path / "o.mp4", [WORD, SCENE], config(AUDIO, VIDEO))

    copy = copied(copier, film, tmp_path / "o.mp4", [WORD, SCENE], config(AUDIO, video))

    assert copy.written is written


REFUSED: dict[str, tuple[Segment, str, str]] = {
    "a word nobody knows": (found(0.5, 0.8, "Nudity", video_remediation="smudge"), VIDEO, "is 'smudge'"),
    "nor for the sound": (found(0.5, 0.8, "Nudity", audio_remediation="mute"), VIDEO, "is 'mute'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_refused_before_any_work(tmp_path: Path, film: Path, name: str) -> None:
    segment, video, reason = REFUSED[name]
    there = sorted(tmp_path.rglob("*"))

    with pytest.raises(UsageError, match=reason):
        copied(
            Copier(tmp_path / "notes", CancelToken()),
            film,
            tmp_path / "o.mp4",
            [segment],
            config(AUDIO, video),
        )

    assert sorted(tmp_path.rglob("*")) == there


def test_a_copy_is_forced_where_nothing_can_be_noted(tmp_path: Path, film: Path) -> None:
    (tmp_path / ".analysis").touch()
    (tmp_path / "s.json").write_text('{"segments": []}')
    pipeline = AnalysisPipeline(film, {"models": {"cache_dir": str(tmp_path)}})
    pipeline.load(tmp_path / "s.json")

    assert pipeline.render(tmp_path / "o.mp4", force=True).written


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_not_taken_for_a_copy(tmp_path: Path, film: Path) -> None:
    output = tmp_path / "o.mp4"
    output.write_bytes(b"somebody's")
    output.chmod(0o200)

    with pytest.raises(WouldOverwrite):
        Copier(tmp_path / "notes", CancelToken()).check(film, output)


class Recorded:
    """A progress that remembers what it was shown, one thing after the other."""

    def __init__(self) -> None:
        self.began: list[tuple[str, float | None, Unit]] = []
        self.done: list[float] = []
        self.closed = True

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> Recorded:
        assert self.closed
        self.began.append((label, total, unit))
        self.done.append(done)
        self.closed = False
        return self

    def advance(self, count: float) -> None:
        assert count > 0
        self.done[-1] += count

    def close(self) -> None:
        self.closed = True


def test_how_far_it_is_is_shown_while_it_is_made(tmp_path: Path, film: Path) -> None:
    shown = Recorded()

    copied(Copier(tmp_path / "notes", CancelToken(), shown), film, tmp_path / "o.mp4", [SCENE], config(VIDEO))

    length = probe(film).duration
    labels = ["writing the clean copy", "checking the clean copy"]
    assert shown.began == [(label, length, "seconds") for label in labels]
    assert all(0.8 * length < done <= length for done in shown.done)
    assert shown.closed


def own_sound(level: float, path: Path) -> Config:
    write_sound(path, level * speech(0.5)[np.newaxis])
    return config(f"audio: {{enabled: true, categories: [Profanity], mode: sound, sound_file: {path}}}")


def test_a_copy_is_made_again_when_the_content_of_the_own_sound_changes(tmp_path: Path, film: Path) -> None:
    copier, path = Copier(tmp_path / "notes", CancelToken()), tmp_path / "own.wav"
    words = [found(0.3, 0.7, "Profanity")]
    first = copied(copier, film, tmp_path / "o.mp4", words, own_sound(0.5, path))
    same = copied(copier, film, tmp_path / "o.mp4", words, own_sound(0.5, path))
    moved = copied(copier, film, tmp_path / "o.mp4", words, own_sound(0.5, tmp_path / "moved.wav"))

    other = copied(copier, film, tmp_path / "o.mp4", words, own_sound(0.4, path))

    assert [each.written for each in (first, same, moved, other)] == [True, False, False, True]


def test_an_own_sound_that_is_none_is_refused_before_any_work(tmp_path: Path, film: Path) -> None:
    path = tmp_path / "own.wav"
    wanted = own_sound(0.5, path)
    path.write_text("quack")

    with pytest.raises(OwnSoundUnusable, match="cannot be used"):
        Copier(tmp_path / "notes", CancelToken()).plan(probe(film), tmp_path / "o.mp4", wanted)
    assert not (tmp_path / "o.mp4").exists()
