"""File systems of a few mebibytes, full or read-only at will."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash.shelf import MIB


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


def make_read_only(disk: Path) -> None:
    """Let nobody write to a `small_disk` any more, not even root."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def fill(disk: Path, leave: int = 0) -> Path:
    """Write a file that leaves `leave` bytes free, and return it."""
    filler = disk / "filler"
    with filler.open("ab") as stream:
        left = shutil.disk_usage(disk).free - leave
        while left > 0:
            stream.write(bytes(min(MIB, left)))
            stream.flush()
            left = shutil.disk_usage(disk).free - leave
    return filler
