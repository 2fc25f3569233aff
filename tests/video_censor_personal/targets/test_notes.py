from __future__ import annotations

import os
from pathlib import Path

import pytest

from video_censor_personal.targets.notes import Made, TargetNotes, stats_of
from video_censor_personal.targets.places import Places


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"a": 1, "b": 2}, ()),
        ({"a": 2, "b": 2}, ("a",)),
        ({"a": 1}, ("b",)),
        ({"a": 1, "b": 2, "c": 3}, ("c",)),
        ({"renderer": 4, "a": 1, "b": 2}, ("renderer 4",)),
    ],
)
def test_what_is_not_as_it_was_is_told_by_name(now: dict[str, int], told: tuple[str, ...]) -> None:
    assert Made({"a": 1, "b": 2}).why_stale(now) == told


def test_files_that_are_not_as_they_were_are_told_by_name(tmp_path: Path) -> None:
    files = [tmp_path / "same", tmp_path / "edited", tmp_path / "removed", tmp_path / "new"]
    for path in files[:3]:
        path.write_text("x")
    made = Made({}, stats_of(files))
    files[1].write_text("longer")
    files[2].unlink()
    files[3].write_text("x")
    assert made.why_stale({}) == ("edited was changed", "removed is gone", "new was changed")


def test_a_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = Made({"a": [1, None]}, {"/f": [1, 2, 3, 4], "/g": None}, {"id": [True, None]})
    notes = TargetNotes(tmp_path)
    notes.write("copy", tmp_path / "x", made)
    assert notes.read("copy", tmp_path / "x") == made
    assert notes.read("copy", tmp_path / "y") is None
    assert notes.read("exports", tmp_path / "x") is None


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"format": 0}', '{"format": 1}', '{"format": 1, "inputs": 5}'],
)
def test_a_note_that_makes_no_sense_is_none(tmp_path: Path, content: str) -> None:
    notes = TargetNotes(tmp_path)
    notes.write("copy", tmp_path / "x", Made({}))
    notes.path("copy", tmp_path / "x").write_text(content)
    assert notes.read("copy", tmp_path / "x") is None


def test_a_name_that_is_no_text_is_a_note_too(tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/f\xff.mkv"))
    notes = TargetNotes(tmp_path)
    notes.write("copy", path, Made({}, stats_of([path])))
    assert notes.read("copy", path) == Made({}, {str(path): None})


def test_results_are_left_behind_by_a_film_that_is_gone(tmp_path: Path) -> None:
    film, results = tmp_path / "film", tmp_path / "results"
    film.touch()
    results.touch()
    places = Places(tmp_path / "notes")
    places.note("content", "small", film, results)
    assert places.left_behind("content", "small") is None
    film.unlink()
    assert places.left_behind("content", "small") == results
    assert places.left_behind("content", "teen") is None
    assert places.left_behind("another", "small") is None
    results.unlink()
    assert places.left_behind("content", "small") is None


def test_the_newest_results_are_taken_over(tmp_path: Path) -> None:
    places = Places(tmp_path / "notes")
    for age, name in enumerate(["new", "old"]):
        path = tmp_path / name
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
        places.note("content", "", tmp_path / f"film {name}", path)
    assert places.left_behind("content", "") == tmp_path / "new"


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', '{"format": 1, "results": 7}'])
def test_places_that_make_no_sense_are_none(tmp_path: Path, content: str) -> None:
    places = Places(tmp_path)
    places.note("content", "", tmp_path / "film", tmp_path / "results")
    (note,) = (tmp_path / "places").iterdir()
    note.write_text(content)
    assert places.left_behind("content", "") is None
