"""What can be written behind the words that begin a command line of their own, such as `review`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from types import MappingProxyType

from video_censor_personal.cli.option_values import file_path, whole_number
from video_censor_personal.cli.parser import CommandParser

SHELLS = ("bash", "zsh", "tcsh", "fish", "powershell")
_LAST_PORT = 65535
_FILMS = "FILM|RESULTS|FOLDER"


def review_parser() -> CommandParser:
    """Return the parser of `video-censor review`."""
    purpose = "Look through what was found, in your browser: hear and see it, decide, make the copy."
    parser, options = _of_films("review", purpose, "copies")
    options.add_argument(
        "--port", type=whole_number("--port", 0, _LAST_PORT), default=0, metavar="N",
        help="where the page is (default: a free one)",
    )  # fmt: skip
    options.add_argument("--no-browser", action="store_true", help="only tell the address, open no browser")
    options.add_argument(
        "--allow-incomplete", action="store_true",
        help="make copies though not all of the film was looked at",
    )  # fmt: skip
    return parser


def report_parser() -> CommandParser:
    """Return the parser of `video-censor report`."""
    purpose = "Write a page on what was found in a film, to read, print or hand on."
    return _of_films("report", purpose, "reports")[0]


def doctor_parser() -> CommandParser:
    """Return the parser of `video-censor doctor`."""
    parser = CommandParser(
        "doctor",
        "[options]",
        description="Say what is there, and what would fail on the day it is needed. It changes nothing.",
    )
    options = _options(parser)
    _add_config(options)
    options.add_argument("--offline", action="store_true", help="ask no source of models")
    options.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    return parser


def init_parser() -> CommandParser:
    """Return the parser of `video-censor init`."""
    parser = CommandParser(
        "init",
        "[options]",
        description="Write video-censor.yaml, a config with comments, and dodo.py into this folder. "
        "With dodo.py, doit runs the tasks of models and films, too. Nothing is overwritten.",
    )
    _options(parser)
    return parser


def completion_parser() -> CommandParser:
    """Return the parser of `video-censor completion`."""
    parser = CommandParser(
        "completion",
        "SHELL",
        description="Print a script that lets a shell complete the words of video-censor.",
        epilog="\n".join(
            [
                "to have it in each new shell, write into",
                '  ~/.bashrc   eval "$(video-censor completion bash)"',
                '  ~/.zshrc    eval "$(video-censor completion zsh)", behind compinit',
                "  ~/.tcshrc   video-censor completion tcsh | source /dev/stdin",
                "  ~/.config/fish/config.fish",
                "              video-censor completion fish | source",
                "  $PROFILE    video-censor completion powershell | Out-String | Invoke-Expression",
            ]
        ),
    )
    shell = parser.add_argument_group("shell")
    shell.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    _options(parser)
    return parser


COMMAND_PARSERS: Mapping[str, Callable[[], CommandParser]] = MappingProxyType(
    {
        "review": review_parser,
        "report": report_parser,
        "doctor": doctor_parser,
        "init": init_parser,
        "completion": completion_parser,
    }
)
"""By word. `tasks` has none: what stands behind it is doit's."""


def _of_films(word: str, purpose: str, overwrites: str) -> tuple[CommandParser, argparse._ArgumentGroup]:
    """Return a parser of films that were looked at, and its options.

    Args:
        word: that begins the command line.
        purpose: of the command.
        overwrites: the files that may be replaced.
    """
    parser = CommandParser(word, f"[{_FILMS} ...] [options]", description=purpose)
    parser.add_argument_group("films").add_argument(
        "what", type=file_path("A film"), nargs="*", metavar=_FILMS,
        help="films that were looked at, results files, folders with such; without any, the config's library",
    )  # fmt: skip
    options = _options(parser)
    _add_config(options)
    options.add_argument(
        "--overwrite", action="store_true", help=f"replace {overwrites} that this program did not make"
    )
    options.add_argument(
        "--json", action="store_true", help="print one JSON object on standard output at the end"
    )
    return parser, options


def _options(parser: CommandParser) -> argparse._ArgumentGroup:
    options = parser.add_argument_group("options")
    parser.offer_help(options)
    return options


def _add_config(options: argparse._ArgumentGroup) -> None:
    options.add_argument("--config", metavar="YAML", help="the config (default: as for video-censor)")
