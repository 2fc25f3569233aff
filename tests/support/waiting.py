"""How tests wait: for the thing itself, with deadlines that only a hang can miss."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable

PROMPT = 60.0
"""Seconds within which what need not wait ends, on the busiest machine.

What must not be waited for in these tests takes `AGES`. How fast things really are is the subject of
`benchmarks/`.
"""

PATIENCE = 300.0
"""Seconds that a program which was started may take to its end, however busy the machine is."""

AGES = 3600.0
"""Seconds that no test survives."""


def wait_until(
    happened: Callable[[], object], process: subprocess.Popen[str] | subprocess.Popen[bytes] | None = None
) -> None:
    """Return once something has happened; fail when it does not, or when `process` ends before it."""
    until = time.monotonic() + PATIENCE
    while not happened():
        assert process is None or process.poll() is None, "the program ended first"
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)


def once(happened: Callable[[], object], then: Callable[[], object]) -> threading.Thread:
    """Do `then` on a thread of its own as soon as something has happened."""

    def work() -> None:
        wait_until(happened)
        then()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
