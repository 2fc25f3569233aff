"""What this machine's file systems refuse."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import threading
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from modeltasks.errors import DiskFull, LocalError, PermissionRefused
from modeltasks.transfer.mirror import StreamMirror
from modeltasks.transfer.partial import Partial, check_free_space
from modeltasks.transfer.prefix_hash import PrefixHash
from tests.modeltasks.transfer.conftest import MIB, Bench, wanted_of
from tests.modeltasks.transfer.servers import files

BODY = bytes(range(256)) * 4096
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of four mebibytes."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_twice_the_size_must_be_free_before_the_first_byte(bench: Bench, tiny: Path) -> None:
    content = bytes(3 * MIB)
    server = bench.serve(files({"/file": content}))
    bench.folder = tiny

    with pytest.raises(DiskFull) as caught:
        bench.fetch(wanted_of(content), server)

    assert f"{6 * MIB:,} bytes are needed" in caught.value.why
    assert server.requests == []


def test_what_is_there_already_is_not_needed_again(bench: Bench, tiny: Path) -> None:
    content = os.urandom(2 * MIB)
    bench.folder = tiny
    bench.put_partial(wanted_of(content), content[:MIB])

    assert (
        bench.fetch(wanted_of(content), bench.serve(files({"/file": content}))).path.read_bytes() == content
    )


def test_an_unknown_size_is_checked_when_it_is_known(bench: Bench, tiny: Path) -> None:
    content = bytes(3 * MIB)
    bench.folder = tiny

    with pytest.raises(DiskFull):
        bench.fetch(wanted_of(content, None), bench.serve(files({"/file": content})))
    assert bench.left == []


def test_no_room_in_the_middle_keeps_what_came_and_is_not_retried(
    bench: Bench, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(6 * MIB)
    bench.folder = tiny
    # Another program fills the disk after the check.
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 0, 10**12))
    first, second = bench.serve(files({"/file": content})), bench.serve(files({"/file": content}))

    with pytest.raises(DiskFull):
        bench.fetch(wanted_of(content), first, second)

    assert second.requests == []
    (left,) = tiny.iterdir()
    kept = left.stat().st_size
    assert 3 * MIB < kept <= 4 * MIB
    assert left.read_bytes() == content[:kept]


def test_no_room_for_what_a_stream_brings_asks_no_other_mirror(
    bench: Bench, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(6 * MIB)
    bench.folder = tiny
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 0, 10**12))
    server = bench.serve(files({"/file": content}))

    with pytest.raises(DiskFull):
        bench.fetch(wanted_of(content), StreamMirror("local:x", lambda: io.BytesIO(content)), server)

    assert server.requests == []


@pytest.mark.parametrize(
    ("size", "held", "free", "fits"), [(10, 0, 20, True), (10, 0, 19, False), (10, 4, 16, True)]
)
def test_check_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, held: int, free: int, fits: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(100, 100 - free, free))
    if fits:
        check_free_space(tmp_path, size, held)
    else:
        with pytest.raises(DiskFull, match=f"{2 * size - held} bytes are needed and {free} are free"):
            check_free_space(tmp_path, size, held)


def test_a_folder_that_cannot_be(bench: Bench) -> None:
    bench.folder.write_bytes(b"a file is in the way")

    with pytest.raises(LocalError, match="not a folder"):
        bench.fetch(wanted_of(BODY), bench.serve(files({"/file": BODY})))


def test_a_folder_that_may_not_be_written(bench: Bench, tiny: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(tiny)], check=True)
    bench.folder = tiny
    server = bench.serve(files({"/file": BODY}))

    with pytest.raises(PermissionRefused, match="Read-only"):
        bench.fetch(wanted_of(BODY), server)
    assert server.requests == []


def test_a_partial_cut_short_by_somebody_else_is_no_hang(bench: Bench) -> None:
    wanted = wanted_of(BODY)
    bench.put_partial(wanted, BODY)
    partial = Partial(bench.partial(wanted), len(BODY))
    follower = PrefixHash(partial, "sha256")
    os.truncate(partial.path, 10)

    assert follower.step()
    with pytest.raises(OSError, match="cut short"):
        follower.step()
    follower.close()


class _Reader(io.FileIO):
    """Reads when the file has been cut."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reads, self.cut = threading.Event(), threading.Event()

    def readinto(self, buffer: Any, /) -> int | None:
        self.reads.set()
        self.cut.wait()
        return super().readinto(buffer)


def test_a_partial_dropped_while_it_is_hashed_is_not_cut_short_by_somebody_else(bench: Bench) -> None:
    wanted = wanted_of(BODY)
    bench.put_partial(wanted, BODY)
    partial = Partial(bench.partial(wanted), len(BODY))
    prefix_hash = PrefixHash(partial, "sha256")
    prefix_hash.close()
    prefix_hash._stream = reader = _Reader(partial.path)

    with ThreadPoolExecutor() as pool:
        step = pool.submit(prefix_hash.step)
        reader.reads.wait()
        with partial.changed:
            os.truncate(partial.path, 0)
            reader.cut.set()
            wait([step], timeout=0.2)  # a step that does not ask under the lock fails meanwhile
            partial.clear()
        assert step.result()
    assert not prefix_hash.step()
    prefix_hash.close()


def test_the_mode_is_that_of_the_umask(bench: Bench) -> None:
    server = bench.serve(files({"/file": BODY}))
    before = os.umask(0o027)
    try:
        fetched = bench.fetch(wanted_of(BODY), server)
    finally:
        os.umask(before)
    assert fetched.path.stat().st_mode & 0o777 == 0o640
