"""A program whose threads show bars, log, print and warn, while doit prints what it does."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

from doit.cmd_base import ModuleTaskLoader
from doit.doit_cmd import DoitMain

from modeltasks.report.console import print_err, print_out
from modeltasks.report.display import progress_for
from modeltasks.tasks.catalogue import DOIT_CONFIG as SETTINGS
from video_censor_personal.cli.logs import set_up_logging

THREADS, LINES = 4, 30

DOIT_CONFIG = {**SETTINGS, "default_tasks": ["busy", "quick"], "num_process": THREADS + 1}
_together = threading.Barrier(THREADS, timeout=60)


def work(number: int) -> None:
    progress = progress_for(sys.stderr)
    _together.wait()
    file = progress.begin(f"models/{number}/電影-ü.bin", 1000)
    film = progress.begin(f"writing {number}.mkv", 6120, unit="seconds")
    for n in range(LINES):
        print_out(f"<out {number} {n}>")
        print_err(f"<err {number} {n}>")
        logging.info("<log %d %d>", number, n)
        warnings.warn_explicit(f"<warn {number} {n}>", UserWarning, "w", 1, registry={})
        file.advance(30)
        film.advance(200)
    _together.wait()
    for bar in (film, file) if number % 2 else (file, film):
        bar.close()


def task_busy() -> Iterator[dict[str, Any]]:
    for number in range(THREADS):
        yield {"name": str(number), "actions": [(work, [number])], "io": {"capture": False}}


def task_quick() -> Iterator[dict[str, Any]]:
    for number in range(LINES):
        yield {"name": str(number), "actions": [lambda: None], "io": {"capture": False}}


if __name__ == "__main__":
    set_up_logging("INFO")
    raise SystemExit(DoitMain(ModuleTaskLoader(globals()), config_filenames=()).run([]))
