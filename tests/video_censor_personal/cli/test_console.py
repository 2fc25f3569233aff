"""What becomes of the program when nobody takes what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.file_host import FileHost
from tests.support.programs import ENVIRONMENT, REPOSITORY

Write = Callable[..., Path]
BODY = b"a model"
MODELS = f"{sys.executable} {{u}} -m video_censor_personal --download-models --config {{config}}"


def shell(command: str, config: Path, unbuffered: str) -> tuple[int, str, str]:
    """Return exit code of the pipe's first command, standard output and standard error."""
    line = command.format(run=MODELS.format(u=unbuffered, config=config), python=sys.executable)
    environment = {
        key: value for key, value in (os.environ | ENVIRONMENT).items() if key != "PYTHONUNBUFFERED"
    }
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("unbuffered", ["", "-u"])
@pytest.mark.parametrize("state", ["fetch", "nothing to do"])
@pytest.mark.parametrize(
    ("command", "code", "expected"),
    [
        ("{run} --json | head -1", 0, "{\n"),
        ("{run} --json | true", 0, ""),
        ("{run} --json >&-", 0, ""),
        ("{run} --json 2>&- | {python} -m json.tool --compact | cut -c1-10", 0, '{"ok":true\n'),
        ("{run} --json 2>/dev/full | {python} -m json.tool --compact | cut -c1-10", 0, '{"ok":true\n'),
        ("{run} --json >&- 2>&-", 0, ""),
        ("{run} 2>&1 | true", 0, ""),
        ("{run} --json >/dev/full", 4, ""),
        ("{python} -m video_censor_personal --help | true", 0, ""),
    ],
)
def test_nobody_reads(
    host: FileHost, config_file: Write, command: str, code: int, expected: str, state: str, unbuffered: str
) -> None:
    config = config_file(host.entry("a", BODY))
    if state == "nothing to do":
        assert shell("{run}", config, "")[0] == 0

    ended, out, err = shell(command, config, unbuffered)

    assert (ended, out) == (code, expected)
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    assert ("No space left" in err) == (code == 4)
    if "{run}" in command:
        assert shell("{run}", config, "")[2] == "The model is in place.\n"


@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_a_mistake_of_ours_keeps_its_traceback(host: FileHost, config_file: Write, flag: list[str]) -> None:
    # There is no mistake to be had on order, so one is put in.
    program = (
        "import sys; from video_censor_personal import __main__; from video_censor_personal.cli import run;"
        "run.find_config = lambda *_: {}['nobody foresaw this']; sys.exit(__main__.main())"
    )
    config = config_file(host.entry("a", BODY))
    done = subprocess.run(
        [sys.executable, "-c", program, "--download-models", "--config", str(config), *flag],
        env=os.environ | ENVIRONMENT,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "nobody foresaw this" in done.stderr
    if flag:
        reply = json.loads(done.stdout)
        assert (reply["ok"], reply["exit_code"], reply["error"]["kind"]) == (False, 1, "system")
    else:
        assert done.stdout == ""
