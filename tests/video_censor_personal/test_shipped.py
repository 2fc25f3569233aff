from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from video_censor_personal.shipped import FILE_NAME, default_config_path, manual_page

PACKAGE = Path(__file__).parents[2] / "video_censor_personal"
PAGE = "configuration.md"


def test_a_checkout_has_them_at_its_top_level() -> None:
    assert default_config_path() == str(PACKAGE.parent / "config" / FILE_NAME)
    assert manual_page(PAGE) == str(PACKAGE.parent / "docs" / PAGE)


@pytest.mark.parametrize(
    ("made_by", "expected"),
    [("default_config_path()", f"defaults/{FILE_NAME}"), (f"manual_page({PAGE!r})", f"manual/{PAGE}")],
)
def test_an_installation_has_them_inside_the_package(tmp_path: Path, made_by: str, expected: str) -> None:
    package = tmp_path / "video_censor_personal"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    (package / expected).parent.mkdir()
    (package / expected).touch()
    code = f"from video_censor_personal.shipped import *; print({made_by})"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == str(package / expected)
