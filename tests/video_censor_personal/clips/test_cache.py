from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from tests.support.media_clips import Clip, make_clip
from tests.support.waiting import wait_until
from video_censor_personal.clips.cache import MediaCache
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.notes import FilmNotes, fingerprint


def _cache(tmp_path: Path, most: int = 1000) -> MediaCache:
    return MediaCache(tmp_path / "kept", tmp_path / "notes", most)


def _put(cache: MediaCache, key: str, size: int) -> Path:
    with cache.being_made(key, ".mp4") as path:
        path.write_bytes(bytes(size))
    found = cache.find((key,), ".mp4")
    assert found is not None
    return found


def _unused_for(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def _is_noted(film: Path, notes: Path) -> bool:
    fingerprint(film, notes)
    return FilmNotes(film, notes).fingerprint() is not None


def test_what_was_made_is_found_again_by_another_process(tmp_path: Path) -> None:
    _put(_cache(tmp_path), "one", 10)

    assert _cache(tmp_path).find(("one",), ".mp4") is not None
    assert _cache(tmp_path).find(("one",), ".jpg") is None


def test_what_is_not_made_whole_leaves_nothing(tmp_path: Path) -> None:
    cache = _cache(tmp_path)

    def fail() -> None:
        with cache.being_made("one", ".mp4") as path:
            path.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert not list(cache.folder.iterdir())


def test_the_longest_unused_go_when_there_is_too_much(tmp_path: Path) -> None:
    cache = _cache(tmp_path)
    for number, name in enumerate(("old", "older", "used")):
        _unused_for(_put(cache, name, 300), 1000.0 * (number + 1))
    cache.find(("used",), ".mp4")

    _put(cache, "new", 400)

    assert {path.stem for path in cache.folder.iterdir()} == {"old", "used", "new"}


def test_what_alone_is_too_much_stays_for_whoever_asked_for_it(tmp_path: Path) -> None:
    assert _put(_cache(tmp_path), "large", 5000).exists()


def test_what_another_process_is_making_stays_and_what_a_dead_one_left_goes(tmp_path: Path) -> None:
    cache = _cache(tmp_path)
    dead = cache.folder / f"0123.{'0' * 8}-{'0' * 8}-1-00000000.mp4"
    dead.write_bytes(b"half")
    _unused_for(dead, 10**6)

    with cache.being_made("slow", ".mp4") as path:
        path.write_bytes(b"half")
        _put(cache, "one", 10)
        assert path.exists()

    assert not dead.exists()


def test_a_film_is_known_by_its_content_and_until_then_by_its_stat(tmp_path: Path) -> None:
    cache = _cache(tmp_path)
    film = make_clip(tmp_path / "film.mp4", Clip(seconds=0.2))
    _unused_for(film, 100.0)
    before = cache.keys(film, "clip", 1.0)
    assert cache.keys(film, "clip", 1.0) == before
    assert cache.keys(film, "clip", 2.0) != before
    _unused_for(film, 50.0)
    assert cache.keys(film, "clip", 1.0) != before
    (by_stat,) = cache.keys(film, "clip", 1.0)

    copy = tmp_path / "copy.mp4"
    copy.write_bytes(film.read_bytes())
    _unused_for(copy, 70.0)
    # What was written a moment ago is not noted: its stat may not tell a change.
    wait_until(lambda: all(_is_noted(path, tmp_path / "notes") for path in (film, copy)))
    by_content = {cache.keys(path, "clip", 1.0)[0] for path in (film, copy)}
    assert len(by_content) == 1
    assert cache.keys(film, "clip", 1.0) == (*by_content, by_stat)  # what was made before is there still


def test_a_film_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"film\.mp4"):
        _cache(tmp_path).keys(tmp_path / "film.mp4", "clip")


def test_a_folder_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "kept").write_text("a file in its place")
    cache = _cache(tmp_path)

    made = _put(cache, "one", 10)

    assert made.is_relative_to(tmp_path)
    cache.close()
    assert not made.exists()
