"""`video-censor review`: the page on which what was found is looked through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from modeltasks.report.console import print_err
from video_censor_personal.cli.arguments import Arguments
from video_censor_personal.cli.command_parsers import review_parser
from video_censor_personal.cli.console import print_result
from video_censor_personal.cli.reply import DONE, INTERRUPTED, Reply
from video_censor_personal.cli.sessions import open_session, session_of
from video_censor_personal.model_manager import ModelManager
from video_censor_personal.review.films import Films
from video_censor_personal.review.finding import Finder, Place
from video_censor_personal.review.serving import PageServer, open_browser, stopped_by_signals
from video_censor_personal.targets.session import FilmSession, Options


def review(argv: list[str]) -> int:
    """Show the page until the user is done, and return the exit code.

    Raises:
        Failure: there is nothing to look through, or the page cannot be shown.
        SystemExit: after `--help`.
    """
    asked = review_parser().parse_args(argv)
    session = open_session(asked.config, Options(asked.overwrite, asked.allow_incomplete))
    finder, reply = Finder(session), Reply()
    show(finder.named(asked.what), finder, reply, port=asked.port, browser=not asked.no_browser)
    printed = print_result(reply.as_json()) if asked.json else DONE
    return reply.exit_code or printed


def review_films(made: Iterable[tuple[Path, Path]], session: FilmSession, reply: Reply) -> None:
    """Show the page for films that were looked at in this run, each with its results file first."""
    finder = Finder(session)
    if places := [finder.place(results, film) for results, film in made]:
        show(places, finder, reply)


def review_one(results: Path, film: Path, arguments: Arguments, manager: ModelManager, reply: Reply) -> None:
    """Show the page for the film of `--input`."""
    finder = Finder(session_of(arguments, manager))
    copy = None if arguments.output_video is None else arguments.output_video.absolute()
    show([finder.place(results.absolute(), film.absolute(), copy)], finder, reply)


def show(
    places: Sequence[Place], finder: Finder, reply: Reply, *, port: int = 0, browser: bool = True
) -> None:
    """Show the page until the user is done, and tell where the copies are, or how they are made.

    Raises:
        PortTaken: the page cannot be shown there.
    """
    films = Films(places, finder)
    try:
        server = PageServer(films, port)
        with stopped_by_signals(server.stop):
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
    reply.more["reviewed"] = [film.outcome() for film in films]
    if left:
        reply.exit_code = INTERRUPTED
