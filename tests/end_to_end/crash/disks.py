"""File systems of a few mebibytes, full or read-only at will."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.end_to_end.crash.stores import MIB


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """Mount a file system at `folder` during the block; skip the test where that is not allowed."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def resize(disk: Path, mebibytes: int) -> None:
    """Give a `small_disk` another size."""
    subprocess.run(["mount", "-o", f"remount,size={mebibytes}m", str(disk)], check=True)


def make_read_only(disk: Path) -> None:
    """Let nobody write to a `small_disk` any more, not even root."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def fill(disk: Path, leave: int = 0) -> Path:
    """Write a file that leaves `leave` bytes free, and return it."""
    filler = disk / "filler"
    # A program that writes meanwhile may take what was seen to be free: then it is full as well.
    with filler.open("ab", buffering=0) as stream, suppress(OSError):
        while (left := shutil.disk_usage(disk).free - leave) > 0:
            stream.write(bytes(min(MIB, left)))
    return filler
