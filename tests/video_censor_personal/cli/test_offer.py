"""On a terminal, models are not offered where they could not be fetched, or nobody is to be asked."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.file_host import FileHost
from tests.support.programs import ENVIRONMENT, command
from tests.support.waiting import PATIENCE


def asked(here: Path, *words: object, answers: bytes = b"n\n", **environment: str) -> tuple[int, str]:
    """Run `video-censor` on a terminal; answer its questions, and return code and what was told."""
    master, slave = pty.openpty()
    program = subprocess.Popen(
        command(*words),
        cwd=here,
        env={**os.environ, **ENVIRONMENT, **environment},
        stdin=slave,
        stderr=slave,
        stdout=subprocess.DEVNULL,
    )
    os.close(slave)
    os.write(master, answers)
    told = b""
    while True:
        try:
            told += os.read(master, 4096)
        except OSError:
            break
    os.close(master)
    return program.wait(PATIENCE), told.decode()


@pytest.mark.parametrize("film", [("film.mp4",), ("--input", "film.mp4")], ids=["FILM", "--input"])
@pytest.mark.parametrize(
    ("flags", "offline", "variable", "offers"),
    [
        ((), False, "0", True),
        ((), True, "0", False),
        ((), False, "1", False),
        (("--offline",), False, "0", False),
        (("--json",), False, "0", False),
        (("--quiet",), False, "0", False),
    ],
)
def test_models_are_offered_only_where_that_makes_sense(
    film_folder: Path,
    config_file: Callable[..., Path],
    host: FileHost,
    film: tuple[str, ...],
    flags: tuple[str, ...],
    offline: bool,
    variable: str,
    offers: bool,
) -> None:
    entry = host.entry("a", b"a" * 1000, size_bytes=1000)
    config = config_file(entry, detectors=[{"name": "s", "type": "speech", "model": "a"}])
    config.write_text(config.read_text().replace("models:", f"models:\n  offline: {str(offline).lower()}", 1))
    code, told = asked(film_folder, *film, "--config", config, *flags, HF_HUB_OFFLINE=variable)
    assert ("[Y/n]" in told) is offers
    assert code == 3, told
    assert host.requests() == 0
