"""A shell on a terminal of its own: lines are typed into it, and TAB completes them."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.waiting import wait_until

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|.\x08|[\x07\r]")
_KILL_LINE, _TAB = b"\x15", b"\t"


class TypedShell:
    """A shell that runs; see `typed_shell`."""

    def __init__(self, terminal: int, program: subprocess.Popen[bytes]) -> None:
        self._terminal = terminal
        self._program = program
        self._text = ""

    def run(self, line: str, *, shows: str) -> None:
        """Let it run a line, and return once it shows something."""
        self._type(line.encode() + b"\n", shows)

    def complete(self, line: str, *, shows: str) -> None:
        """Type a line and TAB; return once something is shown, and take the line away again."""
        self._type(line.encode() + _TAB, shows)
        os.write(self._terminal, _KILL_LINE)

    def _type(self, keys: bytes, shows: str) -> None:
        self._text = ""
        os.write(self._terminal, keys)
        wait_until(lambda: shows in self._read(), self._program)

    def _read(self) -> str:
        with suppress(BlockingIOError):
            self._text += os.read(self._terminal, 65536).decode(errors="replace")
        return _CONTROL.sub("", self._text)


@contextmanager
def typed_shell(line: Sequence[str], folder: Path) -> Iterator[TypedShell]:
    """Run a shell in a folder, which is its home, too."""
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    env = {**os.environ, "TERM": "xterm", "HOME": str(folder)}
    program = subprocess.Popen(
        line, cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        yield TypedShell(ours, program)
    finally:
        program.kill()
        program.wait()
        os.close(ours)
