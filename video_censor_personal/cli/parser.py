"""What can be written on a command line, and how that is told: for `--help`, and for completion."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from video_censor_personal import __version__
from video_censor_personal.commands import video_censor
from video_censor_personal.config.yaml_nodes import nearest
from video_censor_personal.errors import UsageError

SUBCOMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "review": "look through what was found, in your browser, and decide",
        "report": "write a page on what was found, to read, print or hand on",
        "doctor": "say what is there, and what would fail on the day it is needed",
        "init": "write a config with comments, and a dodo.py, into this folder",
        "tasks": "run doit on the tasks of models and films; tasks help",
        "completion": "print what completes these words in bash, zsh or tcsh",
    }
)
"""The words that begin a command line of their own, and what they do."""

LOG_LEVELS = ("ERROR", "WARNING", "INFO", "DEBUG", "TRACE")
OUTPUT = "results.json"


class CommandParser(argparse.ArgumentParser):
    """A parser whose mistakes are failures like all others.

    Args:
        word: that begins the command line behind `video-censor`; empty for none.
    """

    def __init__(self, word: str = "", **settings: Any) -> None:
        self._word = word
        prog = f"video-censor {word}".rstrip()
        super().__init__(prog=prog, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise a UsageError."""
        unknown = re.match(r"unrecognized arguments: (-\S+)", message)
        near = nearest(unknown[1], self._option_string_actions) if unknown else None
        message = f"{message}; did you mean {near}?" if near else message
        message = re.sub(r"ignored explicit argument", "it takes no value, and was given", message)
        help_command = video_censor(f"{self._word} --help".lstrip())
        raise UsageError("The command line was not understood", message, f"See {help_command}")


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of at least 1")
    return int(text)


def _film(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("the name of a film is empty")
    return Path(text)


def main_parser() -> CommandParser:
    """Return the parser of `video-censor` itself."""
    parser = CommandParser(
        usage="video-censor FILM… [options]\n       video-censor COMMAND --help",
        description="Find what you would rather not hear or see in a film; make a clean copy of it.",
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "films", type=_film, nargs="*", metavar="FILM",
        help="films, folders of films, patterns; results and copy lie beside each",
    )  # fmt: skip
    _add_work(parser.add_argument_group("what is done"))
    _add_models(parser.add_argument_group("models and machines"))
    _add_files(parser.add_argument_group("one film, and where what is made of it goes"))
    _add_output(parser.add_argument_group("what is told"))
    return parser


def _epilog() -> str:
    width = max(map(len, SUBCOMMANDS))
    commands = [f"  {name:{width}}  {purpose}" for name, purpose in SUBCOMMANDS.items()]
    return "\n".join(
        [
            "commands:",
            *commands,
            "",
            "examples:",
            "  video-censor film.mkv                   clean it; missing models are offered",
            "  video-censor --edit film.mkv            decide in the browser what stays",
            "  video-censor --dry-run ~/Films          what would be done with all in it",
        ]
    )


def _add_work(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--edit", action="store_true", help="look through what was found, in the browser")
    group.add_argument("--config", metavar="YAML", help="what is looked for, and what becomes of it")
    group.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    group.add_argument("--force", action="store_true", help="do again what is up to date")
    group.add_argument(
        "--overwrite", action="store_true", help="replace files that this program did not make"
    )
    group.add_argument(
        "--allow-incomplete", action="store_true", help="make the copy though not all was looked at"
    )
    group.add_argument(
        "--allow-all-segments", action="store_true", help="what is found is allowed until you decide"
    )


def _add_models(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--download-models", action="store_true", help="fetch the models that are needed")
    group.add_argument("--offline", action="store_true", help="never use the network")
    group.add_argument("--frozen", action="store_true", help="refuse models that the lock file does not pin")
    group.add_argument(
        "--jobs", type=_jobs, metavar="N", default=4, help="films and models at once (default: %(default)s)"
    )
    group.add_argument("--runner", default="", metavar="ADDRESS", help="local, or a Dask scheduler")


def _add_files(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--input", type=Path, metavar="VIDEO", help="the film; it is never changed")
    group.add_argument("--output", type=Path, metavar="JSON", help=f"what was found (default: {OUTPUT})")
    group.add_argument("--output-video", type=Path, metavar="VIDEO", help="the clean copy")
    group.add_argument(
        "--input-segments", type=Path, metavar="JSON", help="results to render from, without looking again"
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--json", action="store_true", help="one JSON object on standard output")
    group.add_argument("--quiet", action="store_true", help="errors and warnings only")
    group.add_argument(
        "--log-level", type=str.upper, choices=LOG_LEVELS, default="INFO", metavar="LEVEL",
        help=f"{', '.join(LOG_LEVELS)} (default: %(default)s)",
    )  # fmt: skip
    group.add_argument("--log-file", type=Path, metavar="FILE", help="add all log lines to this file, too")
    group.add_argument("--log-json", action="store_true", help="log lines are JSON objects")
    group.add_argument("--version", action="version", version=f"video-censor {__version__}")
