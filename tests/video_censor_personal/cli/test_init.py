"""`video-censor init`: a config and a dodo.py that work, and nothing overwritten."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
import yaml

from tests.support.file_host import FileHost
from tests.support.installed import install
from tests.support.programs import run, type_in, video_censor
from video_censor_personal.config import load_config
from video_censor_personal.config.values import Library
from video_censor_personal.shipped import default_config_path

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


def test_an_editor_finds_the_schema(tmp_path: Path) -> None:
    video_censor(tmp_path, "init")
    (line,) = re.findall(
        r"^# yaml-language-server: \$schema=(\S+)$", (tmp_path / "video-censor.yaml").read_text(), re.M
    )
    assert json.loads(Path(url2pathname(urlsplit(line).path)).read_bytes())["title"].startswith("Config")


def test_the_config_points_to_nothing_that_an_installation_lacks(tmp_path: Path) -> None:
    video_censor(tmp_path, "init")
    text = (tmp_path / "video-censor.yaml").read_text()
    assert "docs/" not in text
    assert "packaged default" not in text
    (catalogue,) = re.findall(
        r"^# The models that need no more than a name: (\S+huggingface\.yaml)$", text, re.M
    )
    assert Path(catalogue).is_file()


def uncommented(text: str) -> str:
    """Return the config without the # at the beginning of the lines from `library` on."""
    before, after = text.split("#library:", 1)
    return f"{before}library:{after}".replace("\n#  ", "\n  ")


def test_the_lines_on_films_say_nothing_before_one_edits_them(tmp_path: Path) -> None:
    video_censor(tmp_path, "init")
    written = (tmp_path / "video-censor.yaml").read_text()
    default = Path(default_config_path()).read_text()
    assert yaml.safe_load(written) == yaml.safe_load(default)
    assert load_config(tmp_path / "video-censor.yaml").library is None
    assert load_config(default_config_path()).library is None
    library = yaml.safe_load(uncommented(written))["library"]
    assert list(library) == [field.name for field in dataclasses.fields(Library)]


def test_the_lines_on_films_are_right_as_they_stand(tmp_path: Path) -> None:
    video_censor(tmp_path, "init")
    path = tmp_path / "video-censor.yaml"
    path.write_text(uncommented(path.read_text()))
    config = load_config(path)
    assert config.warnings == ()
    assert config.library is not None
    assert config.library.copy == Library(()).copy
    assert config.library.results == Library(()).results


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an installation outside the checkout."""
    return install(tmp_path_factory.mktemp("installation"))


@pytest.mark.parametrize("doit", ["of this installation", "of another one", "none"])
@pytest.mark.parametrize("path", ["on the path", "by path"])
def test_what_init_says_at_the_end_works(
    tmp_path: Path, host: FileHost, config_file: Callable[..., Path], programs: Path, path: str, doit: str
) -> None:
    folder, tools = tmp_path / "films", tmp_path / "tools"
    folder.mkdir()
    tools.mkdir()
    (tools / "video-censor").symlink_to(programs / "video-censor")
    if doit != "none":
        own = doit == "of this installation"
        (tools / "doit").symlink_to(programs / "doit" if own else shutil.which("false") or "/bin/false")
    environment = {"PYTHONPATH": "", "PATH": f"{tools}:/usr/bin:/bin" if path == "on the path" else "/bin"}
    program = "video-censor" if path == "on the path" else str(programs / "video-censor")
    said = type_in(f"{program} init", folder, **environment)
    assert said.code == 0
    lines = [line.strip() for line in said.err.splitlines()]
    (listing,) = (line for line in lines if line.endswith("tasks list --all --status"))
    (tasks,) = (line for line in lines if line.endswith(" tasks"))
    (also,) = (line.rpartition("so does ")[2].rstrip(".") for line in lines if "so does" in line)
    assert tasks == f"{program} tasks"
    config_file(host.entry("a", A)).replace(folder / "video-censor.yaml")
    assert "R models:a" in type_in(listing, folder, **environment).out
    assert type_in(tasks, folder, **environment).out == ".  models:a\n"
    assert type_in(also, folder, **environment).out == "-- models:a\n"


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
    assert "here was not understood" in reply.err
