"""`video-censor` while it shows its page: what it tells, and what it answers."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.support.programs import command, start
from tests.support.waiting import PATIENCE, wait_until

ADDRESS = re.compile(r"(http://\S+)/\?token=(\S+)")


@dataclass
class Running:
    """A program that shows its page."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def told(self) -> str:
        return "".join(self.lines)

    def ask(self, method: str, path: str) -> requests.Response:
        found = ADDRESS.search(self.told)
        assert found
        headers = {"Authorization": f"Bearer {found[2]}", "Content-Type": "application/json"}
        return requests.request(method, found[1] + path, headers=headers, data="{}", timeout=PATIENCE)

    def copy(self) -> str:
        state: str = self.ask("GET", "/api/state").json()["films"]["f0"]["copy"]["state"]
        return state

    def ended(self) -> tuple[int, str]:
        """Return the exit code and standard output."""
        out, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out


@contextmanager
def running(here: Path, *words: object, before: Sequence[str] = ()) -> Iterator[Running]:
    """Start the program, and wait for its page; `before` are words that start it, such as `nohup`."""
    line = [*before, *command(*words)]
    process = start(line, here, {"DISPLAY": "", "WAYLAND_DISPLAY": ""}, stderr=subprocess.PIPE)
    program = Running(process)
    told, process.stderr = process.stderr, None
    assert told is not None
    reader = threading.Thread(target=program.lines.extend, args=(told,), daemon=True)
    reader.start()
    try:
        wait_until(lambda: ADDRESS.search(program.told), process)
        yield program
        reader.join(PATIENCE)
    finally:
        process.kill()
        process.wait()
