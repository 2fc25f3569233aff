"""Whoever hides a finding hides it: where the config says nothing of how, its sound or its picture goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from video_censor_personal.config import Config
from video_censor_personal.edits.plan import is_without_action
from video_censor_personal.export.results_json import Results
from video_censor_personal.findings.segments import Segment
from video_censor_personal.review.changes import Change, Set


def with_actions(changes: Iterable[Change], results: Results, config: Config) -> tuple[Change, ...]:
    """Return changes in which what is hidden has an action, from the config or else of its own.

    Args:
        changes: as the page wants them.
        results: of the film, as they are.
        config: of the film.
    """
    known = {each.id: each for each in (*results.weak, *results.segments)}
    return tuple(_with_action(change, known.get(_hidden(change)), config) for change in changes)


def _hidden(change: Change) -> str:
    return change.target.id if isinstance(change, Set) and change.values.get("allow") is False else ""


def _with_action(change: Change, segment: Segment | None, config: Config) -> Change:
    if segment is None or not isinstance(change, Set):
        return change
    wanted = {**change.values}
    category = wanted.get("category", segment.category)
    if not is_without_action(replace(segment, allow=False, category=category), config):
        return change
    return replace(change, values={**dict(_actions(segment)), **wanted})


def _actions(segment: Segment) -> Iterator[tuple[str, str]]:
    """Yield how a finding is hidden by those who found it, heard or seen; one made by hand is both."""
    heard = [each.track is not None or each.text is not None for each in segment.detections]
    if any(heard) or not heard:
        yield "audio_remediation", "silence"
    if not all(heard) or not heard:
        yield "video_remediation", "blank"
