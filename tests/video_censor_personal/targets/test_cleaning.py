from __future__ import annotations

from pathlib import Path

import pytest

from tests.video_censor_personal.targets.shelf import Shelf
from video_censor_personal.library.entries import Version
from video_censor_personal.targets.cleaning import (
    forget_observations,
    remove_copy,
    remove_exports,
    remove_results,
)
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.steps import write_exports


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path / "shelf")
    made.edit("library.exclude", [str(made.films / "*.clean.mkv")])
    made.add()
    made.run()
    return made


def clean(shelf: Shelf, *, dryrun: bool = False) -> None:
    state, version = only(shelf)
    remove_exports(state, version, dryrun)
    remove_copy(state, version, dryrun)
    remove_results(state, version, dryrun)
    forget_observations(state, dryrun)


def only(shelf: Shelf) -> tuple[FilmState, Version]:
    state = shelf.state()
    (version,) = state.entry.versions
    return state, version


def there(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in shelf.films.iterdir())


def test_what_was_made_goes_and_the_film_stays(shelf: Shelf) -> None:
    clean(shelf)
    assert there(shelf) == ["film.mkv"]
    assert shelf.run().tasks == ["observe", "segments", "copy", "exports"]


def test_a_dry_run_tells_and_leaves_all(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    before = there(shelf)
    capsys.readouterr()
    clean(shelf, dryrun=True)
    assert there(shelf) == before
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {"would"}
    assert shelf.run().tasks == []


@pytest.mark.parametrize(
    "decision",
    [
        {"allow": True},
        {"note": "mine"},
        {"reviewed": True},
        {"audio_remediation": "bleep"},
        {"video_remediation": "blank"},
    ],
    ids=str,
)
def test_results_with_a_decision_stay(shelf: Shelf, decision: dict[str, object]) -> None:
    shelf.decide(**decision)
    before = shelf.made("results.json").read_bytes()
    clean(shelf)
    assert there(shelf) == ["film.mkv", "film.results.json"]
    assert shelf.made("results.json").read_bytes() == before


@pytest.mark.parametrize("suffix", ["clean.mkv", "edl", "results.json"])
def test_what_somebody_else_made_stays(shelf: Shelf, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.made(suffix).write_text("mine")
    clean(shelf)
    assert shelf.made(suffix).read_text() == "mine"
    assert f"kept {shelf.made(suffix)}" in capsys.readouterr().out


def test_exports_that_no_task_wrote_are_known_by_their_content(shelf: Shelf) -> None:
    shelf.edit("library.exports", ["edl", "csv", "report"])
    shelf.decide(allow=True)
    state, version = only(shelf)
    write_exports(state, version)
    remove_exports(state, version, False)
    assert there(shelf) == ["film.clean.mkv", "film.mkv", "film.results.json"]


def test_lines_of_others_in_a_shared_export_stay(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    path = shelf.made("edl")
    path.write_text(path.read_text() + "80.0 90.0 0\n")
    shelf.decide(allow=True)
    assert "exports" in shelf.run().tasks
    clean(shelf)
    assert "80.0 90.0 0" in path.read_text()
    assert f"kept {path}: somebody else wrote to it too" in capsys.readouterr().out


def test_a_film_that_is_gone_is_cleaned_of_what_was_made(shelf: Shelf) -> None:
    state, version = only(shelf)
    (shelf.films / "film.mkv").unlink()
    remove_copy(state, version, False)
    remove_results(state, version, False)
    assert there(shelf) == ["film.edl"]


def test_a_film_that_was_never_looked_at_has_nothing_to_clean(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    shelf.add()
    clean(shelf)
    assert there(shelf) == ["film.mkv"]
