"""Keeping what a person decided about segments when the video is analysed again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from video_censor_personal.findings.segments import PictureStyle, Segment, with_unique_ids

_REACH = 0.5
"""Seconds by which a segment may reach past what was reviewed and still be the same thing."""


@dataclass(frozen=True, slots=True)
class Merged:
    """Segments with their decisions, retired segments, and warnings for the user."""

    segments: tuple[Segment, ...]
    retired: tuple[Segment, ...] = ()
    warnings: tuple[str, ...] = ()


def merge_reviews(
    new: Iterable[Segment], old: Sequence[Segment], *, allowed_by_default: bool = False
) -> Merged:
    """Return the new segments with the decisions made on the old ones (retired ones included).

    A segment is found again by its id, else by category and by sharing most of its time. It then
    keeps `allow`, `reviewed`, remediations, style, note, and borders moved by hand. `allowed_by_default`
    is how the old file was made: an `allow` equal to it, or that of a segment that is not sure, is nobody's
    decision. Segments made by hand stay. A decision whose segment is not found any more is retired, to
    return with it.

    Permission is not stretched: a segment that now reaches well past what was allowed, or has
    something else in it, loses `allow` and remediations of `none`, with a warning.
    """
    fresh = list(new)
    by_hand = [segment for segment in old if _hand_made(segment)]
    before = [segment for segment in old if not _hand_made(segment)]
    matches = _match(fresh, before)
    segments: list[Segment] = []
    warnings: list[str] = []
    for segment in fresh:
        earlier = matches.get(segment.id)
        if earlier is None:
            segments.append(segment)
        elif _within(segment, earlier):
            segments.append(_decided(segment, earlier, allowed_by_default))
        else:
            segments.append(_without_permission(_annotated(segment, earlier)))
            if _permits(earlier) and (earlier.reviewed or not _is_default(earlier, allowed_by_default)):
                warnings.append(f"{segment.id} was allowed, but more is found there now: review it again")
    matched = {earlier.id for earlier in matches.values()}
    retired = [
        each
        for each in before
        if each.id not in matched and was_decided(each, allowed_by_default=allowed_by_default)
    ]
    return Merged(with_unique_ids([*segments, *by_hand]), tuple(retired), tuple(warnings))


def _match(new: list[Segment], old: list[Segment]) -> dict[str, Segment]:
    """Old segments by the id of the new one that takes their place."""
    by_id = {segment.id: segment for segment in reversed(old)}
    found = {each.id: by_id[each.id] for each in new if each.id in by_id}
    free = [segment for segment in old if segment.id not in {each.id for each in new}]
    for segment in new:
        if segment.id in found:
            continue
        alike = [
            each for each in free if each.category == segment.category and _likeness(segment, each) > 0.5
        ]
        if alike:
            found[segment.id] = max(alike, key=lambda each: _likeness(segment, each))
            free.remove(found[segment.id])
    return found


def _likeness(one: Segment, other: Segment) -> float:
    """Shared time divided by the time that the two cover together."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    covered = max(one.end, other.end) - min(one.start, other.start)
    return shared / covered if covered else 1.0


def _detected(segment: Segment) -> tuple[float, float]:
    """The span that the detections had, before anyone moved the borders."""
    if not segment.detections:
        return segment.start, segment.end
    return min(hit.start for hit in segment.detections), max(hit.end for hit in segment.detections)


def _within(new: Segment, old: Segment) -> bool:
    start, end = _detected(old)
    start, end = min(start, old.start), max(end, old.end)
    known = _content(old)
    return new.start >= start - _REACH and new.end <= end + _REACH and (not known or _content(new) <= known)


def _content(segment: Segment) -> set[str]:
    """What is in it beyond its category: detectors' labels and spoken words."""
    texts = {hit.text.casefold() for hit in segment.detections if hit.text}
    return texts | (set(segment.labels) - {segment.category})


def _decided(new: Segment, old: Segment, allowed_by_default: bool) -> Segment:
    kept = _annotated(new, old)
    if not _is_default(old, allowed_by_default) or old.reviewed:
        kept = replace(kept, allow=old.allow)
    if _moved(old):
        kept = replace(kept, start=old.start, end=old.end)
    return replace(kept, reviewed=old.reviewed)


def _annotated(new: Segment, old: Segment) -> Segment:
    return replace(
        new,
        audio_remediation=old.audio_remediation,
        video_remediation=old.video_remediation,
        video_style=old.video_style,
        note=old.note,
    )


def _permits(segment: Segment) -> bool:
    return segment.allow or "none" in {segment.audio_remediation, segment.video_remediation}


def _without_permission(segment: Segment) -> Segment:
    audio, video = (
        None if action == "none" else action
        for action in (segment.audio_remediation, segment.video_remediation)
    )
    return replace(segment, audio_remediation=audio, video_remediation=video)


def _moved(segment: Segment) -> bool:
    """Whether somebody changed the borders that the analysis gave it."""
    start, end = _detected(segment)
    return abs(segment.start - start) > 0.0015 or abs(segment.end - end) > 0.0015


def _hand_made(segment: Segment) -> bool:
    """Whether a person added it: nothing was detected in its span."""
    return not any(
        (hit.start < segment.end and hit.end > segment.start)
        or (hit.start == hit.end and segment.start <= hit.start <= segment.end)
        for hit in segment.detections
    )


def was_decided(segment: Segment, *, allowed_by_default: bool) -> bool:
    """Return whether a person decided anything about a segment; `allowed_by_default` as above."""
    return (
        not _is_default(segment, allowed_by_default)
        or segment.reviewed is not None
        or _moved(segment)
        or segment.video_style != PictureStyle()
        or any((segment.audio_remediation, segment.video_remediation, segment.note))
    )


def _is_default(segment: Segment, allowed_by_default: bool) -> bool:
    """Whether it is allowed, or not, as the analysis made it."""
    return segment.allow == (allowed_by_default or segment.certainty != "sure")
