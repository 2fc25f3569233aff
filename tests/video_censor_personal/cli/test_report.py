"""`video-censor report`: from results to a page, without any other work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modeltasks.errors import Failure
from tests.support.media_clips import Clip, make_clip
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


def test_what_is_not_ours_stays(shelf: Shelf) -> None:
    words = [str(shelf.films / "film.mkv"), "--config", str(shelf.config_file)]
    shelf.made("report.html").write_text("mine")
    with pytest.raises(Failure, match="not as this program made it"):
        report(words)
    assert shelf.made("report.html").read_text() == "mine"
    assert report([*words, "--overwrite"]) == 0


def test_another_film_and_none_are_told(shelf: Shelf) -> None:
    words = [str(shelf.made("results.json")), "--config", str(shelf.config_file)]
    film = shelf.films / "film.mkv"
    film.rename(shelf.folder / "elsewhere.mkv")
    with pytest.raises(Failure):
        report(words)
    assert not shelf.made("report.html").exists()
    make_clip(film, Clip(seconds=3.0, size=(64, 48), rate=10))
    with pytest.raises(Failure, match="is not the film that was looked at"):
        report(words)
    film.write_bytes(b"no film")
    with pytest.raises(Failure, match="cannot be read"):
        report(words)
    assert not shelf.made("report.html").exists()
