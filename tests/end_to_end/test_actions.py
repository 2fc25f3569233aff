"""Actions that cannot be done are named before any work, and nothing is written or overwritten."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.media_clips import Clip, Track, make_clip
from tests.support.programs import Outcome, video_censor
from video_censor_personal.media.probe import probe

WORD = {"start_time_seconds": 0.3, "end_time_seconds": 0.5, "category": "Profanity", "labels": ["Profanity"]}
SCENE = {"start_time_seconds": 1.0, "end_time_seconds": 1.5, "category": "Nudity", "labels": ["Nudity"]}
FILM = Clip(seconds=2.0, size=(64, 48), rate=10)
SOUND = Clip(seconds=2.0, video=None)
SKIPS = {"video": {"metadata_output": {"skip_chapters": {"enabled": True}}}}


@dataclass(frozen=True)
class Asked:
    """What is asked for: of the config, of the segments, and where the copy is to be."""

    remediation: dict[str, Any] = field(default_factory=dict)
    scene: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    suffix: str = ".mkv"
    film: Clip = FILM


def video(**keys: Any) -> dict[str, Any]:
    return {"video": {"enabled": True, "mode": "none", **keys}}


def audio(**keys: Any) -> dict[str, Any]:
    return {"audio": {"enabled": True, "categories": ["Profanity"], **keys}}


def ask(folder: Path, asked: Asked, *flags: str) -> Outcome:
    """Ask for a copy of a film with a word and a scene; films, config and results are in the folder."""
    make_clip(folder / "film.mkv", asked.film)
    config = {"version": 1, "models": {"cache_dir": str(folder / "cache")}, **asked.more}
    (folder / "c.yaml").write_text(yaml.safe_dump({**config, "remediation": asked.remediation}))
    segments = [WORD, {**SCENE, **asked.scene}]
    (folder / "r.json").write_text(json.dumps({"metadata": {"file": "film.mkv"}, "segments": segments}))
    files = ("--input", "film.mkv", "--input-segments", "r.json", "--output-video", f"clean{asked.suffix}")
    return video_censor(folder, *files, "--config", "c.yaml", *flags)


REFUSED: dict[str, tuple[Asked, str]] = {
    "an action of the picture that nobody knows": (Asked(video(mode="smudge")), "mode"),
    "one of a category": (Asked(video(category_modes={"Nudity": "smudge"})), "smudge"),
    "one of a segment": (Asked(video(), {"video_remediation": "smudge"}), "smudge"),
    "an action of the sound that nobody knows": (Asked(audio(mode="beep")), "beep"),
    "a sound of a segment": (Asked(audio(), {"audio_remediation": "beep"}), "beep"),
    "a color that is none": (Asked(video(mode="blank", blank_color="reddish")), "reddish"),
    "a color of a category": (
        Asked(video(category_modes={"Nudity": {"mode": "box", "color": "#12345"}})),
        "#12345",
    ),
    "a color of a segment": (Asked(video(), {"video_style": {"color": "reddish"}}), "video_style"),
    "a strength out of range": (Asked(video(mode="blur", strength=1.5)), "strength"),
    "a strength of a segment": (Asked(video(), {"video_style": {"strength": -1}}), "video_style"),
    "an area that is none": (Asked(video(mode="blur", area="faces")), "faces"),
    "an area of a segment": (Asked(video(), {"video_style": {"area": "faces"}}), "video_style"),
    "a tone that nobody hears": (Asked(audio(mode="bleep", bleep_frequency=5)), "bleep_frequency"),
    "a ducking that makes it louder": (Asked(audio(mode="duck", duck_level=3)), "duck_level"),
    "an own sound that is not named": (Asked(audio(mode="sound")), "sound_file"),
    "a ramp below nothing": (Asked(audio(ramp=-1)), "ramp"),
    "a mask of subtitles that is none": (Asked({"subtitles": {"mode": "erase"}}), "erase"),
    "chapters in a file that keeps none": (Asked(more=SKIPS, suffix=".wav", film=SOUND), "chapters"),
    "chapters in a FLAC": (Asked(more=SKIPS, suffix=".flac", film=SOUND), "chapters"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_named_before_any_work(tmp_path: Path, name: str) -> None:
    asked, named = REFUSED[name]
    copy = tmp_path / f"clean{asked.suffix}"
    copy.write_bytes(b"somebody's")
    there = {"film.mkv", "c.yaml", "r.json", copy.name}

    done = ask(tmp_path, asked, "--overwrite")

    assert done.code == 2, done.err
    assert named in done.err
    assert "Traceback" not in done.err
    assert copy.read_bytes() == b"somebody's"
    assert {each.name for each in tmp_path.iterdir()} - {"cache"} == there


@pytest.mark.parametrize("name", ["chapters in a file that keeps none", "chapters in a FLAC"])
def test_the_suffix_that_is_advised_works(tmp_path: Path, name: str) -> None:
    asked, _ = REFUSED[name]
    refusal = ask(tmp_path, asked).err
    suffix = refusal.partition("suffix ")[2].partition(",")[0]
    (tmp_path / "film.mkv").unlink()
    again = ask(tmp_path, Asked(more=SKIPS, suffix=suffix, film=SOUND))
    assert again.code == 0, again.err
    titles = [each.title for each in probe(tmp_path / f"clean{suffix}").chapters]
    assert [title for title in titles if title.startswith("skip: ")] == [
        "skip: Profanity [100%]",
        "skip: Nudity [100%]",
    ]


def test_a_copy_says_what_was_done_and_is_known_for_one(tmp_path: Path) -> None:
    asked = Asked({**video(category_modes={"Nudity": "blank"}), **audio()}, more=SKIPS)
    done = ask(tmp_path, asked)
    assert done.code == 0, done.err
    assert "1 sound of" in done.err
    assert "1 picture of 0.5 s covered (blank), 2 chapters to skip" in done.err
    made = probe(tmp_path / "clean.mkv")
    assert made.plan is not None
    (tmp_path / "film.mkv").unlink()
    (tmp_path / "clean.mkv").rename(tmp_path / "again.mkv")
    files = ("--input", "again.mkv", "--input-segments", "r.json", "--output-video", "clean.mkv")
    again = video_censor(tmp_path, *files, "--config", "c.yaml")
    assert again.code == 0, again.err
    assert "again.mkv says that it is a clean copy" in again.err
    assert probe(tmp_path / "clean.mkv").plan not in (None, made.plan)


def test_a_film_with_a_dub_keeps_both_and_its_tags(tmp_path: Path) -> None:
    clip = Clip(
        seconds=2.0,
        size=(64, 48),
        rate=10,
        audio=(Track(language="eng"), Track(language="spa")),
        chapters=((0.0, 1.0, "One"), (1.0, 2.0, "Two")),
        metadata={"title": "My film"},
    )
    done = ask(tmp_path, Asked({**video(mode="blank"), **audio()}, more=SKIPS, suffix=".mp4", film=clip))
    assert done.code == 0, done.err
    made = probe(tmp_path / "clean.mp4")
    assert [each.language for each in made.of_kind("audio")] == ["eng", "spa"]
    titles = [each.title for each in made.chapters]
    assert [title for title in titles if not title.startswith("skip: ")] == ["One", "One", "Two"]
