"""Wrong command lines: each is told in plain words, with what to do, and nothing is begun."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.programs import advised, type_in, video_censor
from video_censor_personal.cli.command_parsers import COMMAND_PARSERS
from video_censor_personal.cli.parser import main_parser
from video_censor_personal.errors import UsageError

JARGON = re.compile(r"argument|invalid|required|unrecognized|expected one|positional|Traceback")


def refusal(line: str) -> UsageError:
    word, *rest = line.split(" ")
    parser, words = (
        (COMMAND_PARSERS[word](), rest) if word in COMMAND_PARSERS else (main_parser(), [word, *rest])
    )
    with pytest.raises(UsageError) as refused:
        parser.parse_args(["" if each == "EMPTY" else each for each in words])
    return refused.value


@pytest.mark.parametrize("name", ["-dash.mkv", "-x"])
def test_a_film_whose_name_begins_like_an_option_is_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).touch()
    with pytest.raises(UsageError) as refused:
        main_parser().parse_args([name])
    assert refused.value.fix == f"Write ./{name} for the file"


@pytest.mark.parametrize(
    ("line", "what", "why", "fix"),
    [
        ("--no-such", "--no-such was not understood", "video-censor has no such option", "--help` lists"),
        ("film.mkv --edti", "--edti was not understood", "has no such option", "Did you mean --edit? "),
        ("-edit film.mkv", "-edit was not understood", "has no such option", "Did you mean --edit? "),
        ("--confg=x", "--confg was not understood", "has no such option", "Did you mean --config? "),
        ("-x", "-x was not understood", "has no such option", "--help` lists the options"),
        ("review --prt 5", "--prt was not understood", "video-censor review has no", "Did you mean --port? "),
        (
            "doctor x",
            "x was not understood",
            "video-censor doctor takes no words, only options",
            "doctor --help`",
        ),
        ("init x y", "x y was not understood", "takes no words", "init --help`"),
        ("completion bash zsh", "zsh was not understood", "takes no more words", "Leave it out"),
        ("completion foo", "SHELL cannot be foo", "one of bash, zsh, tcsh, fish, powershell", "one of these"),
        ("completion fisch", "SHELL cannot be fisch", "it is one of bash", "Did you mean fish?"),
        ("completion", "SHELL is missing", "video-censor completion does not know", "with one of bash, zsh"),
        ("--log-level x", "--log-level cannot be x", "it is one of ERROR, WARNING, INFO", "one of these"),
        ("--log-level debugg", "--log-level cannot be debugg", "it is one of ERROR", "Did you mean DEBUG?"),
        ("--jobs 0", "--jobs cannot be 0", "it is a whole number of at least 1", "or leave --jobs out"),
        ("--jobs 1.5", "--jobs cannot be 1.5", "it is a whole number", "or leave --jobs out"),
        ("--jobs EMPTY", "--jobs cannot be empty", "it is a whole number", "or leave --jobs out"),
        ("--jobs -1", "--jobs cannot be -1", "it is a whole number", "or leave --jobs out"),
        ("review --port 99999", "--port cannot be 99999", "whole number from 0 to 65535", "leave --port out"),
        ("--jobs", "--jobs needs a value", "none stands behind it", "Write --jobs=N"),
        ("--output --force", "--output needs a value", "or one that looks like an option", "--output=JSON"),
        ("--edit=3", "--edit takes no value", "it was given '3'", "Write --edit alone"),
        ("--input a --input b", "--input is given twice", "cannot be both a and b", "named without --input"),
        ("--output a --output b", "--output is given twice", "both a and b", "Leave one of them out"),
        ("--input EMPTY", "--input names no file", "an empty text", "Check the quotes"),
        ("film.mkv EMPTY", "A film names no file", "an empty text", "Check the quotes"),
        ("review EMPTY", "A film names no file", "an empty text", "Check the quotes"),
    ],
)
def test_it_is_said_what_was_wrong_why_and_what_to_do(line: str, what: str, why: str, fix: str) -> None:
    told = refusal(line)
    assert (told.what, why in told.why, fix in told.fix) == (what, True, True), str(told)
    assert JARGON.search(str(told)) is None


def test_what_is_given_twice_alike_is_given_once() -> None:
    assert str(main_parser().parse_args(["--input", "a", "--input", "a"]).input) == "a"


def test_every_level_is_known_in_small_letters() -> None:
    assert main_parser().parse_args(["--log-level", "debug"]).log_level == "DEBUG"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("", "There is nothing to do: no film is named"),
        ("--output-video c.mp4", "--output-video needs a film: --input is not given"),
        ("--json review r.json", "A command comes first"),
        ("help", "did you mean"),
        ("revew r.json", "did you mean"),
        ("review none.json", "Check the path of the results file"),
        ("report", "the config has no library. Name a film, or a results file: "),
        ("--config - film.mkv", "Write it to a file first"),
    ],
)
def test_the_program_ends_with_2(tmp_path: Path, line: str, part: str) -> None:
    (tmp_path / "film.mkv").touch()
    reply = video_censor(tmp_path, *line.split())
    assert (reply.code, part in reply.err) == (2, True), reply.err
    assert JARGON.search(reply.err) is None


@pytest.mark.parametrize(("line", "words"), [("help", "--help"), ("revew", "review"), ("--edti", "--help")])
def test_the_advice_works(tmp_path: Path, line: str, words: str) -> None:
    command = advised(video_censor(tmp_path, line).err, words)
    done = type_in(command.removesuffix(" --help") + " --help", tmp_path)
    assert (done.code, "usage: video-censor" in done.out) == (0, True)


def test_a_report_advises_to_look_and_not_to_open_the_page(tmp_path: Path) -> None:
    (tmp_path / "film.mkv").touch()
    for word, has_page in (("report", False), ("review", True)):
        reply = video_censor(tmp_path, word, "film.mkv")
        assert (reply.code, "--edit" in reply.err) == (2, has_page), reply.err
