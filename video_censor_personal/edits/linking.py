"""Sightings of one thing, linked to a track, and what was lost and may be what was found elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.observations import Box, Sighting

_REACH = 1.0
"""Of a box's size: so far may it be from where it is expected. Where it moves fast, one looks often."""
_LIKE = 3.0
"""How often one box may be as wide or as high as the other if they are the same thing."""
_LONGEST_GAP = 2.0
"""Seconds after which what is seen is another thing."""
_MOST = 12
"""Boxes of a label at once; more are no parts of bodies."""
_RUN = 0.1
"""Seconds over which a speed is measured, where that can be: it is less off then."""
_BORDER = 0.02
"""Of the picture: what is so close to its border may be leaving it."""
_BEHIND = 0.2
"""Of its size: what is so close to another may be behind it the next moment."""
_FEW = 2
"""Sightings of which not much is known."""
_FARTHEST = 0.75
"""Of its size: so far may a thing move between two pictures that were looked at. An analysis looks again
where it is more than half; only where a picture follows another at once there is nothing between."""
_INSTANT = 0.001

Edges = tuple[float, float, float, float]
"""Left, top, right and bottom, or something of each."""


@dataclass(slots=True)
class Track:
    """One thing, as it was seen in pictures of one shot, by time; or backwards."""

    seen: list[Sighting] = field(default_factory=list)

    @property
    def first(self) -> Sighting:
        """Where it was seen first."""
        return self.seen[0]

    @property
    def last(self) -> Sighting:
        """Where it was seen last."""
        return self.seen[-1]

    def expected(self, moment: float) -> Edges:
        """Where it would be at its speed."""
        now = edges_of(self.last.box)
        before = next(
            (each for each in reversed(self.seen) if abs(seconds_between(each, self.last)) >= _RUN),
            self.first,
        )
        if not (length := seconds_between(before, self.last)):
            return now
        share = (moment - moment_of(self.last)) / length
        # Its middle alone: a box that seems to grow seldom goes on.
        was = edges_of(before.box)
        across, down = ((now[at] + now[at + 2] - was[at] - was[at + 2]) / 2 * share for at in (0, 1))
        return now[0] + across, now[1] + down, now[2] + across, now[3] + down


def linked(sightings: Sequence[Sighting], whole: list[Span]) -> list[Track]:
    """Return the sightings of one label as tracks; spans where there are too many are added to `whole`."""
    tracks: list[Track] = []
    open_tracks: list[Track] = []
    before = 0.0
    for moment, group in groupby(sightings, key=moment_of):
        look = list(group)
        if len(look) > _MOST:
            whole.append(Span(min(each.start for each in look), max(each.end for each in look)))
            continue
        open_tracks = [each for each in open_tracks if moment - moment_of(each.last) <= _LONGEST_GAP]
        pairs = sorted(
            (distance, number, at)
            for number, track in enumerate(open_tracks)
            for at, seen in enumerate(look)
            if (distance := _distance(track, seen, was_there=moment_of(track.last) == before)) is not None
        )
        free, unlinked = set(range(len(open_tracks))), set(range(len(look)))
        for _, number, at in pairs:
            if number in free and at in unlinked:
                free.discard(number)
                unlinked.discard(at)
                open_tracks[number].seen.append(look[at])
        new = [Track([look[at]]) for at in sorted(unlinked)]
        tracks += new
        open_tracks += new
        before = moment
    return tracks


def _distance(track: Track, seen: Sighting, *, was_there: bool) -> float | None:
    """How far a box is from where a track's is expected, in their size; None: it cannot be the same.

    One that `was_there` in the picture before may have turned; one that was not has to be where it was going.
    """
    last = track.last
    if seen.shot != last.shot:
        return None
    old, new = edges_of(last.box), edges_of(seen.box)
    expected = track.expected(moment_of(seen))
    far, near = 0.0, 0.0
    for at in (0, 1):
        size, other = new[at + 2] - new[at], old[at + 2] - old[at]
        if max(size, other) > _LIKE * min(size, other):
            return None
        mean, middle = (size + other) / 2, (new[at] + new[at + 2]) / 2
        far = max(far, abs(middle - (expected[at] + expected[at + 2]) / 2) / mean)
        near = max(near, abs(middle - (old[at] + old[at + 2]) / 2) / mean)
    return far if far <= _REACH or (was_there and near <= _REACH) else None


def doubts(tracks: Sequence[Track]) -> list[Span]:
    """Return the spans in which one thing was lost and another found, which it may be, in mid-picture.

    So are those in which a thing may have gone, at its speed, too far to know the way, to a border and back;
    and what lies beside a doubt and stands on two sightings at most, which prove little there.

    Between pictures that were looked at one after the other, whatever was lost and found is one. Over a
    longer time it is what was lost for good and is new; what was seen but once is more likely a mistake.
    """
    found = [*_lost_and_found(tracks), *(span for track in tracks for span in _too_fast(track))]
    found += [span for track in tracks for span in _between_few(track, found)]
    return [*found, *(span for track in tracks for span in _at_ends(track, found))]


def _lost_and_found(tracks: Sequence[Track]) -> Iterator[Span]:
    moments = sorted({moment_of(each) for track in tracks for each in track.seen})
    looks = {moment: number for number, moment in enumerate(moments)}
    lost, found = _changes(tracks, looks, 1), _changes(tracks, looks, -1)
    by_look: dict[int, list[Sighting]] = {}
    for change in lost:
        by_look.setdefault(change.look, []).append(change.seen)
    for change in found:
        for before in by_look.get(change.look - 1, ()):
            # What leaves at a border and what comes in at one may be two.
            if not (_is_at_border(before) and _is_at_border(change.seen)):
                yield from _doubt(before, change.seen)
    new = [each.seen for each in found if each.is_for_good and not _may_come_or_go(each.seen)]
    gone = [each.seen for each in lost if each.is_for_good and not _is_at_border(each.seen)]
    for each in new:
        ended = [
            other
            for other in gone
            if other.shot == each.shot and 0 < seconds_between(other, each) <= _LONGEST_GAP
        ]
        if ended:
            yield from _doubt(max(ended, key=moment_of), each)


def _between_few(track: Track, doubts: Sequence[Span]) -> Iterator[Span]:
    """Yield what is between two sightings that are all there is of a track, beside a doubt."""
    if len(track.seen) == _FEW:
        yield from _beside(moment_of(track.first), moment_of(track.last), doubts)


def _at_ends(track: Track, doubts: Sequence[Span]) -> Iterator[Span]:
    """Yield what the first and the last sighting stand for, beside a doubt."""
    yield from _beside(track.first.start, moment_of(track.first), doubts)
    yield from _beside(moment_of(track.last), track.last.end, doubts)


def _beside(start: float, end: float, doubts: Sequence[Span]) -> Iterator[Span]:
    """Yield a span that is beside a doubt, if the next look came late."""
    near = 2 * _INSTANT
    if end - start > _RUN and any(
        abs(doubt.end - start) <= near or abs(doubt.start - end) <= near for doubt in doubts
    ):
        yield Span(start, end - _INSTANT)


def _too_fast(track: Track) -> Iterator[Span]:
    """Yield the spans between sightings in which a thing may have moved farther than can be told."""
    pairs = [(one, other) for one, other in pairwise(track.seen) if seconds_between(one, other) > _RUN]
    speeds = {id(one): _speed(one, other) for one, other in pairs}
    ends = {id(other): _speed(one, other) for one, other in pairs}
    for one, other in pairs:
        fastest = max(speeds[id(one)], ends.get(id(one), 0.0), speeds.get(id(other), 0.0))
        if fastest * seconds_between(one, other) > _FARTHEST:
            yield Span(moment_of(one), moment_of(other) - _INSTANT)


def _speed(one: Sighting, other: Sighting) -> float:
    """How many times its own size a thing moves in a second, the way it moves faster."""
    a, b, size = edges_of(one.box), edges_of(other.box), sizes_of(one.box)
    moved = (abs(a[at] + a[at + 2] - b[at] - b[at + 2]) / 2 / size[at] for at in (0, 1))
    return max(moved) / seconds_between(one, other)


@dataclass(frozen=True, slots=True)
class _Change:
    """A thing that is not there any more in the next picture looked at, or was not yet in the one before.

    `is_for_good` says that it is not seen again, or was not before, and was seen more than once.
    """

    look: int
    seen: Sighting
    is_for_good: bool


def _changes(tracks: Sequence[Track], looks: Mapping[float, int], step: int) -> list[_Change]:
    """Return what is lost (`step` 1: in the next picture) or found (-1)."""
    changed: list[_Change] = []
    stays: dict[int, list[Sighting]] = {}
    for track in tracks:
        seen = track.seen[::step]
        places = [looks[moment_of(each)] for each in seen]
        for number, each in enumerate(seen):
            if number + 1 < len(seen) and places[number + 1] == places[number] + step:
                stays.setdefault(places[number + 1], []).append(seen[number + 1])
            else:
                is_for_good = number == len(seen) - 1 > 0
                changed.append(_Change(places[number], each, is_for_good))
    return [
        change
        for change in changed
        if change.is_for_good
        or not any(_is_beside(change.seen, each) for each in stays.get(change.look + step, ()))
    ]


def _is_beside(one: Sighting, other: Sighting) -> bool:
    """Whether one may be behind the other the next moment."""
    a, b, size = edges_of(one.box), edges_of(other.box), sizes_of(one.box)
    return all(
        b[at] < a[at + 2] + _BEHIND * size[at] and b[at + 2] > a[at] - _BEHIND * size[at] for at in (0, 1)
    )


def _doubt(lost: Sighting, found: Sighting) -> Iterator[Span]:
    """The span between two sightings in which nobody looked, or nothing was found."""
    start, end = sorted((lost.end, found.start))
    if lost.shot == found.shot and end - start > 2 * _INSTANT:
        # An edit covers the picture that appears at its end as well; that one was looked at.
        yield Span(start, end - _INSTANT)


def _may_come_or_go(seen: Sighting) -> bool:
    """Whether it may be new: at a border, or since its shot begins."""
    return _is_at_border(seen) or (seen.shot is not None and seen.start <= seen.shot)


def _is_at_border(seen: Sighting) -> bool:
    left, top, right, bottom = edges_of(seen.box)
    return min(left, top) <= _BORDER or max(right, bottom) >= 1 - _BORDER


def moment_of(seen: Sighting) -> float:
    """When the picture appears in which something was seen."""
    return seen.start if seen.moment is None else seen.moment


def seconds_between(one: Sighting, other: Sighting) -> float:
    """How much later the other is."""
    return moment_of(other) - moment_of(one)


def edges_of(box: Box) -> Edges:
    """Where the sides of a box are."""
    return box.left, box.top, box.left + box.width, box.top + box.height


def sizes_of(box: Box) -> tuple[float, float]:
    """Width and height."""
    return box.width, box.height


def moved(one: Sighting, other: Sighting) -> Edges:
    """How far each side has moved."""
    return edges(abs(a - b) for a, b in zip(edges_of(one.box), edges_of(other.box), strict=True))


def most_of(found: Sequence[Edges]) -> Edges:
    """The most of each side; nothing where there is none."""
    return edges(max((each[at] for each in found), default=0.0) for at in range(4))


def edges(values: Iterable[float]) -> Edges:
    """Return four values as those of the sides."""
    left, top, right, bottom = values
    return left, top, right, bottom
