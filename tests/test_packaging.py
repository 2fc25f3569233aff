"""What is installed, and what a source archive holds, as `pyproject.toml` and `MANIFEST.in` say it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from video_censor_personal.shipped import manual_page

REPOSITORY = Path(__file__).parents[1]
OF_DATA = {f"video_censor_personal.{name}" for name in ("defaults", "manual", "schemas", "words")}
NOT_SHIPPED = {"__pycache__", "build", "dist"}


def test_every_package_is_installed_and_no_other() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {
        ".".join(path.parent.relative_to(REPOSITORY).parts)
        for package in ("modeltasks", "video_censor_personal")
        for path in (REPOSITORY / package).rglob("*.py")
    }
    assert set(project["tool"]["setuptools"]["packages"]) == folders | OF_DATA


def test_a_source_archive_holds_all_that_the_checkout_does() -> None:
    """Packages, their data, pyproject.toml, README and licence come by themselves."""
    by_itself = {"modeltasks", "video_censor_personal", "video_censor.py", "config"}
    by_itself |= {"pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"}
    lines = (REPOSITORY / "MANIFEST.in").read_text(encoding="utf-8").splitlines()
    named = {name for line in lines if line.startswith(("include ", "graft ")) for name in line.split()[1:]}
    there = {path.name for path in REPOSITORY.iterdir() if not path.name.startswith(".")}
    made = {
        name
        for name in there
        if name.endswith(".egg-info") or name in NOT_SHIPPED | {"PKG-INFO", "setup.cfg"}
    }
    assert there - made == (named - {".ci"}) | by_itself


def test_messages_name_pages_that_are_installed() -> None:
    named = {
        name
        for path in (REPOSITORY / "video_censor_personal").rglob("*.py")
        for name in re.findall(r"""manual_page\(['"]([^'"]+)""", path.read_text(encoding="utf-8"))
    }
    assert {"configuration.md", "cluster.md"} <= named
    assert [name for name in named if not Path(manual_page(name)).is_file()] == []
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert "*.md" in project["tool"]["setuptools"]["package-data"]["video_censor_personal.manual"]
