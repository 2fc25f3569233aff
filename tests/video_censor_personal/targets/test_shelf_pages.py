from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.video_censor_personal.export.test_report import Page
from tests.video_censor_personal.targets.shelf import FOUND, Shelf
from video_censor_personal.targets.shelf_pages import NAME, library_pages


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.edit("library.exports", ["report"])
    return shelf


def written(shelf: Shelf, folder: Path | None = None) -> Page:
    return Page(((folder or shelf.films) / NAME).read_text())


def test_each_film_is_there_with_its_files_and_nothing_is_done_twice(shelf: Shelf) -> None:
    shelf.add("a #1 & co?.mkv")
    shelf.add("b.mkv", title="b")
    (shelf.films / "broken.mkv").write_bytes(b"no film")
    shelf.run()
    page = written(shelf)
    assert "3 films" in page.text
    assert "What went wrong: 1" in page.text
    assert "All done: 2" in page.text
    assert "Profanity 1, Nudity 1" in page.text
    linked = [unquote(each) for each in page.references]
    assert linked == [
        f"{stem}.{end}"
        for stem in ("a #1 & co?", "b")
        for end in ("report.html", "results.json", "clean.mkv")
    ]
    assert all((shelf.films / each).exists() for each in linked)

    (shelf.films / "broken.mkv").unlink()
    shelf.run()
    page = written(shelf)
    assert "What went wrong" not in page.text
    before = (shelf.films / NAME).stat().st_mtime_ns
    assert shelf.run().tasks == []
    assert (shelf.films / NAME).stat().st_mtime_ns == before


def test_what_changes_is_told_in_the_same_run(shelf: Shelf) -> None:
    shelf.add()
    shelf.run()
    shelf.say(FOUND[:1])
    shelf.run()
    page = written(shelf)
    assert "Profanity 1" in page.text
    assert "Nudity" not in page.text
    (shelf.films / NAME).unlink()
    assert shelf.run().tasks == ["films"]
    assert written(shelf).text == page.text


def test_a_film_that_nobody_looked_at_is_no_film_in_which_nothing_was_found(shelf: Shelf) -> None:
    shelf.add()
    shelf.run("films:index")
    assert "Not looked at yet: 1" in written(shelf).text
    assert "nothing" not in written(shelf).text


def test_what_went_wrong_is_told_until_it_was_put_right(shelf: Shelf) -> None:
    shelf.add("good.mkv")
    (shelf.films / "broken.mkv").write_bytes(b"no film")
    shelf.run()
    told = written(shelf).text
    assert "What went wrong: 1" in told
    library_pages(shelf.library().session).write()  # as after a copy that the review page made
    assert written(shelf).text == told
    (shelf.films / "good.clean.mkv").unlink()
    shelf.run("copy:good-*")
    assert written(shelf).text == told
    shelf.add("broken.mkv", title="mended")
    shelf.run()
    assert "All done: 2" in written(shelf).text


def test_the_page_of_an_output_folder_refers_to_it(shelf: Shelf) -> None:
    out = shelf.folder / "clean"
    shelf.edit("library.output_dir", str(out))
    shelf.add()
    shelf.run()
    page = written(shelf, out)
    assert page.references == ["film.report.html", "film.results.json", "film.clean.mkv"]
    assert not (shelf.films / NAME).exists()


def test_what_another_version_of_the_program_noted_is_not_taken_for_ours(shelf: Shelf) -> None:
    shelf.add()
    shelf.run()
    page = written(shelf)
    note = shelf.library().session.notes.path("index", shelf.films / NAME)
    document = json.loads(note.read_text())
    rows = {key: {"files": row["files"], "findings": 2} for key, row in document["rows"].items()}
    note.write_text(json.dumps({**document, "program": "0.0.0", "rows": rows}))
    assert not shelf.run("films:index").report.failed
    assert written(shelf).text == page.text


def test_a_page_of_somebody_else_stays_and_is_told(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.add()
    mine = shelf.films / NAME
    mine.write_text("mine")
    ran = shelf.run()
    assert list(ran.report.failed) == ["films:index"]
    assert shelf.made("report.html").exists()
    assert mine.read_text() == "mine"
    assert f"{mine}" in capsys.readouterr().err


def test_a_page_is_removed_where_it_is_as_it_was_written(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.add()
    shelf.run()
    mine = shelf.films / NAME
    written_here = mine.read_text()
    for other in (written_here + "mine", ""):
        mine.write_text(other)
        library_pages(shelf.library().session).remove(dryrun=False)
        assert mine.read_text() == other
        assert f"kept {mine}: it is not as it was made here" in capsys.readouterr().out
    mine.write_text(written_here)
    library_pages(shelf.library().session).remove(dryrun=True)
    assert mine.exists()
    library_pages(shelf.library().session).remove(dryrun=False)
    assert not mine.exists()


def test_films_without_reports_have_no_page(shelf: Shelf) -> None:
    shelf.edit("library.exports", ["edl"])
    shelf.add()
    shelf.run()
    assert not (shelf.films / NAME).exists()
