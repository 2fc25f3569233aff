"""What is known of a film, its digest too, is worked out once, and again where the file may have changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import pytest

from modeltasks.report.progress import FileProgress, NoProgress, Unit
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.support.media_clips import Clip, Track, make_clip, png
from video_censor_personal.findings.coverage import Span
from video_censor_personal.media.errors import NotFound
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.notes import described, fingerprint
from video_censor_personal.media.probe import probe
from video_censor_personal.media.timeline import StreamLine, Timeline

LINES = {
    0: StreamLine(0, 900, Span(-0.5, 36.25), ((25, -50_000), (50, 0)), {3: (-40, 0), 4: (0, 120)}),
    2: StreamLine(2),
}
RICH = Clip(audio=(Track(language="eng"),), chapters=((0.0, 1.0, "One"),), cover=png())


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every file as unchanged for long: no test can set when that was, and none should wait."""
    monkeypatch.setattr("video_censor_personal.media.notes._RACY", float("-inf"))


@pytest.fixture
def film(old: None, tmp_path: Path) -> Path:
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


def test_where_nothing_can_be_noted_nothing_happens(film: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert probe(film, tmp_path / "file") == probe(film)


def test_a_film_that_is_gone_is_named(film: Path, tmp_path: Path) -> None:
    probe(film, tmp_path / "notes")
    film.unlink()

    with pytest.raises(NotFound):
        probe(film, tmp_path / "notes")
    with pytest.raises(NotFound):
        fingerprint(film, tmp_path / "notes")


class Counted(NoProgress):
    """Counts the bytes that are hashed."""

    def __init__(self) -> None:
        self.bytes = 0.0

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        return self

    def advance(self, count: float) -> None:
        self.bytes += count

    def close(self) -> None:
        return


def test_a_video_is_hashed_once_until_it_changes(old: None, tmp_path: Path) -> None:
    video, cache = tmp_path / "v.mkv", tmp_path / "cache"
    video.write_bytes(b"x" * 1000)
    first, second, third = Counted(), Counted(), Counted()
    digest = fingerprint(video, cache, progress=first)
    assert digest == hashlib.sha256(b"x" * 1000).hexdigest()
    assert fingerprint(video, cache, progress=second) == digest
    before = video.stat()
    video.write_bytes(b"y" * 1000)
    os.utime(video, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert fingerprint(video, cache, progress=third) != digest, "same size, same time, other bytes"
    assert (first.bytes, second.bytes, third.bytes) == (1000, 0, 1000)


def test_a_file_changed_just_now_is_not_trusted(tmp_path: Path) -> None:
    video, cache = tmp_path / "v.mkv", tmp_path / "cache"
    video.write_bytes(b"x" * 1000)
    fingerprint(video, cache)
    again = Counted()
    fingerprint(video, cache, progress=again)
    assert again.bytes == 1000


def test_a_damaged_note_is_made_again(old: None, tmp_path: Path) -> None:
    video, cache = tmp_path / "v.mkv", tmp_path / "cache"
    video.write_bytes(b"x")
    digest = fingerprint(video, cache)
    (note,) = (cache / "fingerprints").iterdir()
    for content in ("", "[]", "{}", note.read_text().replace(digest, "").replace('""', "7")):
        note.write_text(content)
        assert fingerprint(video, cache) == digest


def test_a_cache_that_cannot_be_written_is_done_without(old: None, tmp_path: Path) -> None:
    video = tmp_path / "v.mkv"
    video.write_bytes(b"x")
    (tmp_path / "cache").write_text("in the way")
    assert fingerprint(video, tmp_path / "cache") == hashlib.sha256(b"x").hexdigest()


def test_hashing_can_be_stopped(old: None, tmp_path: Path) -> None:
    video = tmp_path / "v.mkv"
    video.write_bytes(b"x" * 9_000_000)
    cancel = CancelToken()
    cancel.set()
    with pytest.raises(Cancelled):
        fingerprint(video, tmp_path / "cache", cancel=cancel)
