from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import video_censor
from video_censor_personal.cli.parser import SUBCOMMANDS, main_parser
from video_censor_personal.cli.subcommands import find_subcommand

ASK = """
source ./script
COMP_WORDS=(video-censor "$@")
COMP_CWORD=$#
_shtab_video_censor
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    reply = video_censor(tmp_path, "completion", "bash")
    assert reply.code == 0, reply.err
    path = tmp_path / "script"
    path.write_text(reply.out)
    return path


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--over"], {"--overwrite"}),
        (["rev"], {"review"}),
        (["my"], {"my film.mkv"}),
        (["--config", "con"], {"conf.yaml"}),
        (["--log-level", ""], {"ERROR", "WARNING", "INFO", "DEBUG", "TRACE"}),
    ],
)
def test_bash_completes(script: Path, words: list[str], expected: set[str]) -> None:
    for name in ("my film.mkv", "conf.yaml"):
        (script.parent / name).touch()
    done = subprocess.run(
        ["bash", "-c", ASK, "bash", *words], cwd=script.parent, capture_output=True, text=True, check=True
    )
    assert expected <= {*done.stdout.splitlines()}


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_get_a_script_with_all_options(tmp_path: Path, shell: str) -> None:
    out = video_censor(tmp_path, "completion", shell).out
    options = {option for action in main_parser()._actions for option in action.option_strings}
    assert {option for option in options if option.lstrip("-") not in out} == set()


def test_every_command_that_the_help_lists_is_there() -> None:
    missing = [name for name in SUBCOMMANDS if name != "tasks" and find_subcommand([name]) is None]
    assert missing == []


def test_help_lists_options_and_commands_in_eighty_columns(tmp_path: Path) -> None:
    reply = video_censor(tmp_path, "--help")
    lines = reply.out.splitlines()
    assert reply.code == 0
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 55
    assert all(any(line.startswith(f"  {name} ") for line in lines) for name in SUBCOMMANDS)
