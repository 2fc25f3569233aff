"""Keeping what a person decided about segments when the video is analysed again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.parts import (
    REACH,
    detected,
    likeness,
    recategorised,
    regrouped,
    touches,
)
from video_censor_personal.findings.segments import PictureStyle, Segment, with_unique_ids


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
    keeps `allow`, `reviewed`, remediations, style, note, category, and borders moved by hand.
    `allowed_by_default` is how the old file was made: an `allow` equal to it, or that of a segment that is
    not sure, is nobody's decision. Segments made by hand stay, and so do those that somebody split or merged:
    what is found in these again is not told twice. A decision whose segment is not found any more is
    retired, to return with it.

    Permission is not stretched: a segment that now reaches well past what was allowed, or has
    something else in it, loses `allow` and remediations of `none`, with a warning.
    """
    by_hand = [segment for segment in old if is_hand_made(segment)]
    arranged = [segment for segment in old if segment.arranged and not is_hand_made(segment)]
    before = [segment for segment in old if not segment.arranged and not is_hand_made(segment)]
    found = regrouped(new, arranged)
    fresh = with_unique_ids(found.rest)
    matches = _match(fresh, before)
    segments: list[Segment] = []
    warnings: list[str] = []
    for segment, earlier in (*found.arranged, *((each, matches.get(each.id)) for each in fresh)):
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


def _match(new: Sequence[Segment], old: Sequence[Segment]) -> dict[str, Segment]:
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


def _likeness(new: Segment, old: Segment) -> float:
    """How alike their times are: those of what was found before, or as somebody moved them."""
    return max(likeness(new, old), likeness(new, Span(*detected(old))))


def _within(new: Segment, old: Segment) -> bool:
    start, end = detected(old)
    start, end = min(start, old.start), max(end, old.end)
    known = _content(old)
    return new.start >= start - REACH and new.end <= end + REACH and (not known or _content(new) <= known)


def _content(segment: Segment) -> set[str]:
    """What is in it beyond its category: detectors' labels and spoken words."""
    texts = {hit.text.casefold() for hit in segment.detections if hit.text}
    return texts | (set(segment.labels) - {segment.category})


def _decided(new: Segment, old: Segment, allowed_by_default: bool) -> Segment:
    kept = _annotated(new, old)
    if old.category != new.category:
        kept = recategorised(kept, old.category)
    if not _is_default(old, allowed_by_default) or old.reviewed:
        kept = replace(kept, allow=old.allow)
    if is_moved(old):
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


def is_moved(segment: Segment) -> bool:
    """Return whether somebody changed the borders that the analysis gave it."""
    start, end = detected(segment)
    return abs(segment.start - start) > 0.0015 or abs(segment.end - end) > 0.0015


def is_hand_made(segment: Segment) -> bool:
    """Return whether a person added it: nothing was detected in its span.

    One that was moved to where nothing was detected still has its id, which says when that was.
    """
    if not segment.detections:
        return True
    if segment.arranged or segment.id.endswith(f"-{detected(segment)[0]:.1f}"):
        return False
    return not any(touches(hit, segment) for hit in segment.detections)


def was_decided(segment: Segment, *, allowed_by_default: bool) -> bool:
    """Return whether a person decided anything about a segment; `allowed_by_default` as above."""
    return (
        not _is_default(segment, allowed_by_default)
        or segment.reviewed is not None
        or segment.arranged
        or is_moved(segment)
        or segment.video_style != PictureStyle()
        or any((segment.audio_remediation, segment.video_remediation, segment.note))
    )


def needs_decision(segment: Segment) -> bool:
    """Return whether a segment waits for a person: it is doubtful, and not reviewed, or not any more."""
    return segment.certainty == "doubtful" and not segment.reviewed


def _is_default(segment: Segment, allowed_by_default: bool) -> bool:
    """Whether it is allowed, or not, as the analysis made it."""
    return segment.allow == (allowed_by_default or segment.certainty != "sure")
