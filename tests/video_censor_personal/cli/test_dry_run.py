"""`--dry-run` of films: what would be done and why, the room it takes, what would be refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.file_host import FileHost
from tests.video_censor_personal.cli.films import clean, names


def test_a_dry_run_tells_what_would_be_done_and_why(here: Path, config: Callable[..., Path]) -> None:
    path = config()
    before = names(here)
    reply = clean(here, path, "film.mp4", "--dry-run", "--json")
    assert reply.code == 0
    assert names(here) == before
    (film,) = reply.json["films"]
    groups = [each["task"].partition(":")[0] for each in film["tasks"]]
    assert groups == ["observe", "segments", "copy"]
    assert film["tasks"][2]["target"] == str(here / "film.clean.mp4")
    assert film["tasks"][2]["bytes"] == film["bytes"] == (here / "film.mp4").stat().st_size
    assert film["tasks"][2]["free"] > 0
    assert film["seconds"] is None

    clean(here, path, "film.mp4")
    assert "up to date" in clean(here, path, "film.mp4", "--dry-run").err
    path.write_text(path.read_text().replace("type: scripted", "type: scripted\n  threshold: 0.3"))
    (film,) = clean(here, path, "film.mp4", "--dry-run", "--json").json["films"]
    assert film["seconds"] == pytest.approx(2.5, abs=0.2)
    assert film["tasks"][0]["why"] == ["threshold of notes"]


def test_a_dry_run_without_a_film_is_about_the_library(here: Path, config: Callable[..., Path]) -> None:
    path = config(library={"films": [f"{here}/*.mkv"]})
    reply = clean(here, path, "--dry-run", "--json")
    assert [Path(each["input"]).name for each in reply.json["films"]] == ["other.mkv"]


def test_a_dry_run_of_one_film_by_flag_tells_its_tasks(here: Path, config: Callable[..., Path]) -> None:
    flags = ("--input", "film.mp4", "--output-video", "c.mp4", "--dry-run")
    reply = clean(here, config(), *flags, "--json")
    (film,) = reply.json["films"]
    assert [each["target"] for each in film["tasks"]] == [None, "results.json", "c.mp4"]


def everything(folder: Path) -> dict[Path, int]:
    """All files below a folder, and when each was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_dry_run_writes_nothing_anywhere(here: Path, config: Callable[..., Path], tmp_path: Path) -> None:
    path = config()
    before = everything(tmp_path)
    assert clean(here, path, "film.mp4", "other.mkv", "--dry-run").code == 0
    assert everything(tmp_path) == before


def test_what_would_be_refused_is_told_with_its_exit_code(here: Path, config: Callable[..., Path]) -> None:
    (here / "film.clean.mp4").write_text("mine")
    reply = clean(here, config(), "film.mp4", "other.mkv", "--dry-run", "--json")
    assert reply.code == 2
    refused, fine = reply.json["films"]
    assert refused["error"]["what"] == f"{here / 'film.clean.mp4'} cannot be written"
    assert refused["error"]["what"] in reply.err
    assert fine["error"] is None
    assert clean(here, config(), "film.mp4", "--dry-run", "--overwrite").code == 0

    (here / "film.clean.mp4").unlink()
    clean(here, config(), "film.mp4")
    (here / "film.results.json").write_text("[]")
    reply = clean(here, config(), "film.mp4", "--dry-run")
    assert reply.code == clean(here, config(), "film.mp4").code == 2
    assert "is no results file" in reply.err


def test_the_room_that_copies_take_is_added_up(here: Path, config: Callable[..., Path]) -> None:
    sizes = {name: (here / name).stat().st_size for name in ("film.mp4", "other.mkv")}
    reply = clean(here, config(), *sizes, "--dry-run", "--json")
    (room,) = reply.json["room"]
    assert (room["folder"], room["bytes"]) == (str(here), sum(sizes.values()))
    assert room["free"] > 0
    assert "Copies take up to 1" in reply.err

    path = config()
    clean(here, path, *sizes)
    path.write_text(path.read_text().replace("audio:", "audio:\n    mode: bleep"))
    (room,) = clean(here, path, *sizes, "--dry-run", "--json").json["room"]
    assert room["bytes"] == max(sizes.values()), "one copy after the other takes the place of an old one"


def test_models_that_would_be_fetched_are_told_with_size_and_licence(
    here: Path, config_file: Callable[..., Path], host: FileHost
) -> None:
    entry = host.entry("a", b"a" * 1000, size_bytes=1000, license="MIT")
    path = config_file(entry, detectors=[{"name": "s", "type": "speech", "model": "a"}])
    reply = clean(here, path, "film.mp4", "--dry-run", "--json")
    assert reply.code == 0
    assert "a: would be fetched (1.0 kB, MIT)" in reply.err
    assert reply.json["fetch"]["models"] == [{"name": "a", "bytes": 1000, "license": "MIT"}]
    assert reply.json["fetch"]["free"] > 0
    assert host.requests() == 0


def test_what_only_fetches_models_tells_of_no_films(here: Path, config: Callable[..., Path]) -> None:
    path = config(library={"films": [f"{here}/*.mkv"]})
    assert "films" not in clean(here, path, "--download-models", "--dry-run", "--json").json


def test_a_mistake_in_the_library_is_told(here: Path, config: Callable[..., Path]) -> None:
    path = config(library={"films": [f"{here}/*.mkv", f"{here}/*.avi"]})
    reply = clean(here, path, "--dry-run", "--json")
    assert reply.code == 2
    assert [Path(each["input"]).name for each in reply.json["films"]] == ["other.mkv"]
    (problem,) = reply.json["problems"]
    assert problem["what"] == f"No film for {here}/*.avi"
    assert names(here) == {"film.mp4", "other.mkv"}
