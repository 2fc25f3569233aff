"""From hits to segments: pure, and quick enough to run again on every edit of the config."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.segments import Segment, segment_id, with_unique_ids

_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class CategoryPolicy:
    """What becomes of the hits of one category; `min_duration` in seconds."""

    enabled: bool = True
    threshold: float | None = None
    min_duration: float = 0.0


@dataclass(frozen=True, slots=True)
class Policy:
    """How hits become segments.

    Hits of one category at most `merge_gap` seconds apart make one segment. `categories` are by name,
    in any case; one that is not there has the defaults. Hits that score below a category's threshold
    do not count; a segment shorter than its `min_duration` is dropped, unless it is of words.
    `allow_all` makes every segment an allowed one, for a person to go through.
    """

    merge_gap: float = 2.0
    categories: Mapping[str, CategoryPolicy] = field(default_factory=dict)
    allow_all: bool = False

    def of(self, category: str) -> CategoryPolicy:
        """Return the policy of a category, in any letter case."""
        wanted = category.casefold()
        return next(
            (each for name, each in self.categories.items() if name.casefold() == wanted), CategoryPolicy()
        )


def make_segments(hits: Iterable[Hit], policy: Policy, duration: float) -> tuple[Segment, ...]:
    """Return the segments in time order, within 0 and `duration` seconds, with unique ids.

    Only hits of the same category are merged. Words stay words: they merge when they overlap and
    not across a gap, so that the sound between two of them stays.
    """
    counted = [
        clipped
        for hit in hits
        if _counts(hit, policy.of(hit.category)) and (clipped := _clip(hit, duration)) is not None
    ]
    counted.sort(
        key=lambda hit: (hit.category, hit.text is not None, hit.start, hit.end, hit.detector, hit.label)
    )
    segments = []
    for (category, words), same in groupby(counted, key=lambda hit: (hit.category, hit.text is not None)):
        least = 0.0 if words else policy.of(category).min_duration
        for group in _groups(same, 0.0 if words else policy.merge_gap):
            segment = _segment(category, group, policy.allow_all)
            if segment.duration >= least - 1e-9:
                segments.append(segment)
    return with_unique_ids(segments)


def _counts(hit: Hit, rule: CategoryPolicy) -> bool:
    return rule.enabled and (rule.threshold is None or hit.score >= rule.threshold)


def _clip(hit: Hit, duration: float) -> Hit | None:
    """The part of the hit inside the video, in whole milliseconds outwards; None when there is none.

    A word always is: one without length, or past the end that the video is said to have, was heard too.
    """
    least, most = 0.0, math.ceil(duration * 1000 - 1e-6) / 1000
    start = max(math.floor(hit.start * 1000 + 1e-6) / 1000, least)
    end = min(math.ceil(hit.end * 1000 - 1e-6) / 1000, most)
    if hit.text is not None:
        start, end = min(start, most), max(end, min(start, most))
    return replace(hit, start=start, end=end) if end > start or hit.text is not None else None


def _groups(hits: Iterable[Hit], gap: float) -> Iterable[list[Hit]]:
    """Runs of hits (in order of start) that follow each other within `gap` seconds."""
    group: list[Hit] = []
    end = 0.0
    for hit in hits:
        joins = hit.start <= end + gap if gap > 0 else hit.start < end
        if group and not joins:
            yield group
            group = []
        end = max(end, hit.end) if group else hit.end
        group.append(hit)
    if group:
        yield group


def _segment(category: str, hits: list[Hit], allow: bool) -> Segment:
    start = hits[0].start
    labels = dict.fromkeys([category, *sorted(hit.label for hit in hits)])
    return Segment(
        id=segment_id(category, start),
        start=start,
        end=max(hit.end for hit in hits),
        category=category,
        labels=tuple(labels),
        description=_description(category, hits),
        confidence=max(hit.score for hit in hits),
        allow=allow,
        detections=tuple(hits),
    )


def _description(category: str, hits: list[Hit]) -> str:
    """The reason of the highest-scoring hit of each kind, the highest first."""
    surest: dict[tuple[str, str], Hit] = {}
    for hit in sorted(hits, key=lambda hit: -hit.score):
        surest.setdefault((hit.detector, hit.label), hit)
    reasons = [hit.reason or f"found by {hit.detector}" for hit in surest.values()]
    more = len(reasons) - _MOST_REASONS
    return f"{category}: {'; '.join(reasons[:_MOST_REASONS])}" + (f"; and {more} more" if more > 0 else "")
