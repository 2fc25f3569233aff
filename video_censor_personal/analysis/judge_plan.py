"""Which stretches of a film a judge is shown a picture of: where others were unsure, or each shot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.observations import Observation
from video_censor_personal.media.shots import Picture

_LONGEST = 30.0
"""Seconds for which one picture may stand; a longer shot counts as several."""


@dataclass(frozen=True, slots=True)
class JudgePlan:
    """How many stretches were asked for, and which of them are judged: by the picture in their middle."""

    asked: int
    spans: tuple[Span, ...]


def plan(asked: Iterable[Span], most: int) -> JudgePlan:
    """Choose at most so many stretches, evenly from all that are asked for; each counts once."""
    spans = sorted(set(asked), key=lambda each: (each.start, each.end))
    if len(spans) <= most:
        return JudgePlan(len(spans), tuple(spans))
    share = len(spans) / most
    return JudgePlan(len(spans), tuple(spans[int((number + 0.5) * share)] for number in range(most)))


def unsure(observations: Iterable[Observation], band: Sequence[float]) -> list[Span]:
    """Return the stretches of observations that score within a band, its ends included."""
    low, high = band
    return [Span(each.start, each.end) for each in observations if low <= each.score <= high]


def middle(span: Span) -> float:
    """Return the time of the picture that stands for a stretch."""
    return (span.start + span.end) / 2


def shots(pictures: Iterable[Picture]) -> list[Span]:
    """Return the shots of a film, long ones in equal parts."""
    found: list[Span] = []
    start = end = 0.0
    is_first = True
    for picture in pictures:
        if picture.is_cut or is_first:
            if not is_first:
                found += _parts(start, picture.time)
            start, is_first = picture.time, False
        end = picture.end
    return found if is_first else [*found, *_parts(start, end)]


def _parts(start: float, end: float) -> list[Span]:
    count = max(1, ceil((end - start) / _LONGEST))
    times = [start + (end - start) * number / count for number in range(count + 1)]
    return [Span(times[number], times[number + 1]) for number in range(count)]
