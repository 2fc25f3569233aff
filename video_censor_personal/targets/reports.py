"""What the report on a film tells besides its segments, put together."""

from __future__ import annotations

from collections.abc import Iterable

from video_censor_personal import __version__
from video_censor_personal.edits.told import actions_line, streams_line
from video_censor_personal.export.report import MOST_PICTURES
from video_censor_personal.export.report_facts import CopyTold, ReportFacts
from video_censor_personal.export.stretches import Treated
from video_censor_personal.library.entries import Version
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.jobs import Pictures

_WIDTH = 24
"""Pixels of a picture in a report: who is in it cannot be told, nor what is seen of them."""


def report_facts(state: FilmState, version: Version, found: Iterable[Treated]) -> ReportFacts:
    """Return what the report on a version of a film tells.

    Raises:
        Failure: the film or its results cannot be read.
        Cancelled: a stop was asked for.
    """
    licenses = {name: each.spec.license for name, each in state.session.expected.items()}
    return ReportFacts(
        results=state.results_of(version),
        pictures=_pictures(state, found),
        copy=_copy(state, version),
        licenses=licenses,
        program=f"Video Censor Personal {__version__}",
    )


def _pictures(state: FilmState, found: Iterable[Treated]) -> dict[str, bytes]:
    """Return a picture of each of the first findings that are seen, not heard."""
    info = state.facts().info
    if not info.of_kind("video"):
        return {}
    seen = [
        each.segment for each in found if not any(hit.text is not None for hit in each.segment.detections)
    ]
    times = {each.id: (each.start + each.end) / 2 for each in seen[:MOST_PICTURES]}
    if not times:
        return {}
    session = state.session
    job = Pictures(state.path, info, tuple(times.values()), _WIDTH)
    made = session.runner().run(job, state.progress, session.cancel)
    return {name: jpeg for name, jpeg in zip(times, made, strict=True) if jpeg is not None}


def _copy(state: FilmState, version: Version) -> CopyTold | None:
    copy = state.copy_there(version)
    if copy is None:
        return None
    lines = (actions_line(copy.actions) if copy.actions else "", streams_line(copy.streams or {}))
    return CopyTold(copy.path.name, tuple(filter(None, lines)), copy.warnings)
