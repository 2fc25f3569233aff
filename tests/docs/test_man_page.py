"""The man page is up to date, is read without complaint, and comes with the program."""

from __future__ import annotations

import shutil
import subprocess
import tomllib

import pytest

from tests.docs import man_page
from tests.docs.pages import REPOSITORY


def test_it_says_what_the_parsers_and_the_pages_say() -> None:
    again = "python -m tests.docs.man_page writes it"
    assert man_page.PATH.read_text(encoding="utf-8") == man_page.text(), again


@pytest.mark.parametrize(
    "reader",
    [
        pytest.param(
            line, marks=pytest.mark.skipif(not shutil.which(line[0]), reason=f"there is no {line[0]}")
        )
        for line in (["mandoc", "-T", "lint", "-W", "error"], ["groff", "-man", "-ww", "-z"])
    ],
)
def test_readers_of_man_pages_take_it(reader: list[str]) -> None:
    done = subprocess.run([*reader, man_page.PATH], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_is_installed_where_man_looks_for_it() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    files = project["tool"]["setuptools"]["data-files"]
    assert files == {"share/man/man1": [str(man_page.PATH.relative_to(REPOSITORY))]}
