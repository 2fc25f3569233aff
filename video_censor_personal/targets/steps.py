"""What the tasks of a film do."""

from __future__ import annotations

import logging
import os
from dataclasses import replace

from video_censor_personal.export import results_update
from video_censor_personal.export.formats import FORMATS, REPORT, write_export
from video_censor_personal.export.results_film import require_within
from video_censor_personal.export.results_json import Results
from video_censor_personal.export.results_lock import results_lock
from video_censor_personal.findings.coverage import unseen_lines
from video_censor_personal.library.entries import Version
from video_censor_personal.media.errors import MediaError, write_failure
from video_censor_personal.media.probe import Film
from video_censor_personal.render.clean_copy import CleanCopy
from video_censor_personal.targets.exports import export_input
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.jobs import Render
from video_censor_personal.targets.known import results_file
from video_censor_personal.targets.notes import stats_of
from video_censor_personal.targets.phases import phases_of
from video_censor_personal.targets.reports import report_facts

logger = logging.getLogger(__name__)


class NotAllSeen(MediaError):
    """Not all of the film was looked at, so it cannot be called clean."""

    def __init__(self, what: str, results: Results, fix: str) -> None:
        shown = [each for each in results.coverage if each.detector in results.unseen]
        super().__init__(what, "; ".join(unseen_lines(shown, results.unseen)), fix)


def check(state: FilmState) -> None:
    """Make sure, before hours of work, that results and copies can be written, and lose nothing.

    Raises:
        UsageError: no file can be put there, what is there is somebody else's, or the config asks for what
            cannot be done.
        SegmentsError: there are results of this film already, with a mistake in them.
        MediaError: the film cannot be read.
    """
    for version in state.entry.versions:
        if version.results is not None and not state.given:
            check_results(state, version)
        if version.copy is not None:
            check_copy(state, version)


def check_copy(state: FilmState, version: Version) -> None:
    """Make sure that a version's clean copy can be made, unless it is up to date. Raises as `check`."""
    if state.why_copy(version):
        state.plan_copies([version])


def check_results(state: FilmState, version: Version) -> None:
    """Make sure that a version's results can be written. Raises as `check`."""
    path = version.results
    assert path is not None
    duration = state.facts().info.duration if os.path.lexists(path) else 0.0
    film = results_update.FilmIdentity(state.path.name, duration, lambda: state.facts().fingerprint)
    old = results_update.earlier_results(path, film, overwrite=state.session.options.overwrite)
    if old is not None:
        require_within(path, old.segments, duration)


def observe(state: FilmState, *, force: bool = False) -> None:
    """Let the detectors look at what they have not seen yet; with `force`, at all of it.

    Raises:
        ModelsMissing: a model that they need is not there.
        Failure: as `check`; or a detector failed, or its process died.
        Cancelled: a stop was asked for.
    """
    session = state.session
    session.require_models()
    check(state)
    request, analyser = state.request(state.entry.versions[0]), state.analyser()
    session.expect(state.entry, phases_of(state))
    with session.content_lock(state.facts().fingerprint):
        if force:
            forget(state)
        state.observed = analyser.observe(request)
    state.note_observed()


def decide(state: FilmState, version: Version) -> Results:
    """Turn what was observed into results, and write them with what a person decided in them before.

    Raises:
        Failure: as `observe`; or the results cannot be written.
        Cancelled: a stop was asked for.
    """
    session = state.session
    session.require_models()
    with session.content_lock(state.facts().fingerprint):
        analysis = state.analyser().analyse(state.request(version))
    planned = state.planned_copy(version)
    dropped = planned.dropped if planned is not None else None
    film = Film(state.path, known=state.facts())
    results = state.setup(version).results(film, analysis, dropped)
    if version.results is not None:
        try:
            with results_lock(version.results, session.folder):
                updated = results_update.update_results(
                    version.results,
                    results,
                    version.config.output,
                    overwrite=session.options.overwrite,
                    moved_from=session.places.left_behind(analysis.fingerprint, version.profile),
                )
        except OSError as error:
            raise write_failure(version.results, error) from error
        results = replace(updated.results, warnings=(*updated.results.warnings, *updated.warnings))
        state.written[version.profile] = updated.written
    state.keep_results(version, results)
    state.note_segments(version)
    return results


def forget(state: FilmState) -> None:
    """Forget what was observed in the film, once there is somebody to observe it again.

    Raises:
        Failure: the film cannot be read, or nobody can do the work.
    """
    state.session.runner()
    state.analyser().forget(state.request(state.entry.versions[0]))
    state.changed()


def require_whole(state: FilmState, version: Version) -> None:
    """Make sure that the detectors were shown all of the film, or that the user accepts that they were not.

    Raises:
        NotAllSeen: says which were not, and what they were not shown.
    """
    results = state.results_of(version)
    if not results.unseen or state.session.options.allow_incomplete:
        return
    if version.copy is None:
        raise not_all_seen(state, results)
    raise NotAllSeen(
        f"{version.copy} was not made, because not all of {state.path} was looked at",
        results,
        f"{_how_to_see_all(results)}, or accept what nobody looked at with --allow-incomplete",
    )


def not_all_seen(state: FilmState, results: Results) -> NotAllSeen:
    """Return the failure that says which detectors were not shown all of the film."""
    what = f"Not all of {state.path} was looked at"
    return NotAllSeen(what, results, f"{_how_to_see_all(results)}, or look at the rest yourself")


def _how_to_see_all(results: Results) -> str:
    """Say what may help: another film, or, where a judge failed at pictures that were there, another try."""
    short = [each for each in results.coverage if each.detector in results.unseen]
    if short and all(each.judged is not None and not each.gaps for each in short):
        return "Run again to have the rest judged"
    return "Get a fresh copy of the film"


def make_copy(state: FilmState, version: Version, *, force: bool = False) -> CleanCopy:
    """Make a version's clean copy, unless it is there already and nothing has changed since.

    Raises:
        UsageError: there are no results yet.
        NotAllSeen: part of the film was not looked at, and nobody said that this may be.
        VideoCensorError: it cannot be made, or what was made is not clean.
        Cancelled: a stop was asked for.
    """
    require_whole(state, version)
    # Before the results are read: a decision that is made while the copy is rendered is not in it.
    results = stats_of(results_file(version))
    session, request = state.session, state.copy_request(version)
    copy = None if force else state.session.copier().current(request)
    if copy is None:
        state.require_same_film()
        for doubt in request.doubts:
            state.told.append(doubt)
            logger.warning("%s", doubt)
        job = Render(state.path, request, session.folder, session.options.overwrite)
        copy = session.runner().run(job, state.progress, session.cancel)
    state.copies[version.profile] = copy
    state.note_copy(version, request, results)
    return copy


def export(state: FilmState, version: Version) -> None:
    """Write a version's results in the formats that are wanted.

    Raises:
        UsageError: a file is there that was not made here, or none can be put there.
        Failure: the results cannot be read, or a file cannot be written.
    """
    results = stats_of(results_file(version))
    write_exports(state, version)
    state.note_exports(version, results)


def write_exports(state: FilmState, version: Version) -> None:
    """Write them, and note nothing. Raises as `export`."""
    session = state.session
    source = export_input(state.facts().info, state.results_of(version).segments, version.config)
    if REPORT in version.exports:
        source = replace(source, report=report_facts(state, version, source.segments))
    for name, path in version.exports.items():
        write_export(path, FORMATS[name], source, session.folder, overwrite=session.options.overwrite)
