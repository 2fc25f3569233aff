from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from video_censor_personal.errors import OutputRefused, UsageError
from video_censor_personal.locations import check_place, find_config, is_same_file
from video_censor_personal.shipped import default_config_path

NAME = "video-censor.yaml"
PACKAGE = Path(__file__).parents[2] / "video_censor_personal"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("given.yaml", "from-env.yaml", NAME):
        (tmp_path / name).write_text("version: 1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("explicit", "variable", "expected"),
    [
        ("given.yaml", "from-env.yaml", "given.yaml"),
        (None, "from-env.yaml", "from-env.yaml"),
        (None, "", NAME),
        (None, None, NAME),
    ],
)
def test_the_nearest_name_wins(
    folder: Path, explicit: str | None, variable: str | None, expected: str
) -> None:
    environ = {} if variable is None else {"VIDEO_CENSOR_CONFIG": variable}
    assert find_config(explicit, environ, folder) == str(folder / expected)


def test_the_folder_of_the_user_comes_before_that_of_the_dodo(folder: Path) -> None:
    below = folder / "below"
    below.mkdir()
    assert find_config(None, {}, below, folder) == str(folder / NAME)
    (below / NAME).write_text("version: 1\n")
    assert find_config(None, {}, below, folder) == str(below / NAME)
    (below / "given.yaml").write_text("version: 1\n")
    assert find_config("given.yaml", {}, below, folder) == str(below / "given.yaml")


def test_without_any_name_it_is_the_packaged_default(tmp_path: Path) -> None:
    found = find_config(None, {}, tmp_path)
    assert found == default_config_path()
    assert "whisper-tiny-en" in Path(found).read_text(encoding="utf-8")


def test_an_absolute_path_is_taken_as_it_is(folder: Path, tmp_path: Path) -> None:
    path = str(folder / "given.yaml")
    assert find_config(path, {}, tmp_path / "elsewhere") == path


@pytest.mark.parametrize(
    ("explicit", "environ", "parts"),
    [
        ("gone.yaml", {"VIDEO_CENSOR_CONFIG": "from-env.yaml"}, ("gone.yaml", "--config", "does not exist")),
        (None, {"VIDEO_CENSOR_CONFIG": "gone.yaml"}, ("gone.yaml", "$VIDEO_CENSOR_CONFIG", "does not exist")),
        (".", {}, ("--config", "is a folder")),
        ("", {}, ("an empty path", "--config")),
    ],
)
def test_a_named_file_that_is_missing_is_an_error_and_says_who_named_it(
    folder: Path, explicit: str | None, environ: dict[str, str], parts: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        find_config(explicit, environ, folder)
    assert caught.value.kind == "config"
    for part in parts:
        assert part in str(caught.value)


def test_finding_the_config_imports_nothing_heavy() -> None:
    code = (
        "import sys; from video_censor_personal.locations import find_config;"
        "find_config(None, {}, '/');"
        "print(sorted({'pathlib', 'dataclasses', 'yaml', 'doit', 'requests'} & set(sys.modules)))"
    )
    # -S: site itself may import pathlib for the editable installs it finds.
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    assert done.stdout.strip() == "[]"


def made(path: Path, make: Callable[[Path], object]) -> Path:
    make(path)
    return path


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a link": (
        lambda f: made(f / "x", lambda x: x.symlink_to(f / "mine.json")),
        "a link to .*mine.json",
    ),
    "a link that leads nowhere": (lambda f: made(f / "x", lambda x: x.symlink_to("gone")), "a link to gone"),
    "a link to itself": (lambda f: made(f / "x", lambda x: x.symlink_to("x")), "a link to x"),
    "a folder": (lambda f: f / "sub", "it is a folder"),
    "the folder itself": (lambda _: Path(), "it is a folder"),
    "a pipe": (lambda f: made(f / "x", os.mkfifo), "a device, a pipe or a socket"),
    "a socket": (lambda f: made(f / "x", a_socket), "a device, a pipe or a socket"),
    "a device": (lambda _: Path("/dev/null"), "a device, a pipe or a socket"),
    "below a file": (lambda f: f / "mine.json" / "x.json", "mine.json is no folder"),
    "far below a file": (lambda f: f / "mine.json" / "a" / "b" / "x.json", "mine.json is no folder"),
    "below a link that leads nowhere": (
        lambda f: made(f / "x", lambda x: x.symlink_to("gone")) / "r.json",
        "is a link that leads nowhere",
    ),
    "a name that is too long": (lambda f: f / ("x" * 300), "name too long"),
    "a new folder's name that is too long": (lambda f: f / ("x" * 300) / "r.json", "name too long"),
    "where nothing can be written": (lambda _: Path("/proc/x.json"), "nothing can be written in /proc"),
    "a new folder there": (lambda _: Path("/proc/a/x.json"), "nothing can be written in /proc"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_be_no_output_is_refused_and_left_alone(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "mine.json").write_text("mine")
    make, why = REFUSED[name]
    path = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputRefused, match=why) as caught:
        check_place(path)
    assert caught.value.kind == "config"
    assert caught.value.fix
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)
    with pytest.raises(OutputRefused, match="nothing can be written in"):
        check_place(tmp_path / "closed" / "r.json")


@pytest.mark.parametrize("name", ["new.json", "mine.json", "a/b/c.json", "door/new.json", "door/a/new.json"])
def test_files_and_folders_may_be_new_and_a_folder_may_be_a_link(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "room").mkdir()
    (tmp_path / "door").symlink_to("room")
    (tmp_path / "mine.json").write_text("mine")
    for path in (Path(name), tmp_path / name):
        check_place(path)
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["door", "mine.json", "room"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("film.mp4", "film.mp4", True),
        ("film.mp4", "./sub/../film.mp4", True),
        ("film.mp4", "hard.mp4", True),
        ("film.mp4", "soft.mp4", True),
        ("film.mp4", "other.mp4", False),
        ("new.mp4", "NEW.mp4", True),
        ("caf\u00e9.mp4", "cafe\u0301.mp4", True),
        ("new.mp4", "sub/new.mp4", False),
        ("loop.mp4", "new.mp4", False),
    ],
)
def test_one_file_has_many_names(
    tmp_path: Path, one: str, other: str, same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("film.mp4", "other.mp4"):
        (tmp_path / name).write_text(name)
    (tmp_path / "hard.mp4").hardlink_to(tmp_path / "film.mp4")
    (tmp_path / "soft.mp4").symlink_to("film.mp4")
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    assert is_same_file(Path(one), Path(other)) is same
    assert is_same_file(Path(other), Path(one)) is same
