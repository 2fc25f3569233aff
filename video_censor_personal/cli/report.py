"""`video-censor report`: the report on films that were looked at, without any other work on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from modeltasks.errors import Failure
from modeltasks.report.console import print_err
from video_censor_personal.cli.command_parsers import report_parser
from video_censor_personal.cli.console import print_result
from video_censor_personal.cli.reply import DONE, Reply, exit_code
from video_censor_personal.cli.sessions import open_session
from video_censor_personal.errors import UsageError
from video_censor_personal.export.formats import FORMATS, REPORT
from video_censor_personal.export.results_film import match
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.review.finding import Finder, Place
from video_censor_personal.review.identity import OtherFilm
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.session import FilmSession, Options
from video_censor_personal.targets.steps import write_exports


def report(argv: list[str]) -> int:
    """Write the reports, tell where they are and which cannot be written; return the worst exit code.

    Raises:
        Failure: there is nothing to tell of.
        SystemExit: after `--help`.
    """
    asked = report_parser().parse_args(argv)
    session = open_session(asked.config, Options(asked.overwrite))
    reply, written = Reply(), list[str]()
    failures: list[Failure] = []
    for place in Finder(session, "report").named(asked.what):
        try:
            written.append(str(_write(place, session)))
        except Failure as error:  # the other films still get theirs
            failures.append(error)
            print_err(f"error: {error}")
            continue
        print_err(f"The report is {written[-1]}")
    if failures:
        reply.fail(max(failures, key=exit_code))
    reply.more = {"reports": written, "problems": [each.as_dict() for each in failures]}
    printed = print_result(reply.as_json()) if asked.json else DONE
    return reply.exit_code or printed


def _write(place: Place, session: FilmSession) -> Path:
    if place.film is None:
        read_results(place.results)  # which says what is wrong, where that is why no film was found
        raise UsageError(
            f"There is no report on {place.results.name}",
            "the film of these results was not found",
            f"Put the film beside {place.results.name}, under the name that it had",
        )
    path = place.version.exports.get(REPORT) or _beside(place)
    version = replace(place.version, exports={REPORT: path})
    state = FilmState(replace(place.entry, versions=(version,)), session)
    facts, results = state.facts(), state.results_of(version)
    if match(results, place.film, facts.fingerprint, facts.info.duration, chosen=False) == "other":
        raise OtherFilm(place.film, results, facts.info.duration)
    write_exports(state, version)
    return path


def _beside(place: Place) -> Path:
    """Return where a report goes that no config names: beside the results, called as they are."""
    stem = place.results.name.removesuffix(".json").removesuffix(".results")
    if stem == "results" and place.film is not None:
        stem = place.film.stem
    return place.results.with_name(stem + FORMATS[REPORT].suffix)
