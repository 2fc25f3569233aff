from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from video_censor_personal.errors import UsageError
from video_censor_personal.locations import default_config_path, find_config

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


def test_without_any_name_it_is_the_packaged_default(tmp_path: Path) -> None:
    found = find_config(None, {}, tmp_path)
    assert found == default_config_path()
    assert "whisper-tiny-en" in Path(found).read_text(encoding="utf-8")


def test_an_installation_has_its_configs_inside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "video_censor_personal"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    (package / "defaults").mkdir()
    shutil.copy(PACKAGE.parent / "config" / NAME, package / "defaults")
    code = "from video_censor_personal.locations import default_config_path as f; print(f())"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == str(package / "defaults" / NAME)


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
