"""Where what was seen in single pictures is between them, and when that is not known.

- Boxes of one label and detector are linked from one picture that was looked at to the next of the same
  shot: each to the nearest, by where it would be at its speed, if that is no farther than its size. A box
  that is not seen for a while is linked as well when it is back within two seconds.
- Between the two it moves in a straight line. It is grown by 15 % of its size on each side, and by as much
  as it could have left that line at the speed that it has around.
- It stands before its first picture and after its last one for as long as these stand for what was seen:
  to the next picture that was looked at, or to the cut. It is grown there by as much as it can move. Within
  the segment it is held for half a second more, to the next shot at most.
- Where that does not say where it is, the whole picture is hidden: one is lost in mid-picture and another
  appears that it cannot be; it moves too fast for how often one looked; it takes more than 60 % of the
  picture; there are more than a dozen; what was found has no box; a person moved a border of the segment
  outwards.
- Between two shots in which something was found, what lies in others is shown: one looked there, too.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from video_censor_personal.edits.linking import (
    Edges,
    Track,
    doubts,
    edges,
    edges_of,
    linked,
    moment_of,
    most_of,
    moved,
    seconds_between,
    sizes_of,
)
from video_censor_personal.edits.values import BoxAt
from video_censor_personal.findings.coverage import Span, joined
from video_censor_personal.findings.observations import Box, Hit, Sighting
from video_censor_personal.findings.segments import Segment

_GROWN = 0.15
"""Of a box's size, on each side."""
_JITTER = 0.05
"""Of a box's size: what a detector is off by is no motion."""
_UNSURE = 0.75
"""Of a box's size: what may be farther from where it is thought to be is not known to be there."""
_LARGE = 0.6
"""Of the picture: a box that takes more leaves little to be seen, and that moves."""
_BLIND = 1.0
"""Seconds for which what was seen once, and so without a speed, is taken to stay where it is."""
_NEAR = 0.5
"""Seconds before and after in which a thing is about as large."""
_HELD = 0.5
"""Seconds for which a box is held beyond what was seen, within its segment and its shot."""


@dataclass(frozen=True, slots=True)
class Path:
    """From `start` to `end` something is within the boxes, which move as those of a `PictureEdit` do.

    `shot` is when the shot begins, where that is known.
    """

    start: float
    end: float
    boxes: tuple[BoxAt, ...]
    shot: float | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Where the picture is hidden: along `paths`, and all of it in the spans `whole`, which do not touch."""

    paths: tuple[Path, ...]
    whole: tuple[Span, ...]


def places(segment: Segment) -> Places:
    """Return where what was found in a segment is; outside of its borders nothing is hidden."""
    tracks: list[Track] = []
    paths: list[Path] = []
    whole: list[Span] = []
    for sightings in _by_label(segment.detections):
        found = linked([each for each in sightings if each.moment is not None], whole)
        whole += doubts(found)
        tracks += found
        for each in sightings:
            if each.moment is None:
                tracks.append(Track([each]))
    for track in tracks:
        paths.append(_path(track, whole))
    known = [Span(path.start, path.end) for path in paths]
    whole += _without(_unplaced(segment, tracks), joined([*known, *whole]))
    shots = sorted({each.shot for track in tracks for each in track.seen if each.shot is not None})
    inside = [
        replace(path, start=max(path.start, segment.start), end=min(path.end, segment.end))
        for path in (_held(path, shots) for path in paths)
        if path.start <= segment.end and path.end >= segment.start
    ]
    clipped = [Span(max(span.start, segment.start), min(span.end, segment.end)) for span in whole]
    return Places(tuple(inside), joined(span for span in clipped if span.start <= span.end))


def _by_label(hits: Iterable[Hit]) -> Iterator[list[Sighting]]:
    """Yield the usable sightings of each label of each detector, by time."""
    found: dict[tuple[str, str], list[Sighting]] = {}
    for hit in hits:
        found.setdefault((hit.detector, hit.label), []).extend(_sightings(hit))
    for sightings in found.values():
        yield sorted(sightings, key=lambda each: (each.moment or each.start, each.start))


def _sightings(hit: Hit) -> tuple[Sighting, ...]:
    """The sightings of a hit. What only has a box is there, unless that is one of many pictures'."""
    found = hit.sightings
    if not found and hit.box is not None and (not hit.detector or hit.end - hit.start <= _BLIND):
        found = (Sighting(hit.start, hit.end, hit.box),)
    return found if all(map(_is_usable, found)) else ()


def _is_usable(seen: Sighting) -> bool:
    """Whether something of the box is in the picture. What is no number is not."""
    left, top, right, bottom = edges_of(seen.box)
    return min(right, 1.0) > max(left, 0.0) and min(bottom, 1.0) > max(top, 0.0)


def _held(path: Path, shots: Sequence[float]) -> Path:
    """The path, held for a while at both ends: a detector may miss what has just come, or is about to go.

    Args:
        path: of one shot.
        shots: when those begin in which something was seen.
    """
    if path.shot is None:
        return path
    following = next((shot for shot in shots if shot > path.shot), path.end + _HELD)
    start, end = max(path.start - _HELD, path.shot), min(path.end + _HELD, following)
    return replace(path, start=min(start, path.start), end=max(end, path.end))


def _path(track: Track, whole: list[Span]) -> Path:
    """Return the path of a thing; spans in which it may be anywhere are added to `whole`."""
    seen = track.seen
    if track.first.moment is None:
        return Path(track.first.start, track.first.end, (BoxAt(track.first.start, track.first.box),))
    whole += (Span(each.start, each.end) for each in seen if each.box.width * each.box.height > _LARGE)
    sizes = _sizes_around(seen)
    strays = _strays(seen, sizes)
    usual = [edges(_GROWN * size[at % 2] for at in range(4)) for size in sizes]
    boxes: list[BoxAt] = []
    start = track.first.start
    early = _stray_at_end(seen, track.first.moment - track.first.start, sizes[0])
    if early is None:
        whole.append(Span(start, track.first.moment))
        start = track.first.moment
    elif track.first.moment > start:
        boxes.append(BoxAt(start, _grown(track.first.box, early, usual[0])))
    boxes.insert(0, _going_on(Track(seen[::-1]), start - _HELD, usual[0]))
    for number, each in enumerate(seen):
        around = [stray for stray in strays[max(number - 1, 0) : number + 1] if stray is not None]
        boxes.append(BoxAt(moment_of(each), _grown(each.box, most_of(around), usual[number])))
        if number < len(strays) and strays[number] is None:
            whole.append(Span(moment_of(each), moment_of(seen[number + 1])))
    end = max(each.end for each in seen)
    late = _stray_at_end(seen[::-1], end - moment_of(track.last), sizes[-1])
    if late is None:
        whole.append(Span(moment_of(track.last), end))
    elif end > moment_of(track.last):
        boxes.append(BoxAt(end, _grown(track.last.box, late, usual[-1])))
    boxes.append(_going_on(track, end + _HELD, usual[-1]))
    return Path(start, end, tuple(boxes), track.first.shot)


def _going_on(track: Track, moment: float, usual: Edges) -> BoxAt:
    """Where a thing is some time after it was seen last, if it goes on as before."""
    left, top, right, bottom = track.expected(moment)
    return BoxAt(moment, _grown(Box(left, top, right - left, bottom - top), usual))


def _strays(seen: Sequence[Sighting], sizes: Sequence[tuple[float, float]]) -> list[Edges | None]:
    """How far each side may be from the straight line between two sightings; None: too far."""
    speeds = _speeds(seen)
    found: list[Edges | None] = []
    for number, (one, other) in enumerate(pairwise(seen)):
        length = seconds_between(one, other)
        most = most_of(speeds[max(number - 2, 0) : number + 3])
        apart = moved(one, other)
        stray = edges(max(most[at] * length - apart[at], 0.0) / 2 for at in range(4))
        found.append(stray if _is_sure(stray, sizes[number]) else None)
    return found


def _stray_at_end(seen: Sequence[Sighting], length: float, size: tuple[float, float]) -> Edges | None:
    """How far each side may move in so many seconds beyond the first of these sightings; None: too far."""
    if len(seen) == 1:
        return (0.0, 0.0, 0.0, 0.0) if length <= _BLIND else None
    speeds = most_of(_speeds(seen[:3]))
    stray = edges(speed * length for speed in speeds)
    return stray if _is_sure(stray, size) else None


def _speeds(seen: Sequence[Sighting]) -> list[Edges]:
    """How fast each side moves from one to the next, in fractions of the picture a second."""
    found = []
    for one, other in pairwise(seen):
        size, apart = sizes_of(one.box), moved(one, other)
        length = abs(seconds_between(one, other))
        found.append(edges(max(apart[at] - _JITTER * size[at % 2], 0.0) / length for at in range(4)))
    return found


def _sizes_around(seen: Sequence[Sighting]) -> list[tuple[float, float]]:
    """The greatest width and height within half a second of each: what is half hidden is as large still."""
    moments = [moment_of(each) for each in seen]
    found = []
    for moment in moments:
        first, last = bisect_left(moments, moment - _NEAR), bisect_right(moments, moment + _NEAR)
        near = [sizes_of(each.box) for each in seen[first:last]]
        found.append((max(width for width, _ in near), max(height for _, height in near)))
    return found


def _is_sure(stray: Edges, size: tuple[float, float]) -> bool:
    """Whether something of this size is not far from where it is thought to be."""
    return all(stray[at] <= _UNSURE * size[at % 2] for at in range(4))


def _unplaced(segment: Segment, tracks: Sequence[Track]) -> Iterator[Span]:
    """Yield the spans of which no box says where something is, apart from where one is known."""
    hits = segment.detections
    for hit in hits:
        if not _sightings(hit):
            yield Span(hit.start, hit.end)
    first, last = min((hit.start for hit in hits), default=None), max((hit.end for hit in hits), default=None)
    if first is None or last is None or first > segment.end or last < segment.start:
        yield Span(segment.start, segment.end)
        return
    if first > segment.start:
        yield Span(segment.start, first)
    if last < segment.end:
        yield Span(last, segment.end)
    reached: Track | None = None
    for track in sorted(tracks, key=lambda each: each.first.start):
        if (
            reached is not None
            and track.first.start > reached.last.end
            and track.first.shot == reached.last.shot
        ):
            yield Span(reached.last.end, track.first.start)
        if reached is None or track.last.end > reached.last.end:
            reached = track


def _without(spans: Iterable[Span], others: Sequence[Span]) -> Iterator[Span]:
    """Yield what of the spans lies in none of the others, which are by time and do not touch."""
    for span in spans:
        reached = span.start
        if span.start == span.end and not any(other.start <= reached <= other.end for other in others):
            yield span
        for other in others:
            if other.end < reached or other.start > span.end:
                continue
            if other.start > reached:
                yield Span(reached, other.start)
            reached = other.end
        if reached < span.end:
            yield Span(reached, span.end)


def _grown(box: Box, *shares: Edges) -> Box:
    """The box, larger by so much on each side; it may reach out of the picture."""
    by = edges(map(sum, zip(*shares, strict=True)))
    # Cut off at the border of the picture, it would be cut off too early between two boxes.
    return Box(box.left - by[0], box.top - by[1], box.width + by[0] + by[2], box.height + by[1] + by[3])
