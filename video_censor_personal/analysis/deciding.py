"""From observations to hits: each channel by itself; what several channels have in common counts once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.detectors.base import Judgement, failing_closed
from video_censor_personal.findings.observations import Hit, Observation
from video_censor_personal.findings.policy import Policy

_TOGETHER = 0.4
"""Seconds by which the times of one word may differ between two channels."""


def decide(
    assignment: Assignment,
    observations: Sequence[Observation],
    policy: Policy,
    duration: float,
    heard: tuple[Observation, ...] = (),
) -> list[Hit]:
    """Return the hits, each category judged by its own threshold where the config gives one.

    Args:
        assignment: a detector, and what it was shown.
        observations: what it observed.
        policy: the config's.
        duration: the film's length in seconds.
        heard: for a text, the words that were heard in the sound that it goes with.

    Raises:
        DetectorError: the detector's rule failed.
    """
    channels: dict[str | None, list[Observation]] = {None: []}
    for seen in observations:
        channels.setdefault(seen.channel, []).append(seen)
    hits: list[Hit] = []
    for seen_there in channels.values():
        hits = _joined(hits, _judged(assignment, seen_there, policy, duration, heard))
    hits.sort(key=lambda hit: (hit.start, hit.end))
    return hits if assignment.track is None else [replace(hit, track=assignment.track) for hit in hits]


def _judged(
    assignment: Assignment,
    observations: Sequence[Observation],
    policy: Policy,
    duration: float,
    heard: tuple[Observation, ...],
) -> list[Hit]:
    hits: list[Hit] = []
    of_bounds: dict[tuple[tuple[str, float], ...], list[str]] = {}
    for category in assignment.categories:
        of_bounds.setdefault(tuple(policy.of(category).bounds.items()), []).append(category)
    for bounds, categories in of_bounds.items():
        parameters = dict(assignment.parameters)
        parameters |= {name: bound for name, bound in bounds if name in parameters}
        judgement = Judgement(
            detector=assignment.name,
            categories=tuple(categories),
            parameters=parameters,
            step=assignment.step,
            duration=duration,
            source="" if assignment.text is None else assignment.text.name,
            heard=heard,
        )
        with failing_closed(assignment.name):
            hits += assignment.kind.decide(observations, judgement)
    return hits


def _joined(found: list[Hit], more: Iterable[Hit]) -> list[Hit]:
    """Merge the hits of two channels: the same word at nearly the same time is one hit that spans both."""
    joined = list(found)
    unmatched = set(range(len(found)))
    for hit in more:
        twins = [index for index in unmatched if _same(joined[index], hit)]
        if not twins:
            joined.append(hit)
            continue
        nearest = min(twins, key=lambda index: abs(joined[index].start - hit.start))
        unmatched.discard(nearest)
        twin = joined[nearest]
        surer = max(twin, hit, key=lambda each: each.score)
        joined[nearest] = replace(surer, start=min(twin.start, hit.start), end=max(twin.end, hit.end))
    return joined


def _same(one: Hit, other: Hit) -> bool:
    near = abs(one.start - other.start) <= _TOGETHER or (one.start < other.end and other.start < one.end)
    return near and (one.category, one.label) == (other.category, other.label)
