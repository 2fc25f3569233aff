"""A file of subtitles beside a film comes, changes or goes: what runs then, and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.video_censor_personal.targets.shelf import Shelf, aged
from video_censor_personal.targets.cleaning import remove_copy

SRT = "1\n00:00:00,300 --> 00:00:00,700\noh damn\n"
ALL = ["observe", "segments", "copy", "exports"]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A shelf with one film and its subtitles, of which all is made."""
    made = Shelf(tmp_path / "shelf")
    made.config["detectors"].append({"name": "reader", "type": "subtitles", "align": False})
    made.add()
    put(made, "film.srt", SRT)
    first = made.run()
    assert (first.tasks, first.observed) == (ALL, ["eye", "reader"])
    return made


def put(shelf: Shelf, name: str, text: str) -> None:
    path = shelf.films / name
    path.write_text(text)
    aged(path)


TOLD = ["texts of reader"]
EDITS: dict[str, tuple[Callable[[Shelf], object], list[str], list[str]]] = {
    "nothing": (lambda shelf: None, [], []),
    "its time": (lambda shelf: aged(shelf.films / "film.srt"), [], []),
    "it is written again": (lambda shelf: put(shelf, "film.srt", SRT), [], []),
    "another word": (lambda shelf: put(shelf, "film.srt", SRT.replace("damn", "hell")), ["reader"], TOLD),
    "another name": (
        lambda shelf: (shelf.films / "film.srt").rename(shelf.films / "film.en.srt"),
        ["reader"],
        TOLD,
    ),
    "another file": (lambda shelf: put(shelf, "film.eng.srt", SRT), ["reader"], TOLD),
    "it is gone": (lambda shelf: (shelf.films / "film.srt").unlink(), ["reader"], TOLD),
    "one of another film": (lambda shelf: put(shelf, "other.srt", SRT), [], []),
    "one in another language": (
        lambda shelf: put(shelf, "film.fr.srt", SRT),
        [],
        ["subtitles film.fr.srt"],
    ),
    "what we wrote ourselves": (lambda shelf: put(shelf, "film.hidden.srt", SRT), [], []),
}


@pytest.mark.parametrize("edit", EDITS)
def test_only_what_a_text_changes_is_made_again(shelf: Shelf, edit: str) -> None:
    change, observed, told = EDITS[edit]
    change(shelf)
    assert list(shelf.state().why_stale()) == told
    ran = shelf.run()
    assert ran.observed == observed
    assert ran.tasks[:2] == (["observe", "segments"] if observed else ["copy"] if told else [])
    assert shelf.run().tasks == []


def test_one_of_two_that_goes_is_read_by_nobody(shelf: Shelf) -> None:
    put(shelf, "film.en.srt", SRT.replace("damn", "hell"))
    assert shelf.run().observed == ["reader"]
    (shelf.films / "film.en.srt").unlink()
    ran = shelf.run()
    assert (ran.observed, ran.tasks[0]) == ([], "segments")
    assert "hell" not in shelf.made("results.json").read_text()


def test_what_it_no_longer_says_is_no_longer_found(shelf: Shelf) -> None:
    assert "in film.srt" in shelf.made("results.json").read_text()
    put(shelf, "film.srt", SRT.replace("damn", "dear"))
    shelf.run()
    assert "in film.srt" not in shelf.made("results.json").read_text()


def test_clean_files_lie_beside_the_copy_and_are_no_film_s(shelf: Shelf) -> None:
    clean = shelf.made("clean.srt")
    assert clean.read_text() == SRT.replace("damn", "****")
    shelf.made("clean.mkv").unlink()
    ran = shelf.run()
    assert (ran.tasks, ran.observed) == (["copy"], [])
    assert not shelf.made("clean.clean.srt").exists()


def test_a_clean_file_that_is_gone_or_edited_is_made_again(shelf: Shelf) -> None:
    clean = shelf.made("clean.srt")
    clean.unlink()
    assert list(shelf.state().why_stale()) == ["film.clean.srt is gone"]
    assert shelf.run().tasks == ["copy"]
    assert clean.read_text() == SRT.replace("damn", "****")


def test_a_clean_file_goes_with_the_one_that_it_was_made_of(shelf: Shelf) -> None:
    (shelf.films / "film.srt").rename(shelf.films / "film.en.srt")
    shelf.run()
    assert shelf.made("clean.en.srt").exists()
    assert not shelf.made("clean.srt").exists()


def test_cleaning_removes_the_clean_files(shelf: Shelf) -> None:
    state = shelf.state()
    remove_copy(state, state.entry.versions[0], dryrun=False)
    assert sorted(each.name for each in shelf.films.iterdir()) == [
        "film.edl",
        "film.mkv",
        "film.results.json",
        "film.srt",
    ]
