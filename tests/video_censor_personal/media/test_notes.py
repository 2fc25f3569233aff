"""What is known of a film is noted, and goes by its stat."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.support.media_clips import Clip, Track, make_clip, png
from video_censor_personal.findings.coverage import Span
from video_censor_personal.media.errors import NotFound
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.notes import described
from video_censor_personal.media.probe import probe
from video_censor_personal.media.timeline import StreamLine, Timeline

LONG_AGO = 1_700_000_000
LINES = {
    0: StreamLine(0, 900, Span(-0.5, 36.25), ((25, -50_000), (50, 0)), {3: (-40, 0), 4: (0, 120)}),
    2: StreamLine(2),
}
RICH = Clip(audio=(Track(language="eng"),), chapters=((0.0, 1.0, "One"),), cover=png())


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film, which is taken as old: no test can set the time of a file's last change."""
    monkeypatch.setattr("video_censor_personal.media.notes._RACY", float("-inf"))
    return make_clip(tmp_path / "film.mkv", RICH)


def never(path: Path) -> MediaInfo:
    raise AssertionError(f"{path} was looked into")


def note(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "notes" / "scans").iterdir()
    return found


def test_what_is_noted_is_read_as_it_was(film: Path, tmp_path: Path) -> None:
    odd = replace(
        probe(film),
        origin=Fraction(1, 3),
        timeline=Timeline(LINES),
        options=MappingProxyType({"probesize": "67108864"}),
    )
    described(film, tmp_path / "notes", lambda _: odd)

    assert described(film, tmp_path / "notes", never) == odd


def test_a_film_is_looked_into_once(film: Path, tmp_path: Path) -> None:
    info = probe(film, tmp_path / "notes")

    assert described(film, tmp_path / "notes", never) == info == probe(film)


def test_a_file_that_changed_is_read_again(film: Path, tmp_path: Path) -> None:
    probe(film, tmp_path / "notes")
    make_clip(film, Clip(seconds=1.0))

    assert probe(film, tmp_path / "notes").duration == pytest.approx(1.0, abs=0.1)


def other_stat(entry: dict[str, object]) -> str:
    return json.dumps(entry | {"stat": [1, 2, 3, 4, 5]})


def other_format(entry: dict[str, object]) -> str:
    return json.dumps(entry | {"format": 1})


def without_streams(entry: dict[str, object]) -> str:
    return json.dumps(entry | {"info": {"duration": 1.0}})


@pytest.mark.parametrize(
    "spoil", [other_stat, other_format, without_streams, lambda _: "", lambda _: "{", lambda _: "[3]"]
)
def test_a_note_that_says_nothing_of_the_file_is_none(
    film: Path, tmp_path: Path, spoil: Callable[[dict[str, object]], str]
) -> None:
    info = probe(film, tmp_path / "notes")
    note(tmp_path).write_text(spoil(json.loads(note(tmp_path).read_text())))

    assert probe(film, tmp_path / "notes") == info


def test_a_file_that_has_just_changed_is_not_noted(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=0.5))
    os.utime(film, (LONG_AGO, LONG_AGO))

    probe(film, tmp_path / "notes")

    assert not (tmp_path / "notes").exists()


def test_where_nothing_can_be_noted_nothing_happens(film: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert probe(film, tmp_path / "file") == probe(film)


def test_a_film_that_is_gone_is_named(film: Path, tmp_path: Path) -> None:
    probe(film, tmp_path / "notes")
    film.unlink()

    with pytest.raises(NotFound):
        probe(film, tmp_path / "notes")
