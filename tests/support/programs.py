"""Runs the programs as a user does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.support.waiting import PATIENCE

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = {
    "PYTHONPATH": str(REPOSITORY),
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "",  # else each start compiles the whole program again
}


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


def command(*arguments: object) -> list[str]:
    """Return the command line of `video-censor` with these arguments."""
    return [sys.executable, "-m", "video_censor_personal", *map(str, arguments)]


def doit_command(*arguments: object) -> list[str]:
    """Return the command line of doit on the project's graph; the first argument is doit's command."""
    verb, *rest = map(str, arguments) if arguments else ("run",)
    return [sys.executable, "-m", "doit", verb, "-f", str(REPOSITORY / "dodo.py"), *rest]


def run(line: Sequence[str], cwd: Path, **environment: str) -> Outcome:
    """Run a command in `cwd`, with this environment and some additions."""
    done = subprocess.run(
        line,
        cwd=cwd,
        env={**os.environ, **ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def start(
    line: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    *,
    stdout: int | IO[Any] = subprocess.PIPE,
    stderr: int | IO[Any] = subprocess.DEVNULL,
) -> subprocess.Popen[str]:
    """Start a command in `cwd` and return at once."""
    env = {**os.environ, **ENVIRONMENT, **(environment or {})}
    return subprocess.Popen(line, cwd=cwd, env=env, stdout=stdout, stderr=stderr, text=True)


def video_censor(cwd: Path, *arguments: object, **environment: str) -> Outcome:
    """Run `video-censor`."""
    return run(command(*arguments), cwd, **environment)


def doit(cwd: Path, *arguments: object, **environment: str) -> Outcome:
    """Run doit on the project's graph, from a folder of the user's."""
    return run(doit_command(*arguments), cwd, **environment)


def advised(text: str, *words: str) -> str:
    """Return the one command that a message names and that has these words in it."""
    named: list[str] = re.findall(r"`([^`]+)`", text)
    found = {each for each in named if all(word in each for word in words)}
    assert len(found) == 1, text
    return found.pop()


def type_in(line: str, cwd: Path, **environment: str) -> Outcome:
    """Run what a message says, as it is typed into a shell."""
    return run(["sh", "-c", line], cwd, **environment)


_SHIM = """
import errno, os

def _refuse(name, code):
    def refuse(*args, **kwargs):
        raise OSError(code, os.strerror(code))
    return refuse

for _call in {calls!r}:
    _name, _code = _call.split("=")
    if _name == "statvfs" and _code == "0":
        os.statvfs = lambda path: os.statvfs_result((4096, 4096, 0, 0, 0, 0, 0, 0, 0, 255))
    elif _name == "flock":
        import fcntl
        fcntl.flock = _refuse(_name, getattr(errno, _code))
    else:
        setattr(os, _name, _refuse(_name, getattr(errno, _code)))
"""


def refusing(folder: Path, *calls: str) -> dict[str, str]:
    """Return the environment of a program whose file system refuses these calls, or lies.

    Args:
        folder: an empty one.
        calls: as `utime=EPERM`; `statvfs=0` tells of no blocks at all.
    """
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_SHIM.format(calls=calls))
    return {"PYTHONPATH": f"{folder}:{REPOSITORY}"}
