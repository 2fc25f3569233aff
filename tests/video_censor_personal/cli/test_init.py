"""`video-censor init`: a config and a dodo.py that work, and nothing overwritten."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.file_host import FileHost
from tests.support.programs import run, video_censor
from video_censor_personal.config import load_config
from video_censor_personal.locations import default_config_path

A = b"model a " * 4000


def test_init_writes_a_config_and_a_dodo_that_doit_takes(tmp_path: Path) -> None:
    reply = video_censor(tmp_path, "init")
    assert (reply.code, reply.out) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dodo.py", "video-censor.yaml"]
    assert load_config(tmp_path / "video-censor.yaml").models == load_config(default_config_path()).models
    assert len((tmp_path / "dodo.py").read_text().splitlines()) == 2
    listed = run([sys.executable, "-m", "doit", "list", "--all", "--quiet"], tmp_path)
    assert (listed.code, listed.err) == (0, "")
    assert "models:open-nsfw" in listed.out.split()


def test_doit_alone_makes_the_models_and_nothing_else(
    host: FileHost, config_file: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    assert video_censor(folder, "init").code == 0
    config_file(host.entry("a", A)).replace(folder / "video-censor.yaml")
    alone = run([sys.executable, "-m", "doit"], folder)
    assert (alone.code, alone.out) == (0, ".  models:a\n")
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
        "dodo.py",
        "video-censor.yaml",
    ]


@pytest.mark.parametrize("name", ["video-censor.yaml", "dodo.py"])
@pytest.mark.parametrize("kind", ["file", "folder", "link to a file", "link to nowhere"])
def test_init_overwrites_nothing(tmp_path: Path, name: str, kind: str) -> None:
    mine, other = tmp_path / name, tmp_path / "other"
    if kind == "file":
        mine.write_text("mine")
    elif kind == "folder":
        mine.mkdir()
    else:
        if kind == "link to a file":
            other.write_text("mine")
        mine.symlink_to(other)
    before = sorted(tmp_path.iterdir())
    reply = video_censor(tmp_path, "init")
    assert reply.code == 2
    assert name in reply.err
    assert sorted(tmp_path.iterdir()) == before
    assert kind == "link to nowhere" or mine.is_dir() or mine.read_text() == "mine"


def test_init_takes_no_arguments(tmp_path: Path) -> None:
    reply = video_censor(tmp_path, "init", "here")
    assert (reply.code, list(tmp_path.iterdir())) == (2, [])
    assert "it was given here" in reply.err
