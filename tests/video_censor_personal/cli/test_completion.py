"""`video-censor completion`: each shell that is there is asked what it makes of a line."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import video_censor
from tests.support.typed_shell import typed_shell
from video_censor_personal.cli.command_parsers import COMMAND_PARSERS, SHELLS
from video_censor_personal.cli.parser import SUBCOMMANDS, CommandParser, main_parser
from video_censor_personal.cli.subcommands import find_subcommand

ASK_BASH = """
source ./script
COMP_WORDS=(video-censor "$@")
COMP_CWORD=$#
_shtab_video_censor
printf '%s\\n' "${COMPREPLY[@]}"
"""
ASK_FISH = "source ./script; complete -C (string join ' ' -- video-censor $argv) | string split -f1 \\t; true"
COMPLETED = {
    "": {"review", "completion", "my film.mkv", "conf.yaml"},
    "--over": {"--overwrite"},
    "rev": {"review"},
    "my": {"my film.mkv"},
    "other.mkv my": {"my film.mkv"},
    "--config con": {"conf.yaml"},
    "--log-level ": {"ERROR", "WARNING", "INFO", "DEBUG", "TRACE"},
    "review --no-b": {"--no-browser"},
    "review m": {"my film.mkv"},
    "doctor --off": {"--offline"},
    "completion ": {*SHELLS},
}
"""What stands behind `video-censor`, and what is offered for its last word, and perhaps other words."""
ONLY = {"--over", "--config con", "my", "other.mkv my", "review --no-b", "completion "}


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not shutil.which(shell), reason=f"there is no {shell}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("my film.mkv", "conf.yaml"):
        (tmp_path / name).touch()
    return tmp_path


def write_script(folder: Path, shell: str) -> None:
    reply = video_censor(folder, "completion", shell)
    assert (reply.code, reply.err) == (0, "")
    (folder / "script").write_text(reply.out)


def asked(folder: Path, line: list[str]) -> set[str]:
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=True)
    return {*filter(None, done.stdout.splitlines())}


@pytest.mark.parametrize(
    ("shell", "ask"),
    [
        pytest.param("bash", ["bash", "-c", ASK_BASH, "bash"], marks=needs("bash")),
        pytest.param("fish", ["fish", "--no-config", "-c", ASK_FISH, "--"], marks=needs("fish")),
    ],
)
def test_shells_that_can_be_asked_complete(folder: Path, shell: str, ask: list[str]) -> None:
    write_script(folder, shell)
    for words, expected in COMPLETED.items():
        found = asked(folder, [*ask, *words.split(" ")])
        assert expected <= found, (words, found)
        assert words not in ONLY or found == expected, (words, found)


COMPINIT = "autoload -Uz compinit && compinit -u -D"


@pytest.mark.parametrize(
    ("shell", "line", "start"),
    [
        pytest.param("bash", ["bash", "--norc", "-i"], "source ./script", marks=needs("bash")),
        pytest.param("zsh", ["zsh", "-f", "-i"], f'{COMPINIT}; eval "$(cat script)"', marks=needs("zsh")),
        pytest.param("tcsh", ["tcsh", "-f"], "set edit; source ./script", marks=needs("tcsh")),
    ],
)
def test_shells_into_which_one_types_complete(folder: Path, shell: str, line: list[str], start: str) -> None:
    write_script(folder, shell)
    with typed_shell(line, folder) as typed:
        typed.run(f"{start}; echo rea''dy", shows="ready")
        typed.complete("video-censor my", shows=r"video-censor my\ film.mkv")
        typed.complete("video-censor --over", shows="--overwrite")
        typed.complete("video-censor --config con", shows="--config conf.yaml")
        typed.complete("video-censor --log-level D", shows="--log-level DEBUG")
        typed.complete("video-censor review --no-b", shows="--no-browser")
        typed.complete("video-censor review m", shows=r"review my\ film.mkv")
        typed.complete(r"video-censor review my\ f", shows=r"review my\ film.mkv")
        typed.complete("video-censor completion po", shows="powershell")
        if shell != "tcsh":  # which can offer either files or words in one place
            typed.complete("video-censor doc", shows="video-censor doctor")
            typed.complete("video-censor other.mkv my", shows=r"other.mkv my\ film.mkv")


def options(parser: CommandParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_has_the_options_of_all_commands(tmp_path: Path, shell: str) -> None:
    out = video_censor(tmp_path, "completion", shell).out
    every = options(main_parser()).union(*(options(make()) for make in COMMAND_PARSERS.values()))
    assert {option for option in every if option.lstrip("-") not in out} == set()


def test_every_command_that_the_help_lists_is_there() -> None:
    assert {*COMMAND_PARSERS} == {*SUBCOMMANDS} - {"tasks"}
    assert [name for name in COMMAND_PARSERS if find_subcommand([name]) is None] == []
