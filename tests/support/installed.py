"""An installation outside the checkout: a virtual environment with the package in it, as pip makes it."""

from __future__ import annotations

import shutil
import sysconfig
import venv
from pathlib import Path

from tests.support.programs import REPOSITORY

SCRIPTS = {"video-censor": "video_censor_personal.__main__", "doit": "doit.__main__"}
"""The programs of an installation, each with the module that has its `main`."""
_NO_CODE = shutil.ignore_patterns("__pycache__")


def install(folder: Path) -> Path:
    """Make a virtual environment at `folder` and return its folder of programs.

    What the package depends on is that of the suite's own environment.
    """
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    for name in ("modeltasks", "video_censor_personal"):
        shutil.copytree(REPOSITORY / name, packages / name, ignore=_NO_CODE)
    shutil.copytree(REPOSITORY / "config", packages / "video_censor_personal" / "defaults")
    shutil.copy(REPOSITORY / "video_censor.py", packages)
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    programs = folder / "bin"
    for name, module in SCRIPTS.items():
        write_script(programs / name, programs / "python", module)
    return programs


def write_script(path: Path, python: Path | str, module: str) -> None:
    """Write a program that calls `main` of a module, as an installer does."""
    # A path with a space in it cannot stand after `#!`; the second line is a text for Python.
    first = (
        f"#!{python}" if " " not in str(python) else f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''"
    )
    path.write_text(f"{first}\nimport sys\nfrom {module} import main\nsys.exit(main())\n")
    path.chmod(0o755)
