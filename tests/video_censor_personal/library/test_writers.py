"""Which films are being written at this moment: told by real processes that write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from video_censor_personal.library.writers import being_written, network_devices, still_growing

KEEPS_APPENDING = """
import sys, time
with open(sys.argv[1], "ab", buffering=0) as film:
    film.write(b"begun")
    print("open", flush=True)
    while True:
        film.write(b"more")
        time.sleep(0.002)
"""
HOLDS_OPEN = """
import sys
film = open(sys.argv[1], sys.argv[2])
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def running(script: str, *arguments: object) -> Iterator[None]:
    """A process that has opened a film, until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            yield
        finally:
            process.kill()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film that is complete, and brand-new."""
    path = tmp_path / "film.mkv"
    path.write_bytes(b"film" * 1000)
    return path


linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who writes")


def test_a_film_that_a_process_appends_to_is_left_alone_until_it_ends(film: Path, tmp_path: Path) -> None:
    done = tmp_path / "done.mkv"
    shutil.copy(film, done)
    with running(KEEPS_APPENDING, film):
        assert being_written([film, done]) == {film}
    assert being_written([film, done]) == set()


@linux
@pytest.mark.parametrize("mode", ["ab", "r+b"])
def test_a_writer_that_pauses_is_seen_all_the_same(film: Path, mode: str) -> None:
    with running(HOLDS_OPEN, film, mode):
        assert being_written([film]) == {film}


@linux
def test_who_only_reads_a_film_does_not_write_it(film: Path) -> None:
    with running(HOLDS_OPEN, film, "rb"):
        assert being_written([film]) == set()


def test_a_film_that_was_just_copied_is_complete(film: Path, tmp_path: Path) -> None:
    shutil.copyfile(film, tmp_path / "copy.mkv")
    film.rename(tmp_path / "renamed.mkv")
    assert being_written([tmp_path / "copy.mkv", tmp_path / "renamed.mkv"]) == set()


@linux
def test_a_clock_that_goes_wrong_hides_no_writer(film: Path) -> None:
    with running(HOLDS_OPEN, film, "ab"):
        os.utime(film, (time.time() + 86_400,) * 2)
        assert being_written([film]) == {film}


def test_old_films_are_not_even_opened(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(film, (1_000_000_000, 1_000_000_000))
    opened: list[object] = []
    monkeypatch.setattr(os, "open", lambda path, *_: opened.append(path))
    assert being_written([film]) == set()
    assert opened == []


def test_what_can_not_be_opened_is_for_others_to_tell(tmp_path: Path) -> None:
    pipe, loop = tmp_path / "pipe.mkv", tmp_path / "loop.mkv"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    assert being_written([pipe, loop, tmp_path, tmp_path / "gone.mkv"]) == set()


def test_looking_twice_finds_what_grows(film: Path, tmp_path: Path) -> None:
    done = tmp_path / "done.mkv"
    shutil.copy(film, done)
    with running(KEEPS_APPENDING, film):
        assert still_growing([film, done]) == {film}


def test_looking_twice_at_nothing_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited for nothing"))
    assert still_growing([]) == set()


@pytest.mark.parametrize(
    ("kind", "elsewhere"),
    [
        *(("nfs", True), ("nfs4", True), ("cifs", True), ("smb3", True), ("fuse.sshfs", True), ("9p", True)),
        *(("ext4", False), ("btrfs", False), ("fuseblk", False), ("overlay", False), ("tmpfs", False)),
    ],
)
def test_where_others_may_write_this_system_cannot_tell(kind: str, elsewhere: bool) -> None:
    table = (
        "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
        f"40 27 8:17 /a /mnt/my\\040films rw,relatime shared:1 master:2 - {kind} nas:/films rw\n"
    )
    assert network_devices(table) == ({os.makedev(8, 17)} if elsewhere else set())


def test_a_system_without_a_table_of_mounts_has_no_such_devices() -> None:
    assert network_devices("") == set()
