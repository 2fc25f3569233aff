"""The machine of a reader who follows the documentation: a checkout, programs on the path, servers to ask.

Everything that the pages name is there, and is real: the default models on a hub and in wheels, a film,
a web server in the place of `https://models.example.org`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import REPOSITORY
from tests.support.file_host import FileHost
from tests.support.installed import SCRIPTS, write_script
from tests.support.waiting import PATIENCE

HOME = "/home/ann"
"""What the pages call the reader's home."""
MODELS_HOST = "https://models.example.org/"

_CHECKOUT = (
    *("benchmarks", "config", "demo", "modeltasks", "tests", "video_censor_personal"),
    *("dodo.py", "video_censor.py", "pyproject.toml"),
)
_PROGRAMS = {"python": "", "ruff": "-m ruff"}


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it printed, as the reader would see it."""

    code: int
    text: str


class Stage:
    """A checkout below a home of its own, with `.venv/bin` on the path."""

    def __init__(self, folder: Path, host: FileHost) -> None:
        self.home = folder / "ann"
        self.checkout = self.home / "video-censor-personal"
        self.checkout.mkdir(parents=True)
        self._host = host
        for name in _CHECKOUT:
            source, target = REPOSITORY / name, self.checkout / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "out"))
            else:
                shutil.copy(source, target)
        self._programs = self.checkout / ".venv" / "bin"
        self._programs.mkdir(parents=True)
        for name, arguments in _PROGRAMS.items():
            program = self._programs / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
            program.chmod(0o755)
        for name, module in SCRIPTS.items():
            write_script(self._programs / name, sys.executable, module)
        (self._programs / "activate").write_text("")

    def write(self, name: str, text: str) -> None:
        """Write a file of the reader's into the checkout."""
        path = self.checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._real(text), encoding="utf-8")

    def bash(self, command: str) -> Said:
        """Run a command as the reader types it."""
        return self._run(["bash", "-uo", "pipefail", "-c", self._real(command)])

    def python(self, text: str) -> Said:
        """Run a script."""
        return self._run([sys.executable, "-c", self._real(text)])

    def _run(self, command: list[str]) -> Said:
        ours = ("XDG_CACHE_HOME", "PYTEST_")  # of the suite around, not of the reader
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        done = subprocess.run(
            command,
            cwd=self.checkout,
            env={
                **inherited,
                "HOME": str(self.home),
                "PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(self.checkout),
                "PYTHONUNBUFFERED": "1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Said(done.returncode, self._documented(done.stdout))

    def _real(self, text: str) -> str:
        return text.replace(MODELS_HOST, self._host.url("")).replace(HOME, str(self.home))

    def _documented(self, text: str) -> str:
        return text.replace(str(self.home), HOME).replace(self._host.url(""), MODELS_HOST)
