from __future__ import annotations

import base64
import io
import json
import re
from datetime import datetime
from pathlib import Path

import av
import pytest

from tests.video_censor_personal.targets.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.edit("library.exports", ["report"])
    return shelf


def pictures(text: str) -> list[bytes]:
    return [base64.b64decode(each) for each in re.findall(r"data:image/jpeg;base64,([^\"]+)", text)]


def test_a_report_is_written_after_the_copy_and_again_when_what_it_tells_changes(shelf: Shelf) -> None:
    shelf.add()
    assert shelf.run("films:FILM").tasks == ["observe", "segments", "copy", "exports"]
    before = shelf.made("report.html").read_text()
    assert "film.clean.mkv" in before
    seen = datetime.fromisoformat(
        json.loads(shelf.made("results.json").read_text())["metadata"]["processed_at"]
    )
    assert f"0:00:01 long; looked at on {seen.day} {seen:%B %Y at %H:%M} UTC" in before
    (jpeg,) = pictures(before)  # of what is seen; a word has none
    with av.open(io.BytesIO(jpeg)) as picture:
        assert picture.streams.video[0].width == 24
    assert shelf.run("films:FILM").tasks == []

    (kept,) = (shelf.folder / "cache" / ".analysis" / "pictures").iterdir()
    made = kept.stat().st_mtime_ns
    shelf.decide(allow=True, note="he only quotes")
    assert shelf.run("films:FILM").tasks == ["segments", "copy", "exports"]
    after = shelf.made("report.html").read_text()
    assert "he only quotes" in after
    assert pictures(after) == [jpeg]
    assert kept.stat().st_mtime_ns == made  # nothing was decoded for it

    shelf.edit("library.copy", None)
    shelf.run()
    assert "No clean copy was made of it." in shelf.made("report.html").read_text()


def test_pictures_of_other_times_stay_for_who_wants_them_again(shelf: Shelf) -> None:
    shelf.add()
    shelf.run()
    (kept,) = (shelf.folder / "cache" / ".analysis" / "pictures").iterdir()
    first = json.loads(kept.read_text())
    path = shelf.made("results.json")
    before = path.read_bytes()
    document = json.loads(before)
    document["segments"][1]["end_time"] = document["segments"][1]["end_time"].replace("800", "900")
    path.write_text(json.dumps(document))
    shelf.run()
    both = json.loads(kept.read_text())
    assert len(both) == 2
    assert first.items() < both.items()
    made = kept.stat().st_mtime_ns
    path.write_bytes(before)
    assert "exports" in shelf.run().tasks
    assert kept.stat().st_mtime_ns == made  # nothing was decoded for it


def test_a_setting_that_it_names_is_as_in_the_config(shelf: Shelf) -> None:
    shelf.add()
    shelf.run()
    shelf.edit("detectors.0.categories", ["Profanity", "Nudity", "Violence"])
    assert "exports" in shelf.run().tasks
    assert shelf.run().tasks == []


def test_a_report_of_somebody_else_stays(shelf: Shelf) -> None:
    shelf.add()
    shelf.made("report.html").write_text("mine")
    (error,) = shelf.run().errors
    assert "not known here to be as this program made it" in str(error)
    assert shelf.made("report.html").read_text() == "mine"
