"""What the report on a film tells besides its segments, put together."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from modeltasks.errors import Failure
from modeltasks.support.files import write_whole
from modeltasks.support.filesystem import mark_used
from video_censor_personal import __version__
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.edits.told import actions_line, streams_line
from video_censor_personal.export.report import MOST_PICTURES
from video_censor_personal.export.report_facts import CopyTold, DetectorTold, ReportFacts
from video_censor_personal.export.stretches import Treated
from video_censor_personal.library.entries import Version
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.jobs import Pictures

logger = logging.getLogger(__name__)

_WIDTH = 24
"""Pixels of a picture in a report: who is in it cannot be told, nor what is seen of them."""
_MOST_KEPT = 10 * MOST_PICTURES
"""Pictures of a film that are kept."""


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
        detectors=tuple(_detectors(version)),
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
    times = {each.id: round((each.start + each.end) / 2, 3) for each in seen[:MOST_PICTURES]}
    if not times:
        return {}
    made = _made_pictures(state, tuple(dict.fromkeys(times.values())))
    return {name: jpeg for name, time in times.items() if (jpeg := made.get(time)) is not None}


def _made_pictures(state: FilmState, times: tuple[float, ...]) -> Mapping[float, bytes | None]:
    """Return the picture at each time, in seconds: as it was made once, else made now.

    A decision that changes no times decodes nothing. Where some cannot be made, the report lacks them.
    """
    session, facts = state.session, state.facts()
    path = session.folder / "pictures" / f"{facts.fingerprint}.json"
    known = _known_pictures(path)
    missing = tuple(time for time in times if time not in known)
    if not missing:
        mark_used(path)
        return known
    job = Pictures(state.path, facts.info, missing, _WIDTH)
    try:
        made: list[bytes | None] = session.runner().run(job, state.progress, session.cancel)
    except Failure as error:
        logger.warning("The report has not all pictures: %s", error)
        return known
    # Those of another profile, or of times as they were before, stay; those of this report come last.
    others = {time: jpeg for time, jpeg in known.items() if time not in times}
    found = known | dict(zip(missing, made, strict=True))
    kept = [*others.items(), *((time, found[time]) for time in times)][-_MOST_KEPT:]
    document = {str(time): None if jpeg is None else base64.b64encode(jpeg).decode() for time, jpeg in kept}
    with suppress(OSError):
        write_whole(path, json.dumps(document))
    return found


def _known_pictures(path: Path) -> dict[float, bytes | None]:
    with suppress(OSError, ValueError, TypeError, AttributeError):
        return {float(time): _decoded(jpeg) for time, jpeg in json.loads(path.read_bytes()).items()}
    return {}


def _decoded(jpeg: str | None) -> bytes | None:
    return None if jpeg is None else base64.b64decode(jpeg)


def _detectors(version: Version) -> Iterator[DetectorTold]:
    for each in version.config.detectors:
        if each.enabled:
            yield DetectorTold(each.name, each.type, each.model, _settings(each.type, each.parameters))


def _settings(kind: str, parameters: Mapping[str, object]) -> str:
    """Return the numbers by which a detector decides, such as thresholds; lists of words are no news."""
    schema = detector_type(kind).schema
    named = ((each.name, parameters.get(each.name)) for each in schema if each.role == "decide")
    return ", ".join(f"{name} {value}" for name, value in named if isinstance(value, int | float))


def _copy(state: FilmState, version: Version) -> CopyTold | None:
    copy = state.copy_there(version)
    if copy is None:
        return None
    lines = (actions_line(copy.actions) if copy.actions else "", streams_line(copy.streams or {}))
    return CopyTold(copy.path.name, tuple(filter(None, lines)), copy.warnings)
