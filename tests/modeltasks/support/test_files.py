"""Files of our own: whole or not at all, and never somebody else's."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from modeltasks.support.files import (
    Owner,
    is_half_written,
    new_file,
    owner_is_gone,
    parse_owner,
    process_exists,
    replacing,
    take_over,
    write_whole,
)
from tests.support.waiting import wait_until

ME = Owner("host", "boot", 100)
HOUR = 3600.0


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("content", ["", "one line\n", "größer\r\n", "half a pair: \udcff", "x" * 100_000])
def test_a_file_is_written_whole_in_folders_that_are_made(
    tmp_path: Path, content: str, durable: bool
) -> None:
    place = tmp_path / "some" / "folder" / "file"
    write_whole(place, "before")
    write_whole(place, content, durable=durable)
    assert place.read_bytes() == content.encode("utf-8", "backslashreplace")
    assert list(place.parent.iterdir()) == [place]


def test_what_fails_leaves_the_old_file_and_no_trace(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("before")
    with pytest.raises(ZeroDivisionError), replacing(place) as stream:
        stream.write(b"half of " + bytes(1 // 0))
    assert place.read_text() == "before"
    assert list(tmp_path.iterdir()) == [place]


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    other, place = tmp_path / "other", tmp_path / "place"
    other.write_text("somebody's")
    place.symlink_to(other)
    write_whole(place, "ours")
    assert (other.read_text(), place.read_text(), place.is_symlink()) == ("somebody's", "ours", False)


def test_the_umask_gives_the_mode(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "file", "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_a_name_tells_that_a_file_is_half_written_while_it_is(tmp_path: Path) -> None:
    with replacing(tmp_path / "file"):
        (half,) = tmp_path.iterdir()
        assert is_half_written(half.name)
    assert not is_half_written("file")


def test_nobody_takes_over_what_somebody_works_on(tmp_path: Path) -> None:
    path, stream = new_file(tmp_path, "film", ".part")
    assert take_over(path) is None
    stream.write(b"so far")
    stream.close()
    taken = take_over(path)
    assert taken is not None
    with taken[1]:
        assert taken[1].read() == b"so far"
        assert is_half_written(taken[0].name)
        assert list(tmp_path.iterdir()) == [taken[0]]


@pytest.mark.parametrize(
    ("owner", "age", "alive", "expected"),
    [
        (Owner("host", "boot", 200), 0.0, True, False),
        (Owner("host", "boot", 200), HOUR, True, False),
        (Owner("host", "boot", 200), 25 * HOUR, True, True),  # the process id was given to another
        (Owner("host", "boot", 200), 0.0, False, True),
        (Owner("host", "earlier", 200), 0.0, True, True),  # the machine was restarted
        (Owner("other", "boot", 200), 60.0, False, False),  # its processes cannot be seen from here
        (Owner("other", "boot", 200), HOUR, True, True),
        (ME, 0.0, True, False),
    ],
)
def test_when_an_owner_is_gone(owner: Owner, age: float, alive: bool, expected: bool) -> None:
    assert owner_is_gone(owner, ME, age, lambda _pid: alive) is expected


@pytest.mark.parametrize(
    ("part", "owner"),
    [("h1-b2-77-cafe", Owner("h1", "b2", 77)), ("h1-b2-x-cafe", None), ("part", None), ("", None)],
)
def test_the_owner_in_a_part_of_a_name(part: str, owner: Owner | None) -> None:
    assert parse_owner(part) == owner


def test_a_process_that_nobody_has_reaped_does_not_work_any_more() -> None:
    zombie = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert zombie.stdout is not None
    zombie.stdout.read()
    wait_until(lambda: not process_exists(zombie.pid))
    zombie.wait()
