"""What can be written on a command line, and how that is told: for `--help`, and for completion."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from video_censor_personal import __version__
from video_censor_personal.cli.help_layout import HelpLayout
from video_censor_personal.cli.option_values import Once, file_path, whole_number
from video_censor_personal.cli.plain_errors import plain_error

SUBCOMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "review": "look through what was found, in your browser, and decide",
        "report": "write a page on what was found, to read, print or hand on",
        "doctor": "say what is there, and what would fail on the day it is needed",
        "init": "write a config with comments into this folder, to be edited",
        "tasks": "make what is not up to date: models, and the films of the config",
        "completion": "let your shell complete these words",
    }
)
"""The words that begin a command line of their own, and what they do."""

LOG_LEVELS = ("ERROR", "WARNING", "INFO", "DEBUG", "TRACE")
OUTPUT = "results.json"


class CommandParser(argparse.ArgumentParser):
    """A parser whose mistakes are failures like all others.

    Args:
        word: that begins the command line behind `video-censor`; empty for none.
        takes: what stands behind that; another line for another way.
        description: what it is for.
        epilog: what is told at the end of its help.
    """

    def __init__(self, word: str, takes: str, description: str, epilog: str = "") -> None:
        prog = f"video-censor {word}".rstrip()
        super().__init__(
            prog=prog,
            usage=f"{prog} {takes}",
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            add_help=False,
            formatter_class=HelpLayout,
        )

    def offer_help(self, group: argparse._ArgumentGroup) -> None:
        """Let `--help` be one of a group's options."""
        group.add_argument("-h", "--help", action="help", help="show this help")

    def error(self, message: str) -> NoReturn:
        """Raise a UsageError."""
        raise plain_error(self, message)


def _level(text: str) -> str:
    return text.upper() if text.upper() in LOG_LEVELS else text  # what is wrong is told as it was typed


def main_parser() -> CommandParser:
    """Return the parser of `video-censor` itself."""
    parser = CommandParser(
        "",
        "FILM... [options]\nvideo-censor COMMAND --help",
        description="Find what you would rather not hear or see in a film; make a clean copy of it.",
        epilog=_epilog(),
    )
    parser.add_argument_group("films").add_argument(
        "films", type=file_path("A film"), nargs="*", metavar="FILM",
        help="films, folders of films, patterns; results and copy lie beside each",
    )  # fmt: skip
    _add_work(parser.add_argument_group("what is done"))
    _add_models(parser.add_argument_group("models and machines"))
    _add_files(parser.add_argument_group("files of one film"))
    told = parser.add_argument_group("what is told")
    _add_output(told)
    parser.offer_help(told)
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
        "--jobs", type=whole_number("--jobs", 1), metavar="N", default=4,
        help="films and models at once (default: %(default)s)",
    )  # fmt: skip
    group.add_argument(
        "--runner", default="", metavar="ADDRESS", help="who works on films: local, or a Dask scheduler"
    )


def _add_files(group: argparse._ArgumentGroup) -> None:
    for option, metavar, purpose in (
        ("--input", "VIDEO", "the film; it is never changed"),
        ("--output", "JSON", f"what was found (default: {OUTPUT})"),
        ("--output-video", "VIDEO", "the clean copy"),
        ("--input-segments", "JSON", "results to render from, without looking again"),
    ):
        group.add_argument(option, action=Once, type=file_path(option), metavar=metavar, help=purpose)


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--json", action="store_true", help="one JSON object on standard output")
    group.add_argument("--quiet", action="store_true", help="errors and warnings only")
    group.add_argument(
        "--log-level", type=_level, choices=LOG_LEVELS, default="INFO", metavar="LEVEL",
        help=f"{', '.join(LOG_LEVELS)} (default: %(default)s)",
    )  # fmt: skip
    group.add_argument(
        "--log-file", type=file_path("--log-file"), metavar="FILE", help="add all log lines to this file, too"
    )
    group.add_argument("--log-json", action="store_true", help="log lines are JSON objects")
    group.add_argument(
        "--version", action="version", version=f"video-censor {__version__}", help="show the version"
    )
