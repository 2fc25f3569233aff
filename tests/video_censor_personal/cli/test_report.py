"""`video-censor report`: from results to a page, without any other work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.media_clips import Clip, make_clip
from tests.support.programs import video_censor
from tests.video_censor_personal.targets.shelf import Shelf
from video_censor_personal.cli.report import report
from video_censor_personal.cli.run import run


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.edit("library.exports", [])
    shelf.add()
    shelf.run()
    assert not shelf.made("report.html").exists()
    return shelf


@pytest.mark.parametrize("name", ["film.mkv", "film.results.json", ".", ""])
def test_it_is_written_beside_the_results(
    shelf: Shelf, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [str(shelf.films / name)] if name else []
    assert run(["report", *named, "--json", "--config", str(shelf.config_file)]) == 0
    path = shelf.made("report.html")
    told = capsys.readouterr()
    assert json.loads(told.out)["reports"] == [str(path)]
    assert f"The report is {path}" in told.err
    assert "film.clean.mkv" in path.read_text()
    assert shelf.run().tasks == []


def test_a_key_without_effect_is_told(shelf: Shelf) -> None:
    shelf.edit("processing.max_workers", 4)
    shelf.library()  # writes the config
    done = video_censor(shelf.films, "report", "--config", shelf.config_file, "film.mkv")
    assert done.code == 0
    assert f"WARNING: {shelf.config_file}:" in done.err
    assert "processing.max_workers: has no effect" in done.err


def test_what_is_not_ours_stays(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(shelf.films / "film.mkv"), "--config", str(shelf.config_file)]
    shelf.made("report.html").write_text("mine")
    assert report(words) == 2
    assert "not known here to be as this program made it" in capsys.readouterr().err
    assert shelf.made("report.html").read_text() == "mine"
    assert report([*words, "--overwrite"]) == 0


def test_another_film_and_none_are_told(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(shelf.made("results.json")), "--config", str(shelf.config_file)]
    film = shelf.films / "film.mkv"
    film.rename(shelf.folder / "elsewhere.mkv")
    assert report(words) == 2
    assert "was not found" in capsys.readouterr().err
    make_clip(film, Clip(seconds=3.0, size=(64, 48), rate=10))
    assert report(words) == 1
    assert "is not the film that was looked at" in capsys.readouterr().err
    film.write_bytes(b"no film")
    assert report(words) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert not shelf.made("report.html").exists()


def test_what_is_written_is_told_though_other_reports_fail(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("damaged.mkv", "gone.mkv"):
        shelf.add(name, title=name)
    shelf.run("segments")
    (shelf.films / "damaged.mkv").write_bytes(b"no film")
    (shelf.films / "gone.mkv").unlink()
    results = [shelf.made("results.json", name) for name in ("damaged", "film", "gone")]
    capsys.readouterr()
    assert run(["report", *map(str, results), "--json", "--config", str(shelf.config_file)]) == 2
    told = capsys.readouterr()
    reply = json.loads(told.out)
    assert (reply["ok"], reply["exit_code"]) == (False, 2)
    assert reply["reports"] == [str(shelf.made("report.html"))]
    assert [each["kind"] for each in reply["problems"]] == ["media", reply["error"]["kind"]]
    assert "damaged.mkv" in reply["problems"][0]["what"]
    assert "gone" in reply["error"]["what"]
    assert told.err.count("error: ") == 2


@pytest.mark.parametrize("is_there", [True, False], ids=["with its film", "without its film"])
def test_damaged_results_in_a_folder_are_told(
    shelf: Shelf, is_there: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    results = shelf.made("results.json")
    results.write_text(results.read_text()[:-10])
    if not is_there:
        (shelf.films / "film.mkv").unlink()
    assert run(["report", str(shelf.films), "--config", str(shelf.config_file)]) != 0
    assert f"error: {results} is not valid JSON" in capsys.readouterr().err
