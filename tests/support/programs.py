"""Runs the programs as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.promptly import PATIENCE

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program left behind when it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Return standard output as the one JSON object that it must be."""
        reply = json.loads(self.out)
        assert isinstance(reply, dict)
        return reply


def run(command: list[str], cwd: Path, **environment: str) -> Outcome:
    """Run a command in `cwd`, with this environment and some additions."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def video_censor(cwd: Path, *arguments: object, **environment: str) -> Outcome:
    """Run `video-censor`."""
    command = [sys.executable, "-m", "video_censor_personal", *map(str, arguments)]
    return run(command, cwd, **environment)


def doit(cwd: Path, *arguments: object, **environment: str) -> Outcome:
    """Run doit on the project's graph, from a folder of the user's."""
    verb, *rest = map(str, arguments) if arguments else ("run",)
    command = [sys.executable, "-m", "doit", verb, "-f", str(REPOSITORY / "dodo.py"), *rest]
    return run(command, cwd, **environment)
