"""`video-censor review` and `--edit`: from the command line to the page, to the copy, and back."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from tests.support.programs import video_censor
from tests.support.review_program import running
from tests.support.waiting import wait_until
from tests.video_censor_personal.targets.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path)
    made.add()
    made.library()  # which writes the config
    return made


def test_edit_looks_first_and_the_copy_is_made_on_the_page(shelf: Shelf) -> None:
    film = shelf.films / "film.mkv"
    words = (film, "--edit", "--config", shelf.config_file, "--json")
    with running(shelf.folder, *words) as program:
        assert program.copy() == "none"
        assert not shelf.made("clean.mkv").exists()
        assert program.ask("POST", "/api/films/f0/render").status_code == 200
        wait_until(lambda: program.copy() == "current", program.process)
        program.ask("POST", "/api/quit")
        code, out = program.ended()
    assert code == 0
    (told,) = json.loads(out)["reviewed"]
    assert (told["copy"], told["output_video"]) == ("current", str(shelf.made("clean.mkv")))
    assert f"The clean copy of film.mkv: {shelf.made('clean.mkv')}" in program.told
    assert shelf.run().tasks in ([], ["exports"])  # the rest of the program has nothing to do any more


def test_edit_of_one_film_says_how_the_copy_is_made_without_the_page(shelf: Shelf) -> None:
    film, copy = shelf.films / "film.mkv", shelf.folder / "out.mkv"
    words = ("--input", film, "--output", "o.json", "--output-video", copy)
    with running(shelf.folder, *words, "--edit", "--config", shelf.config_file, "--quiet") as program:
        program.process.send_signal(signal.SIGINT)
        assert program.ended()[0] == 0
    assert not copy.exists()
    line = re.search(r"Make it: .*?(--input .*)$", program.told, re.MULTILINE)
    assert line
    assert video_censor(shelf.folder, *line[1].split()).code == 0
    assert copy.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_under_way_when_it_is_ended_is_told(shelf: Shelf, number: signal.Signals) -> None:
    shelf.run("segments")
    with running(shelf.folder, "review", "--config", shelf.config_file) as program:
        program.ask("POST", "/api/films/f0/render")
        program.process.send_signal(number)
        code, _ = program.ended()
    was_made = shelf.made("clean.mkv").exists()
    assert code == (0 if was_made else 130)
    assert ("was not finished" in program.told) != was_made
    assert not list(shelf.films.glob("*.partial*"))


def test_a_page_that_was_started_by_nohup_outlives_its_terminal(shelf: Shelf) -> None:
    shelf.run("segments")
    words = ("review", "--config", shelf.config_file)
    with running(shelf.folder, *words, before=["nohup"]) as program:
        program.process.send_signal(signal.SIGHUP)
        assert program.copy() == "none"
        program.ask("POST", "/api/quit")
        assert program.ended()[0] == 0


def test_a_mistake_is_told_before_anything_is_shown(shelf: Shelf) -> None:
    film = shelf.films / "film.mkv"
    for words, expected in (
        (("review", film), "--edit"),
        (("review", "--port", "99999"), "port"),
        (("review", "--nonsense"), "review --help"),
        (("--edit", "--download-models"), "without a film"),
    ):
        told = video_censor(shelf.folder, *words, "--config", shelf.config_file)
        assert told.code in {2, 3}
        assert expected in told.err
        assert "Traceback" not in told.err
    assert "FOLDER" in video_censor(shelf.folder, "review", "--help").out
