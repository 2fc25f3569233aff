"""Segments that a person split or merged: what was found in them, and what another analysis finds there.

Such a segment is called an arranged one. Its borders are the person's, and so it is found again by what was
found in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from video_censor_personal.findings.certainty import CERTAINTIES
from video_censor_personal.findings.coverage import Span, joined
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.policy import description_of, labels_of
from video_censor_personal.findings.segments import Segment, segment_id

REACH = 0.5
"""Seconds by which something may reach past what was reviewed and still be the same thing."""

_NUMBERS = re.compile(r"-\d+\.\d(-\d+)*\Z")
_ORDER = attrgetter("start", "end", "detector", "label")


@dataclass(frozen=True, slots=True)
class Regrouped:
    """The segments of an analysis, as far as a person arranged them.

    `arranged` are those of before, each as the analysis would have it and as it was. `rest` is what they do
    not account for.
    """

    arranged: tuple[tuple[Segment, Segment], ...]
    rest: tuple[Segment, ...]


def with_hits(segment: Segment, hits: Iterable[Hit]) -> Segment:
    """Return the segment, with these detections in it; what is said of it follows from them."""
    found = tuple(replace(hit, category=segment.category) for hit in sorted(hits, key=_ORDER))
    if not found or found == segment.detections:
        return replace(segment, detections=found)
    return replace(
        segment,
        detections=found,
        labels=labels_of(segment.category, found),
        description=description_of(segment.category, found),
        confidence=max(hit.score for hit in found),
    )


def recategorised(segment: Segment, category: str) -> Segment:
    """Return the segment, with another category."""
    others = (label for label in segment.labels if label not in {segment.category, category})
    return replace(
        segment,
        category=category,
        labels=(category, *others),
        detections=tuple(replace(hit, category=category) for hit in segment.detections),
    )


def halves(segment: Segment, at: float) -> tuple[Segment, Segment]:
    """Return a segment as two that meet at a moment; what was found on both sides is in both."""
    first = [hit for hit in segment.detections if hit.start < at]
    second = [hit for hit in segment.detections if hit.end > at or hit.start >= at]
    kept = replace(segment, arranged=True)
    return with_hits(replace(kept, end=at), first), with_hits(replace(kept, start=at), second)


def together(segments: Sequence[Segment]) -> Segment:
    """Return segments of one category as one, with the decisions of the first.

    The id is that of the first, too, or of one that was found as another category: it says which that was.
    """
    in_order = sorted(segments, key=lambda each: (each.start, each.end))
    first = in_order[0]
    hits = dict.fromkeys(hit for each in segments for hit in each.detections)
    whole = replace(
        first,
        id=next((each.id for each in in_order if is_renamed(each)), first.id),
        end=max(each.end for each in segments),
        certainty=min((each.certainty for each in segments), key=CERTAINTIES.index),
        arranged=True,
    )
    return with_hits(whole, hits)


def found_as(segment: Segment) -> str:
    """Return as which category a segment was found or made, as its id has it."""
    return _NUMBERS.sub("", segment.id)


def is_renamed(segment: Segment) -> bool:
    """Return whether a person gave another category to what was found in a segment."""
    return bool(segment.detections) and found_as(segment) != _slug(segment.category)


def regrouped(new: Iterable[Segment], arranged: Collection[Segment]) -> Regrouped:
    """Return the segments of an analysis as a person arranged those of before.

    A detection goes to those that had it. Another goes to those that it touches, if all of its time is
    within theirs. All others make segments of their own.
    """
    hits: dict[str, list[Hit]] = {each.id: [] for each in arranged}
    sources: dict[str, list[Segment]] = {each.id: [] for each in arranged}
    rest: list[Segment] = []
    for segment in new:
        kin = [each for each in arranged if _is_kin(segment, each)]
        if not kin:
            rest.append(segment)
            continue
        left = []
        known = joined((_known(each) for each in kin), REACH)
        for hit in segment.detections:
            owners = [each for each in kin if _has(each, hit)] or [each for each in kin if touches(hit, each)]
            if not any(_within(hit, span) for span in known):
                owners = []
            for owner in owners:
                hits[owner.id].append(hit)
                sources[owner.id].append(segment)
            if not owners:
                left.append(hit)
        rest += _rest_of(segment, left, kin)
    return Regrouped(
        tuple((_again(each, hits[each.id], sources[each.id]), each) for each in arranged), tuple(rest)
    )


def touches(hit: Hit, segment: Segment) -> bool:
    """Whether something was detected in the span of a segment."""
    if hit.start == hit.end:
        return segment.start <= hit.start <= segment.end
    return hit.start < segment.end and hit.end > segment.start


def detected(segment: Segment) -> tuple[float, float]:
    """Return the span that the detections had, before anyone moved the borders."""
    if not segment.detections:
        return segment.start, segment.end
    return min(hit.start for hit in segment.detections), max(hit.end for hit in segment.detections)


def likeness(one: Segment | Hit | Span, other: Segment | Hit | Span) -> float:
    """Return the shared time divided by the time that the two cover together."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    covered = max(one.end, other.end) - min(one.start, other.start)
    return shared / covered if covered else 1.0


def _again(before: Segment, hits: Iterable[Hit], sources: Sequence[Segment]) -> Segment:
    """An arranged segment as the analysis would have it.

    What is not found any more stays in it, to be known when it is found again, and it is never less sure
    than it was: parts of it may have been.
    """
    found = tuple(dict.fromkeys(hits))
    if not found:
        return before
    missing = (hit for hit in before.detections if not any(_is_same(hit, each) for each in found))
    now = with_hits(before, (*found, *missing))
    surest = min((each.certainty for each in sources), key=CERTAINTIES.index)
    if CERTAINTIES.index(surest) > CERTAINTIES.index(before.certainty):
        return now
    return replace(now, certainty=surest, allow=all(each.allow for each in sources))


def _rest_of(segment: Segment, hits: Sequence[Hit], kin: Iterable[Segment]) -> list[Segment]:
    """What was found in a segment beside the arranged ones: a new one on each side of them."""
    groups: list[list[Hit]] = []
    for hit in sorted(hits, key=_ORDER):
        end = max(each.end for each in groups[-1]) if groups else 0.0
        if not groups or any(each.start >= end and each.end <= hit.start for each in kin):
            groups.append([])
        groups[-1].append(hit)
    return [
        replace(
            with_hits(segment, group),
            id=segment_id(segment.category, group[0].start),
            start=group[0].start,
            end=max(hit.end for hit in group),
        )
        for group in groups
    ]


def _is_kin(segment: Segment, arranged: Segment) -> bool:
    """Whether some of what an analysis found in a segment was in an arranged one.

    The id of that says of which category it was found.
    """
    start, end = detected(arranged)
    if segment.start > end or segment.end < start:
        return False
    is_of = segment.category == arranged.category or _slug(segment.category) == found_as(arranged)
    return is_of and any(_has(arranged, hit) for hit in segment.detections)


def _has(segment: Segment, hit: Hit) -> bool:
    return any(_is_same(hit, each) for each in segment.detections)


def _is_same(one: Hit, other: Hit) -> bool:
    """Whether two hits are the same thing at about the same time."""
    return _thing(one) == _thing(other) and likeness(one, other) > 0.5


def _thing(hit: Hit) -> str:
    return hit.label if hit.text is None else hit.text.casefold()


def _slug(category: str) -> str:
    return _NUMBERS.sub("", segment_id(category, 0.0))


def _known(segment: Segment) -> Span:
    start, end = detected(segment)
    return Span(min(start, segment.start), max(end, segment.end))


def _within(hit: Hit, span: Span) -> bool:
    return span.start - REACH <= hit.start and hit.end <= span.end + REACH
