"""`video-censor review`: the page on which what was found is looked through."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from modeltasks.report.console import print_err
from video_censor_personal.cli.logs import set_up_logging
from video_censor_personal.cli.reply import DONE, INTERRUPTED
from video_censor_personal.commands import name_tasks, video_censor
from video_censor_personal.config import load_config
from video_censor_personal.errors import UsageError
from video_censor_personal.locations import find_config
from video_censor_personal.model_manager import ModelManager
from video_censor_personal.review.films import Films
from video_censor_personal.review.finding import Finder, Place
from video_censor_personal.review.serving import PageServer, open_browser
from video_censor_personal.targets.session import FilmSession, Options


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(
            "The command line was not understood", message, f"See {video_censor('review --help')}"
        )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 65536:
        raise ValueError
    return port


def review(argv: list[str]) -> int:
    """Show the page until the user is done, and return the exit code.

    Raises:
        Failure: there is nothing to look through, or the page cannot be shown.
        SystemExit: after `--help`.
    """
    asked = _parser().parse_args(argv)
    set_up_logging("WARNING")
    path = find_config(asked.config, os.environ, Path.cwd())
    name_tasks(path, Path.cwd())
    session = FilmSession(ModelManager(load_config(path)))
    session.options = Options(asked.overwrite, asked.allow_incomplete)
    session.use_runner("")
    finder = Finder(session)
    return show(finder.named(asked.what), finder, port=asked.port, browser=not asked.no_browser)


def show(places: Sequence[Place], finder: Finder, *, port: int = 0, browser: bool = True) -> int:
    """Show the page, and tell at the end where the copies are; return the exit code."""
    films = Films(places, finder)
    try:
        server = PageServer(films, port)
        print_err(f"The page is at {server.access.address}")
        print_err("Close it with its button, or press Ctrl-C here.")
        if browser:
            open_browser(server.access.address_once)
        server.run()
    finally:
        left = films.close()
    for name in left:
        print_err(f"warning: the copy of {name} was not finished; nothing of it is left")
    for film in films:
        print_err(film.last_word())
    return INTERRUPTED if left else DONE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="video-censor review",
        description="Look through what was found, in your browser: hear and see it, decide, make the copy.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "what", type=Path, nargs="*", metavar="FILM|RESULTS|FOLDER",
        help="films that were looked at, results files, folders with such; without any, the config's library",
    )  # fmt: skip
    parser.add_argument("--config", metavar="YAML", help="the configuration")
    parser.add_argument(
        "--port", type=_port, default=0, metavar="N", help="where the page is (default: a free one)"
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="only tell the address, and open no browser"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace copies that this program did not make"
    )
    parser.add_argument(
        "--allow-incomplete", action="store_true",
        help="make copies though not all of the film was looked at",
    )  # fmt: skip
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object on standard output at the end"
    )
    return parser
