"""Every door, with a standard output or standard error that is closed, full, or not read any more."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.programs import ENVIRONMENT, command
from tests.support.waiting import PATIENCE

STATES = ("closed", "full", "not read")
DOORS = {
    "tasks list": ("tasks", "list", "{config}"),
    "tasks help": ("tasks", "help", "list"),
    "tasks licenses": ("tasks", "{config}", "licenses"),
    "help": ("--help",),
    "version": ("--version",),
    "a mistake": ("--input",),
    "completion": ("completion", "bash"),
    "what would be done": ("film.mp4", "--dry-run", "--config", "{path}"),
    "json": ("film.mp4", "--dry-run", "--json", "--config", "{path}"),
}
SAYS_LITTLE = {"a mistake", "what would be done"}
"""What these say is on standard error."""


def started(line: list[str], here: Path, state: str, stream: str) -> subprocess.Popen[bytes]:
    """Start a command of which one stream is in that state; the other is kept."""
    streams: dict[str, int] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    number = {"stdout": 1, "stderr": 2}[stream]
    given: list[int] = []
    if state == "full":
        given = [os.open("/dev/full", os.O_WRONLY)]
    elif state == "not read":
        reading, writing = os.pipe()
        os.close(reading)
        given = [writing]
    else:
        line = ["sh", "-c", f'exec "$@" {number}>&-', "sh", *line]
    if given:
        streams[stream] = given[0]
    process = subprocess.Popen(
        line,
        cwd=here,
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        stdout=streams["stdout"],
        stderr=streams["stderr"],
    )
    for each in given:
        os.close(each)
    return process


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk is always full here")
@pytest.mark.parametrize("door", DOORS)
def test_no_door_ends_in_a_traceback_where_nobody_takes_what_it_says(
    here: Path, config: Callable[..., Path], door: str
) -> None:
    path = config()
    words = [word.format(config=f"config={path}", path=path) for word in DOORS[door]]
    line = command(*words)
    right = subprocess.run(
        line, cwd=here, env={**os.environ, **ENVIRONMENT}, capture_output=True, timeout=PATIENCE, check=False
    )
    cases = list(itertools.product(("stdout", "stderr"), STATES))
    processes = [started(line, here, state, stream) for stream, state in cases]
    for (stream, state), process in zip(cases, processes, strict=True):
        out, err = process.communicate(timeout=PATIENCE)
        told = (out or b"") + (err or b"")
        assert b"Traceback" not in told, (stream, state, told)
        assert b"Exception ignored" not in told, (stream, state)
        is_lost = (stream, state) == ("stdout", "full") and door not in SAYS_LITTLE
        assert process.returncode == (4 if is_lost else right.returncode), (stream, state, told)
        assert (b"No space left on device" in (err or b"")) == is_lost, (stream, state)
        if stream == "stderr":
            assert (out[:40], len(out) > 40) == (right.stdout[:40], len(right.stdout) > 40), state
