from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.media_clips import Clip, make_clip
from video_censor_personal.findings.coverage import Span
from video_censor_personal.media import scan_notes
from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.scan import scan
from video_censor_personal.media.stamps import StreamLine
from video_censor_personal.media.timeline import Timeline

LONG_AGO = 1_700_000_000 * 10**9
IDENTITY = (5, 77, 123_456, LONG_AGO, LONG_AGO)
LINES = {
    0: StreamLine(0, 900, Span(-0.5, 36.25), ((25, -50_000), (50, 0)), {3: (-40, 0), 4: (0, 120)}),
    2: StreamLine(2),
}
ODD = Timeline(LINES, "it is odd")
OPTIONS = {"probesize": "67108864"}


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[Path]:
    scan_notes.keep_in(tmp_path / "notes")
    yield tmp_path / "notes"
    scan_notes.keep_in(None)


def test_what_is_noted_is_read_as_it_was(tmp_path: Path) -> None:
    scan_notes.write(tmp_path / "note", IDENTITY, ODD, OPTIONS)

    assert scan_notes.read(tmp_path / "note", IDENTITY) == (ODD, OPTIONS)


@pytest.mark.parametrize("place", range(len(IDENTITY)))
def test_another_file_is_not_known(tmp_path: Path, place: int) -> None:
    scan_notes.write(tmp_path / "note", IDENTITY, ODD, OPTIONS)
    other = tuple(value + (at == place) for at, value in enumerate(IDENTITY))

    assert scan_notes.read(tmp_path / "note", other) is None


@pytest.mark.parametrize("content", ["", "{", '{"format": 1}', '{"format": 0, "identity": []}', "[]", "3"])
def test_a_note_that_says_nothing_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "note").write_text(content, encoding="utf-8")

    assert scan_notes.read(tmp_path / "note", IDENTITY) is None


def test_a_file_that_has_just_changed_is_not_noted(tmp_path: Path) -> None:
    just_now = (*IDENTITY[:-1], time.time_ns())
    scan_notes.write(tmp_path / "note", just_now, ODD, OPTIONS)

    assert not (tmp_path / "note").exists()


def test_where_nothing_can_be_noted_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    scan_notes.write(tmp_path / "file" / "note", IDENTITY, ODD, OPTIONS)

    assert scan_notes.read(tmp_path / "file" / "note", IDENTITY) is None


def test_a_scan_goes_by_the_note_of_that_very_file(tmp_path: Path, notes: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=0.5))
    stat = film.stat()
    note = scan_notes.place(film)
    assert note is not None
    assert note.is_relative_to(notes)
    scan_notes.write(note, IDENTITY, ODD, {})
    entry = json.loads(note.read_text(encoding="utf-8"))
    entry["identity"] = [stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
    note.write_text(json.dumps(entry), encoding="utf-8")

    with pytest.raises(Damaged, match="it is odd"):
        scan(film)

    make_clip(film, Clip(seconds=1.0))
    assert scan(film).timeline.disorder == ""
