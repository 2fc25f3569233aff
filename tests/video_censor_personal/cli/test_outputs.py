"""`video-censor`: nothing that it did not make is overwritten, and mistakes are found before any work."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.file_host import FileHost
from tests.support.media_clips import Clip, make_clip
from tests.support.programs import Outcome, video_censor


@pytest.fixture
def here(film_folder: Path) -> Path:
    words = [{"start": 0.5, "end": 0.7, "label": "Profanity", "score": 0.9, "text": "damn"}]
    (film_folder / "script.json").write_text(json.dumps(words))
    return film_folder


@pytest.fixture
def config(config_file: Callable[..., Path], here: Path) -> Callable[..., Path]:
    def write(mode: str = "silence") -> Path:
        notes = {"type": "scripted", "script": str(here / "script.json"), "categories": ["Profanity"]}
        audio = {"enabled": True, "mode": mode, "categories": ["Profanity"]}
        return config_file(detectors=[notes], remediation={"audio": audio})

    return write


@pytest.fixture
def clean(here: Path, config: Callable[..., Path]) -> Callable[..., Outcome]:
    def run(*more: object, output: str = "r.json", copy: str = "clean.mp4", mode: str = "silence") -> Outcome:
        outputs = ("--output", output, "--output-video", copy, "--json")
        return video_censor(here, "--input", "film.mp4", *outputs, "--config", config(mode), *more)

    return run


Run = Callable[..., Outcome]


def observed(here: Path) -> list[Path]:
    """What an analysis or a fetch leaves behind."""
    return list((here.parent / "models").rglob("*.jsonl"))


def foreign(path: Path) -> None:
    make_clip(path, Clip(seconds=0.5))


FOREIGN: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a video": ("clean.mp4", foreign),
    "a text": ("clean.mp4", lambda path: path.write_text("mine")),
    "an empty file": ("clean.mp4", lambda path: path.touch()),
    "another JSON": ("r.json", lambda path: path.write_text('{"name": "x"}')),
    "no JSON": ("r.json", lambda path: path.write_text("mine")),
    "results of another film": (
        "r.json",
        lambda path: path.write_text('{"metadata": {"file": "other.mkv"}, "segments": []}'),
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_others_made_is_replaced_only_with_overwrite(here: Path, clean: Run, name: str) -> None:
    file, make = FOREIGN[name]
    make(here / file)
    before = (here / file).read_bytes()

    reply = clean()

    assert reply.code == 2
    assert reply.json["error"]["kind"] == "config"
    assert file in reply.err
    assert "--overwrite" in reply.err
    assert (here / file).read_bytes() == before
    assert observed(here) == []
    assert {path.name for path in here.iterdir()} == {"film.mp4", "script.json", file}

    assert clean("--dry-run").code == 2
    reply = clean("--overwrite")
    assert reply.code == 0, reply.err
    assert (here / file).read_bytes() != before
    assert observed(here)


def test_nothing_is_fetched_for_a_run_that_cannot_end_well(
    here: Path, config_file: Callable[..., Path], host: FileHost
) -> None:
    config = config_file(host.entry("a", b"a"), detectors=[{"type": "speech", "model": "a"}])
    (here / "clean.mp4").write_text("mine")
    files = ("--input", "film.mp4", "--output-video", "clean.mp4")
    assert video_censor(here, *files, "--config", config, "--download-models").code == 2
    assert host.requests() == 0


def moved(here: Path) -> str:
    (here / "shelf").mkdir()
    (here / "clean.mp4").rename(here / "shelf" / "film.mp4")
    return "shelf/film.mp4"


def copied(here: Path) -> str:
    shutil.copy(here / "clean.mp4", here / "again.mp4")
    return "again.mp4"


def touched(here: Path) -> str:
    (here / "clean.mp4").touch()
    return "clean.mp4"


@pytest.mark.parametrize("change", [lambda _here: "clean.mp4", moved, copied, touched])
def test_our_own_copy_is_replaced_wherever_it_went(
    here: Path, clean: Run, change: Callable[[Path], str]
) -> None:
    assert clean().code == 0
    copy = change(here)
    before = (here / copy).read_bytes()
    reply = clean(copy=copy, mode="bleep")
    assert reply.code == 0, reply.err
    assert (here / copy).read_bytes() != before


def test_our_copy_is_known_after_force(here: Path, clean: Run) -> None:
    assert clean().code == 0
    assert clean("--force").code == 0
    assert clean(mode="bleep").code == 0


@pytest.mark.parametrize(
    "edit",
    [
        lambda content: content + b"\0",
        lambda content: content[:-1],
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        lambda content: content[: len(content) // 2] + b"#" + content[len(content) // 2 + 1 :],
    ],
    ids=["longer", "shorter", "its end", "its middle"],
)
def test_a_copy_that_somebody_worked_on_is_theirs(
    here: Path, clean: Run, edit: Callable[[bytes], bytes]
) -> None:
    assert clean().code == 0
    copy = here / "clean.mp4"
    copy.write_bytes(edit(copy.read_bytes()))
    before = copy.read_bytes()
    reply = clean(mode="bleep")
    assert reply.code == 2
    assert "is not known here to be as this program made it" in reply.err
    assert copy.read_bytes() == before


@pytest.mark.parametrize("which", ["output", "copy"])
@pytest.mark.parametrize("aim", ["there", "nowhere"])
def test_a_link_is_refused_for_both(here: Path, clean: Run, which: str, aim: str) -> None:
    assert clean().code == 0
    name = "r.json" if which == "output" else "clean.mp4"
    (here / name).rename(here / f"there-{name}")
    (here / name).symlink_to(f"{aim}-{name}")
    before = sorted((path.name, path.lstat().st_mtime_ns) for path in here.iterdir())
    reply = clean(mode="bleep")
    assert reply.code == 2
    assert f"{name} cannot be written: it is a link to {aim}-{name}" in reply.err
    assert sorted((path.name, path.lstat().st_mtime_ns) for path in here.iterdir()) == before


def test_missing_folders_are_made_for_both(here: Path, clean: Run) -> None:
    assert clean(output="out/a/r.json", copy="out/b/c/clean.mp4").code == 0
    assert (here / "out/a/r.json").is_file()
    assert (here / "out/b/c/clean.mp4").is_file()


@pytest.mark.parametrize(("output", "copy"), [("/proc/x/r.json", "c.mp4"), ("r.json", "/proc/x/c.mp4")])
def test_a_place_where_nothing_can_be_written_is_told_before_any_work(
    here: Path, clean: Run, output: str, copy: str
) -> None:
    reply = clean(output=output, copy=copy)
    assert reply.code == 2
    assert "nothing can be written in /proc" in reply.err
    assert observed(here) == []


def edited(here: Path, **change: Any) -> None:
    document = json.loads((here / "r.json").read_text())
    document["segments"][0] |= change
    (here / "r.json").write_text(json.dumps(document))


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt key": ({"alow": True}, 'segment 1 has a key that means nothing: "alow"'),
    "a text for a boolean": ({"allow": "true"}, "leave out the quotes"),
    "past the end": ({"start_time": "01:00", "end_time": "01:01"}, '"profanity-0.5" is from 00:01:00.000'),
}


@pytest.mark.parametrize("from_segments", [True, False])
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_results_is_told_before_any_work(
    here: Path, clean: Run, name: str, from_segments: bool
) -> None:
    assert clean().code == 0
    change, message = MISTAKES[name]
    edited(here, **change)
    before = (here / "r.json").read_bytes()
    copy = (here / "clean.mp4").stat()
    reply = clean("--force", *(("--input-segments", "r.json") if from_segments else ()), output="r.json")
    assert reply.code == 2
    assert reply.json["error"]["kind"] == "segments"
    assert message in reply.err
    assert (here / "r.json").read_bytes() == before
    assert (here / "clean.mp4").stat() == copy


def test_an_edit_in_seconds_counts_and_is_told_once(here: Path, clean: Run) -> None:
    assert clean().code == 0
    edited(here, end_time_seconds=0.9)
    reply = clean()
    assert reply.code == 0, reply.err
    assert '"end_time_seconds" counts: it was edited' in reply.err
    (segment,) = json.loads((here / "r.json").read_text())["segments"]
    assert (segment["end_time"], segment["end_time_seconds"]) == ("00:00:00.900", 0.9)
    assert reply.json["analysis"]["output_video_written"] is True
    again = clean()
    assert "counts" not in again.err
    assert again.json["analysis"]["output_written"] is False
