"""What is told of films: in JSON at the end of a run, and before one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.video_censor_personal.targets.shelf import Shelf
from video_censor_personal.library.table import table
from video_censor_personal.media.marking import marking
from video_censor_personal.targets.dry_run import planned_film
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.library_run import summary_of
from video_censor_personal.targets.summary import film_summary

COPY_NOTES = Path("cache", ".analysis", "copies")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A shelf with one film, of which all is made."""
    made = Shelf(tmp_path / "shelf")
    made.add()
    made.run()
    return made


def summary(state: FilmState) -> dict[str, object]:
    (version,) = state.entry.versions
    return film_summary(state, version, state.results_of(version))


@pytest.mark.parametrize("notes", ["kept", "lost"])
def test_a_copy_that_is_there_is_told_too(shelf: Shelf, notes: str) -> None:
    if notes == "lost":
        for note in (shelf.folder / COPY_NOTES).glob("*.json"):
            note.unlink()
    (state,) = shelf.run().states
    told = summary(state)
    assert told["output_video"] == str(shelf.made("clean.mkv"))
    assert (told["output_video_written"], told["edits"]) == (False, 2)
    assert told["actions"] == {
        "sound": {"silence": {"count": 1, "seconds": 0.5}},
        "picture": {"blank": {"count": 1, "seconds": 0.2}},
        "cut": {"count": 0, "seconds": 0},
        "words": 1,
        "skip_chapters": 0,
    }
    if notes == "lost":
        assert "streams" not in told
        return
    streams = told["streams"]
    assert isinstance(streams, dict)
    pictures = streams.pop("pictures")
    assert (sum(pictures.values()), pictures["kept"]) == (10, 0)
    assert pictures["encoded"] >= 2
    assert streams == {"encoded": [0, 1], "as_text": [], "copied": []}


def test_the_edits_of_a_copy_that_was_up_to_date_are_in_the_table(shelf: Shelf) -> None:
    shelf.made("edl").unlink()
    ran = shelf.run()
    assert ran.tasks == ["exports"]
    told = table([replace(summary_of(each), seconds=1.0) for each in ran.states])
    assert [line.split()[-3:] for line in told[1:3]] == [["2", "1.0", "s"]] * 2


def test_a_film_that_is_a_clean_copy_is_told_as_such(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    shelf.add(VIDEO_CENSOR=marking("a" * 64))  # by somebody else, or on another machine
    (state,) = shelf.run().states
    warnings = summary(state)["warnings"]
    told = "film.mkv says that it is a clean copy which this program made"
    assert warnings == [f"{told}: what was hidden there is not found again"]


def test_a_copy_that_is_stale_is_not_told(shelf: Shelf) -> None:
    shelf.edit("remediation.audio.mode", "bleep")
    assert "output_video" not in summary(shelf.state())


def test_what_a_dry_run_finds_out_is_not_noted(shelf: Shelf) -> None:
    # Nothing bleeps, so the copy would be the same; whoever finds that out notes it.
    shelf.edit("remediation.audio.bleep_frequency", 500)
    before = stats(shelf.folder / "cache")
    state = shelf.state()
    planned = [each.task.partition(":")[0] for each in planned_film(state).tasks]
    assert planned == ["exports"]
    assert stats(shelf.folder / "cache") == before
    state.changed()
    assert state.why_copy(state.entry.versions[0]) == ()
    assert stats(shelf.folder / "cache") != before


def stats(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")}
