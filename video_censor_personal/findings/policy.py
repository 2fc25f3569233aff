"""From hits to segments: pure, and quick enough to run again on every edit of the config."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from video_censor_personal.findings.certainty import CERTAINTIES, Bounds, least_sure
from video_censor_personal.findings.observations import Hit, Sighting
from video_censor_personal.findings.segments import Segment, segment_id, with_unique_ids

_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class CategoryPolicy:
    """What becomes of the hits of one category; `min_duration` in seconds.

    From `threshold` on a hit is sure, from `doubtful` on doubtful, from `weak` on weak; None leaves it to
    the detector.
    """

    enabled: bool = True
    threshold: float | None = None
    min_duration: float = 0.0
    doubtful: float | None = None
    weak: float | None = None

    @property
    def bounds(self) -> dict[str, float]:
        """Those of the three that are given, by name: they take the place of a detector's own."""
        given = {"threshold": self.threshold, "doubtful": self.doubtful, "weak": self.weak}
        return {name: bound for name, bound in given.items() if bound is not None}


@dataclass(frozen=True, slots=True)
class Policy:
    """How hits become segments.

    Hits of one category at most `merge_gap` seconds apart make one segment. `categories` are by name,
    in any case; one that is not there has the defaults. Hits that score below a category's threshold
    do not count; a segment shorter than its `min_duration` is dropped, unless it is of words.
    `allow_all` makes every segment an allowed one, for a person to go through; those that are not sure are
    so anyway.
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

    Only hits of the same category and certainty are merged. Words stay words: they merge when they overlap
    and not across a gap, so that the sound between two of them stays. What lies within a surer segment of
    its category is not told again.
    """
    counted = [
        clipped
        for hit in hits
        if (judged := _judged(hit, policy.of(hit.category))) is not None
        and (clipped := _clip(judged, duration)) is not None
    ]
    counted = agreed(counted)
    counted.sort(key=lambda hit: (*_kind(hit), hit.start, hit.end, hit.detector, hit.label))
    segments: list[Segment] = []
    for (category, step, words), same in groupby(counted, key=_kind):
        least = 0.0 if words else policy.of(category).min_duration
        surer = [
            segment
            for segment in segments
            if segment.category == category and segment.certainty in CERTAINTIES[:step]
        ]
        for group in _groups(same, 0.0 if words else policy.merge_gap):
            segment = _segment(category, group, policy.allow_all)
            if segment.duration >= least - 1e-9 and not any(_contains(each, segment) for each in surer):
                segments.append(segment)
    return with_unique_ids(segments)


def agreed(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits, each a step surer where another detector found as much at the same time.

    Two that doubt are sure together: they look at different things, and seldom err at the same moment.
    """
    by_category: dict[str, list[Hit]] = {}
    for hit in hits:
        by_category.setdefault(hit.category, []).append(hit)
    result = []
    for hit in hits:
        step = CERTAINTIES.index(hit.certainty)
        if step and any(_seconds(hit, other) for other in by_category[hit.category]):
            result.append(replace(hit, certainty=CERTAINTIES[step - 1]))
        else:
            result.append(hit)
    return result


def _kind(hit: Hit) -> tuple[str, int, bool]:
    """What hits have in common that may make one segment; the surest first."""
    return hit.category, CERTAINTIES.index(hit.certainty), hit.text is not None


def _judged(hit: Hit, rule: CategoryPolicy) -> Hit | None:
    """The hit, no surer than its category's thresholds say; None where it does not count."""
    if not rule.enabled:
        return None
    if rule.threshold is None:
        return hit
    certainty = Bounds.of(rule.threshold, rule.doubtful, rule.weak).certainty(hit.score)
    return None if certainty is None else replace(hit, certainty=least_sure(hit.certainty, certainty))


def _seconds(hit: Hit, other: Hit) -> bool:
    """Whether another detector found at least as much at the same time."""
    return (
        other.detector != hit.detector
        and CERTAINTIES.index(other.certainty) <= CERTAINTIES.index(hit.certainty)
        and other.start < hit.end
        and hit.start < other.end
    )


def _contains(segment: Segment, other: Segment) -> bool:
    return segment.start <= other.start and other.end <= segment.end


def _clip(hit: Hit, duration: float) -> Hit | None:
    """The part of the hit inside the video, in whole milliseconds outwards; None when there is none.

    A word always is: one without length, or past the end that the video is said to have, was heard too.
    """
    least, most = 0.0, math.ceil(duration * 1000 - 1e-6) / 1000
    start = max(math.floor(hit.start * 1000 + 1e-6) / 1000, least)
    end = min(math.ceil(hit.end * 1000 - 1e-6) / 1000, most)
    if hit.text is not None:
        start, end = min(start, most), max(end, min(start, most))
    if end <= start and hit.text is None:
        return None
    return replace(hit, start=start, end=end, sightings=tuple(map(_in_milliseconds, hit.sightings)))


def _in_milliseconds(seen: Sighting) -> Sighting:
    """The sighting with times as they are written."""
    moment, shot = (None if time is None else round(time, 3) for time in (seen.moment, seen.shot))
    return replace(seen, start=round(seen.start, 3), end=round(seen.end, 3), moment=moment, shot=shot)


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
    return Segment(
        id=segment_id(category, start),
        start=start,
        end=max(hit.end for hit in hits),
        category=category,
        labels=labels_of(category, hits),
        description=description_of(category, hits),
        confidence=max(hit.score for hit in hits),
        allow=allow or hits[0].certainty != "sure",
        detections=tuple(hits),
        certainty=hits[0].certainty,
    )


def labels_of(category: str, hits: Iterable[Hit]) -> tuple[str, ...]:
    """Return the labels of a segment: its category, and what the detectors called what they found."""
    return tuple(dict.fromkeys([category, *sorted(hit.label for hit in hits)]))


def description_of(category: str, hits: Iterable[Hit]) -> str:
    """Return the reason of the highest-scoring hit of each kind, the highest first."""
    surest: dict[tuple[str, str], Hit] = {}
    for hit in sorted(hits, key=lambda hit: -hit.score):
        surest.setdefault((hit.detector, hit.label), hit)
    reasons = [hit.reason or f"found by {hit.detector}" for hit in surest.values()]
    more = len(reasons) - _MOST_REASONS
    return f"{category}: {'; '.join(reasons[:_MOST_REASONS])}" + (f"; and {more} more" if more > 0 else "")
