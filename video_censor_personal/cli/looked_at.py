"""Commands on films that were looked at: how they name them, and the session that they share."""

from __future__ import annotations

import os
from pathlib import Path

from video_censor_personal.cli.logs import set_up_logging
from video_censor_personal.cli.parser import CommandParser
from video_censor_personal.commands import name_tasks
from video_censor_personal.config import load_config
from video_censor_personal.locations import find_config
from video_censor_personal.model_manager import ModelManager
from video_censor_personal.targets.session import FilmSession, Options


def films_parser(word: str, description: str, overwrites: str) -> CommandParser:
    """Return a parser of `what`, `--config`, `--overwrite` and `--json`; `overwrites` are files, as told."""
    parser = CommandParser(word, description=description)
    parser.add_argument(
        "what", type=Path, nargs="*", metavar="FILM|RESULTS|FOLDER",
        help="films that were looked at, results files, folders with such; without any, the config's library",
    )  # fmt: skip
    parser.add_argument("--config", metavar="YAML", help="the configuration")
    parser.add_argument(
        "--overwrite", action="store_true", help=f"replace {overwrites} that this program did not make"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object on standard output at the end"
    )
    return parser


def open_session(config: str | None, options: Options) -> FilmSession:
    """Return the session of a command, and log from warnings on.

    Raises:
        UsageError, ConfigInvalid: there is no such config, or it is wrong.
    """
    set_up_logging("WARNING")
    path = find_config(config, os.environ, Path.cwd())
    name_tasks(path, Path.cwd())
    session = FilmSession(ModelManager(load_config(path)))
    session.options = options
    session.use_runner("")
    return session
