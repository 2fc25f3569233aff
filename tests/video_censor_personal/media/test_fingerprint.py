"""A film's digest is worked out once, and again only where the file may have changed."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from modeltasks.support.cancel import Cancelled, CancelToken
from video_censor_personal.media.notes import fingerprint


class Counted:
    """Counts the bytes that are hashed."""

    def __init__(self) -> None:
        self.bytes = 0

    def __call__(self, count: int) -> None:
        self.bytes += count


def settle(path: Path) -> None:
    """Wait until the file counts as unchanged for long: its change time cannot be set."""
    wait = path.stat().st_ctime + 2.05 - time.time()
    if wait > 0:
        time.sleep(wait)


def test_a_video_is_hashed_once_until_it_changes(tmp_path: Path) -> None:
    video, cache = tmp_path / "v.mkv", tmp_path / "cache"
    video.write_bytes(b"x" * 1000)
    settle(video)
    first, second, third = Counted(), Counted(), Counted()
    digest = fingerprint(video, cache, on_bytes=first)
    assert digest == hashlib.sha256(b"x" * 1000).hexdigest()
    assert fingerprint(video, cache, on_bytes=second) == digest
    before = video.stat()
    video.write_bytes(b"y" * 1000)
    os.utime(video, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert fingerprint(video, cache, on_bytes=third) != digest, "same size, same time, other bytes"
    assert (first.bytes, second.bytes, third.bytes) == (1000, 0, 1000)


def test_a_file_changed_just_now_is_not_trusted(tmp_path: Path) -> None:
    video, cache = tmp_path / "v.mkv", tmp_path / "cache"
    video.write_bytes(b"x" * 1000)
    fingerprint(video, cache)
    again = Counted()
    fingerprint(video, cache, on_bytes=again)
    assert again.bytes == 1000


def test_a_damaged_note_is_made_again(tmp_path: Path) -> None:
    video, cache = tmp_path / "v.mkv", tmp_path / "cache"
    video.write_bytes(b"x")
    settle(video)
    digest = fingerprint(video, cache)
    (note,) = (cache / "fingerprints").iterdir()
    for content in ("", "[]", "{}", note.read_text().replace(digest, "").replace('""', "7")):
        note.write_text(content)
        assert fingerprint(video, cache) == digest


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    video = tmp_path / "v.mkv"
    video.write_bytes(b"x")
    settle(video)
    (tmp_path / "cache").write_text("in the way")
    assert fingerprint(video, tmp_path / "cache") == hashlib.sha256(b"x").hexdigest()


def test_hashing_can_be_stopped(tmp_path: Path) -> None:
    video = tmp_path / "v.mkv"
    video.write_bytes(b"x" * 9_000_000)
    cancel = CancelToken()
    cancel.set()
    with pytest.raises(Cancelled):
        fingerprint(video, tmp_path / "cache", cancel=cancel)
