"""A partial: who may take it over, and when its reader is woken."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modeltasks.spec import Checksum
from modeltasks.support.files import Owner, this_process
from modeltasks.transfer.partial import Partial, claimed, partial_name
from tests.support.waiting import AGES, PROMPT

SIZE = 1000
SUM = Checksum("sha256", "ab" * 32)
HOUR = 3600.0


class GivenUp(Exception):
    pass


@contextmanager
def given_up(folder: Path) -> Iterator[Path]:
    """A claim that ends without its file being complete."""
    try:
        with claimed(folder, SUM) as path:
            yield path
            raise GivenUp
    except GivenUp:
        return


def taken(folder: Path) -> bytes:
    """What a new claim begins with."""
    with given_up(folder) as path:
        return path.read_bytes()


@pytest.fixture
def partial(tmp_path: Path) -> Partial:
    path = tmp_path / "partial"
    path.write_bytes(b"")
    return Partial(path, SIZE)


@pytest.mark.parametrize(
    ("events", "wakes"),
    [
        ([lambda partial: partial.mark_present(0, 100)], False),
        ([lambda partial: partial.mark_present(500, 1000)], False),
        ([lambda partial: partial.mark_present(0, 400)], True),
        (
            [lambda partial: partial.mark_present(400, 1000), lambda partial: partial.mark_present(0, 400)],
            True,
        ),
        ([lambda partial: partial.set_size(0)], True),
        ([lambda partial: partial.mark_present(0, 100), lambda partial: partial.restart()], True),
    ],
    ids=["too little", "behind a gap", "enough", "complete", "nothing more will come", "started over"],
)
def test_the_reader_is_woken_when_it_is_worth_it(
    partial: Partial, events: list[Callable[[Partial], object]], wakes: bool
) -> None:
    awake = threading.Event()
    waiting = threading.Event()

    def read() -> None:
        with partial.changed:
            waiting.set()
            partial.wait_for(300, AGES)
        awake.set()

    threading.Thread(target=read, daemon=True).start()
    assert waiting.wait(PROMPT)
    for event in events:
        event(partial)
    assert awake.wait(PROMPT if wakes else 0.1) is wakes


def test_what_is_there_is_not_waited_for(partial: Partial) -> None:
    partial.mark_present(0, 300)
    started = time.monotonic()
    partial.wait_for(300, AGES)
    assert time.monotonic() - started < PROMPT


@pytest.mark.parametrize(("length", "keep"), [(0, 0), (5, 5), (5, 3), (5, 0)])
def test_a_restart_leaves_what_is_to_be_kept(tmp_path: Path, length: int, keep: int) -> None:
    path = tmp_path / "partial"
    path.write_bytes(b"12345"[:length])
    partial = Partial(path, SIZE)
    lost = list[int]()
    partial.on_bytes = lost.append
    partial.restart(keep)
    assert sum(lost) == keep - length
    assert path.read_bytes() == b"12345"[:keep]


def test_a_container_that_starts_again_takes_over_its_own_claim(tmp_path: Path) -> None:
    left = tmp_path / f"{partial_name(SUM)}.{this_process()}-0badcafe"
    left.write_bytes(b"what there was")
    assert taken(tmp_path) == b"what there was"


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def leave(folder: Path, owner: Owner, content: bytes) -> Path:
    path = folder / f"{partial_name(SUM)}.{owner}-0011"
    path.write_bytes(content)
    return path


def test_a_claim_is_private_and_released_under_the_free_name(tmp_path: Path) -> None:
    with given_up(tmp_path) as first:
        first.write_bytes(b"bytes")
        with given_up(tmp_path) as second:
            assert first != second
            assert second.read_bytes() == b""

    assert [path.name for path in tmp_path.iterdir()] == [partial_name(SUM)]
    assert taken(tmp_path) == b"bytes"


@pytest.mark.parametrize(("first_bytes", "second_bytes"), [(b"many bytes", b"few"), (b"few", b"many bytes")])
def test_of_two_released_the_longer_stays(tmp_path: Path, first_bytes: bytes, second_bytes: bytes) -> None:
    with given_up(tmp_path) as first:
        first.write_bytes(first_bytes)
        with given_up(tmp_path) as second:
            second.write_bytes(second_bytes)

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"many bytes"]


def test_the_longest_of_dead_processes_is_taken_over(tmp_path: Path) -> None:
    me = this_process()
    dead = Owner(me.host, me.boot, dead_process())
    leave(tmp_path, dead, b"some bytes")
    (tmp_path / partial_name(SUM)).write_bytes(b"less")

    assert taken(tmp_path) == b"some bytes"


def test_a_living_process_keeps_its_claim(tmp_path: Path) -> None:
    me = this_process()
    path = leave(tmp_path, Owner(me.host, me.boot, os.getppid()), b"theirs")

    assert taken(tmp_path) == b""
    assert path.read_bytes() == b"theirs"


def test_another_machine_keeps_its_claim_until_it_gives_no_sign(tmp_path: Path) -> None:
    path = leave(tmp_path, Owner("elsewhere", "boot", 1), b"theirs")
    assert taken(tmp_path) == b""

    old = time.time() - HOUR
    os.utime(path, (old, old))
    assert taken(tmp_path) == b"theirs"


def test_what_others_left_is_discarded_once_complete(tmp_path: Path) -> None:
    me = this_process()
    with claimed(tmp_path, SUM) as mine:
        leave(tmp_path, Owner(me.host, me.boot, dead_process()), b"left")
        (tmp_path / partial_name(SUM)).write_bytes(b"free")
        living = leave(tmp_path, Owner(me.host, me.boot, os.getppid()), b"theirs")

    assert set(tmp_path.iterdir()) == {mine, living}
