"""`--help`: what it tells, and that it fits, on narrow terminals too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.programs import video_censor
from video_censor_personal.cli.command_parsers import COMMAND_PARSERS
from video_censor_personal.cli.help_layout import HelpLayout
from video_censor_personal.cli.parser import SUBCOMMANDS

JARGON = ("positional arguments", "show this help message and exit", "program's version")


def test_it_lists_options_and_commands_on_one_page(tmp_path: Path) -> None:
    reply = video_censor(tmp_path, "--help")
    lines = reply.out.splitlines()
    assert reply.code == 0
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 55
    assert all(any(line.startswith(f"  {name} ") for line in lines) for name in SUBCOMMANDS)


@pytest.mark.parametrize("command", ["", *COMMAND_PARSERS])
def test_it_fits_the_terminal_and_has_no_jargon(tmp_path: Path, command: str) -> None:
    for columns in (80, 40):
        reply = video_censor(tmp_path, *command.split(), "--help", COLUMNS=str(columns))
        assert (reply.code, reply.err) == (0, "")
        assert [line for line in reply.out.splitlines() if len(line) > columns] == []
        assert [words for words in JARGON if words in reply.out] == []


@pytest.mark.parametrize(
    ("line", "width", "expected"),
    [
        ("a heading:", 10, ["a heading:"]),
        ("  word  what it is for", 40, ["  word  what it is for"]),
        ("  word  one two three four five", 28, ["  word  one two three four", "        five"]),
        ("  a long word here  one two", 26, ["  a long word here", "      one two"]),
        ("      it is whole-word-ed twice", 28, ["      it is whole-word-ed", "      twice"]),
    ],
)
def test_a_list_keeps_its_columns(line: str, width: int, expected: list[str]) -> None:
    assert HelpLayout("x", width=width)._fill_text(line, width, "").splitlines() == expected


def test_a_terminal_without_the_letters_gets_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "f\u00f6"
    folder.mkdir()
    reply = video_censor(folder, "doctor", "--offline", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (r"f\xf6" in reply.out, "Traceback" in reply.err) == (True, False)
