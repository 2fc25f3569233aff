"""Who may take over a partial."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modeltasks.spec import Checksum
from modeltasks.support.files import Owner, is_abandoned, process_exists, this_process
from modeltasks.transfer import claims
from modeltasks.transfer.claims import claim, owner_of, partial_name
from tests.support.promptly import wait_until

SUM = Checksum("sha256", "ab" * 32)
ME = Owner("host", "boot", 100)
HOUR = 3600.0


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
def test_is_abandoned(owner: Owner, age: float, alive: bool, expected: bool) -> None:
    assert is_abandoned(owner, ME, age, lambda _pid: alive) is expected


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("sha256-ab.part.h1-b2-77-cafe", Owner("h1", "b2", 77)),
        ("sha256-ab.part", None),
        ("sha256-ab.part.h1-b2-x-cafe", None),
        ("sha256-ab.part.bak", None),
        ("other", None),
    ],
)
def test_owner_of(name: str, owner: Owner | None) -> None:
    assert owner_of(name) == owner


def test_a_process_that_nobody_has_reaped_does_not_work_any_more() -> None:
    zombie = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert zombie.stdout is not None
    zombie.stdout.read()
    wait_until(lambda: not process_exists(zombie.pid))
    zombie.wait()


def test_a_container_that_starts_again_takes_over_its_own_claim(tmp_path: Path) -> None:
    left = tmp_path / f"{partial_name(SUM)}.{this_process()}-0badcafe"
    left.write_bytes(b"what there was")
    assert claim(tmp_path, SUM).read_bytes() == b"what there was"


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def leave(folder: Path, owner: Owner, content: bytes) -> Path:
    path = folder / f"{claims.partial_name(SUM)}.{owner}-0011"
    path.write_bytes(content)
    return path


def test_a_claim_is_private_and_released_under_the_free_name(tmp_path: Path) -> None:
    first = claims.claim(tmp_path, SUM)
    first.write_bytes(b"bytes")
    second = claims.claim(tmp_path, SUM)

    assert first != second
    assert second.read_bytes() == b""

    claims.release(second, SUM)
    claims.release(first, SUM)
    assert [path.name for path in tmp_path.iterdir()] == [claims.partial_name(SUM)]
    assert claims.claim(tmp_path, SUM).read_bytes() == b"bytes"


def test_of_two_released_the_longer_stays(tmp_path: Path) -> None:
    first, second = claims.claim(tmp_path, SUM), claims.claim(tmp_path, SUM)
    first.write_bytes(b"many bytes")
    second.write_bytes(b"few")

    claims.release(first, SUM)
    claims.release(second, SUM)

    assert claims.claim(tmp_path, SUM).read_bytes() == b"many bytes"
    assert len(list(tmp_path.iterdir())) == 1


def test_the_longest_of_dead_processes_is_taken_over(tmp_path: Path) -> None:
    me = this_process()
    dead = Owner(me.host, me.boot, dead_process())
    leave(tmp_path, dead, b"some bytes")
    (tmp_path / claims.partial_name(SUM)).write_bytes(b"less")

    assert claims.claim(tmp_path, SUM).read_bytes() == b"some bytes"


def test_a_living_process_keeps_its_claim(tmp_path: Path) -> None:
    me = this_process()
    path = leave(tmp_path, Owner(me.host, me.boot, os.getppid()), b"theirs")

    assert claims.claim(tmp_path, SUM).read_bytes() == b""
    assert path.read_bytes() == b"theirs"


def test_another_machine_keeps_its_claim_until_it_gives_no_sign(tmp_path: Path) -> None:
    path = leave(tmp_path, Owner("elsewhere", "boot", 1), b"theirs")
    assert claims.claim(tmp_path, SUM).read_bytes() == b""

    old = time.time() - HOUR
    os.utime(path, (old, old))
    assert claims.claim(tmp_path, SUM).read_bytes() == b"theirs"


def test_what_others_left_is_discarded_once_complete(tmp_path: Path) -> None:
    me = this_process()
    mine = claims.claim(tmp_path, SUM)
    leave(tmp_path, Owner(me.host, me.boot, dead_process()), b"left")
    (tmp_path / claims.partial_name(SUM)).write_bytes(b"free")
    living = leave(tmp_path, Owner(me.host, me.boot, os.getppid()), b"theirs")

    claims.discard_others(mine, SUM)

    assert set(tmp_path.iterdir()) == {mine, living}
