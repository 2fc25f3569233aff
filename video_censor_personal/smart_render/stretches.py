"""Which stretches of a picture are copied, and which are encoded: decided before any of it is decoded.

A stretch that is encoded begins with a key frame of its own, at any picture before which nothing is shown
later. It must end where the film itself can go on without what came before. What is encoded is divided where
the film decides, so that a stretch stays the same one while others change.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise, zip_longest

from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.values import PictureEdit, exact
from video_censor_personal.smart_render.entry_points import Entry
from video_censor_personal.smart_render.index import PacketIndex

_LONGEST = 10
"""Seconds from which an encoded stretch is divided."""
_CLOCKS = Fraction(1, 1000)
"""Seconds by which a picture may seem to appear earlier or later in another container."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The pictures from number `begin` to before `end`, as they are shown, which get into the copy one way.

    Packets have numbers, too, as they are decoded. A copied stretch consists of packet `first`, and of those
    between `begin` and `end`, both excluded: what was shown before `first`, but decoded after it, is part of
    the stretch before. For an encoded one the packets `first` to `last` are decoded; `needs_end` says that it
    has to end with an end-of-sequence unit.
    """

    begin: int
    end: int
    is_encoded: bool
    first: int
    last: int = 0
    needs_end: bool = False

    def has(self, packet: int) -> bool:
        """Whether a copied stretch has a packet."""
        return packet == self.first or self.begin < packet < self.end


@dataclass(frozen=True, slots=True)
class StretchPlan:
    """The stretches of one stream, in order.

    `shown` says when each picture is shown, in ticks of `time_base` and by time; `stays` which are not cut
    out. `decoded` are the times of decoding of all packets of the copy, in its order.
    """

    time_base: Fraction
    stretches: tuple[Stretch, ...]
    shown: Sequence[int]
    stays: bytearray
    cuts: Cuts
    decoded: Sequence[int]

    @property
    def copies(self) -> bool:
        """Whether anything is copied."""
        return not all(each.is_encoded for each in self.stretches)

    def moved(self, ticks: int) -> int:
        """Return when a picture is shown in the copy."""
        return self.cuts.moved_ticks(ticks, self.time_base)

    def count(self, stretch: Stretch) -> int:
        """Return how many pictures of a stretch are in the copy."""
        return self.stays.count(1, stretch.begin, stretch.end)

    def span(self, stretch: Stretch) -> tuple[Fraction, Fraction | None]:
        """Return when a stretch begins, and when the next one does, if any, in seconds of the film."""
        end = self.shown[stretch.end] * self.time_base if stretch.end < len(self.shown) else None
        return self.shown[stretch.begin] * self.time_base, end

    def touching(self, stretch: Stretch, edits: Sequence[PictureEdit]) -> list[PictureEdit]:
        """Return the edits that may have a moment of a stretch."""
        begin, end = self.span(stretch)
        return [
            edit
            for edit in edits
            if exact(edit.end) + _CLOCKS >= begin and (end is None or exact(edit.start) - _CLOCKS <= end)
        ]

    def copied_packets(self) -> bytearray:
        """Return for each packet of the film whether it is copied."""
        marks = bytearray(len(self.shown))
        for each in self.stretches:
            if not each.is_encoded:
                marks[each.begin + 1 : each.end] = b"\x01" * (each.end - each.begin - 1)
                marks[each.first] = 1
        return marks

    def copied_places(self) -> bytearray:
        """Return for each packet of the copy whether it is copied."""
        return bytearray(b"").join(bytes([not each.is_encoded]) * self.count(each) for each in self.stretches)


@dataclass(frozen=True, slots=True)
class _Border:
    """Packet `key` can follow anything; so many of those behind it are shown before it."""

    key: int
    leading: int
    entry: int

    @property
    def picture(self) -> int:
        """The number of the picture with which it begins."""
        return self.key + self.leading


def plan_stretches(
    index: PacketIndex, edits: Sequence[PictureEdit], cuts: Cuts, *, copies: bool = True
) -> StretchPlan:
    """Divide a picture into stretches.

    Args:
        index: of a picture whose packets all say when they are shown.
        edits: what is hidden.
        cuts: what is cut out.
        copies: whether anything may be copied.
    """
    shown = array("q", sorted(index.pts))
    base = index.time_base
    stays = bytearray(
        cuts.keeps(pts * base, None if end is None else end * base)
        for pts, end in zip_longest(shown, islice(shown, 1, None))
    )
    borders = list(_borders(index, Entry.CLEAN if copies else Entry.KEY))
    if copies:
        touched = _joined([*_covered(shown, base, edits), *_runs(stays, 0)])
        spans = list(_widened(touched, index, borders, stays))
    else:
        spans = [(0, len(shown))] if shown else []
    stretches = tuple(_stretches(spans, _divided(borders, shown, base, stays), borders, shown, index))
    plan = StretchPlan(base, stretches, shown, stays, cuts, ())
    return StretchPlan(base, stretches, shown, stays, cuts, _decoded(plan, index) if copies else ())


def reorder_depth(order: Sequence[int]) -> int:
    """Return by how many places the packets of these times come later than by time."""
    ranks = {pts: rank for rank, pts in enumerate(sorted(order))}
    return max((number - ranks[pts] for number, pts in enumerate(order)), default=0)


def decoding_times(shown: Sequence[int], depth: int) -> array[int]:
    """Return the times of decoding of pictures shown then (by time), of which `depth` are held back."""
    step = max(min((b - a for a, b in pairwise(shown)), default=1), 1)
    early = [shown[0] - (depth - number) * step for number in range(min(depth, len(shown)))] if shown else []
    return array("q", [*early, *shown[: max(len(shown) - depth, 0)]])


def _borders(index: PacketIndex, least: Entry) -> Iterator[_Border]:
    pts = index.pts
    earliest = array("q", pts)
    for at in range(len(pts) - 2, -1, -1):
        earliest[at] = min(earliest[at], earliest[at + 1])
    latest: int | None = None
    for at, entry in enumerate(index.entries):
        if entry >= least and (latest is None or latest < earliest[at]):
            behind = at + 1
            while behind < len(pts) and pts[behind] < pts[at]:
                behind += 1
            if behind == len(pts) or earliest[behind] > pts[at]:
                yield _Border(at, behind - at - 1, entry if least > Entry.KEY else Entry.KEY)
        latest = pts[at] if latest is None else max(latest, pts[at])


def _covered(shown: Sequence[int], base: Fraction, edits: Sequence[PictureEdit]) -> Iterator[tuple[int, int]]:
    """Yield the pictures that are on the screen at any moment of each edit, by any container's clock."""
    for edit in edits:
        start, end = (exact(edit.start) - _CLOCKS) / base, (exact(edit.end) + _CLOCKS) / base
        first = max(bisect_right(shown, start) - 1, 0)
        last = bisect_right(shown, end)
        if last > first:
            yield first, last


def _runs(marks: bytearray, value: int) -> Iterator[tuple[int, int]]:
    at = marks.find(value)
    while at >= 0:
        end = marks.find(1 - value, at)
        end = len(marks) if end < 0 else end
        yield at, end
        at = marks.find(value, end)


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def _widened(
    touched: Sequence[tuple[int, int]], index: PacketIndex, borders: Sequence[_Border], stays: bytearray
) -> Iterator[tuple[int, int]]:
    """Yield spans of pictures that can be encoded while the others are copied."""
    starts = _starts(index)
    pictures = [each.picture for each in borders]
    reached = 0
    for begin, end in touched:
        at = bisect_left(pictures, end)
        until = pictures[at] if at < len(pictures) else len(stays)
        start = max(_last_start(starts, begin), reached)
        if at < len(pictures) and borders[at].entry == Entry.AFTER_END:
            # There must be a packet that can carry the end of the sequence.
            while start > reached and not any(stays[start:until]):
                start = max(_last_start(starts, start - 1), reached)
        if until > reached:
            yield start, until
            reached = until


def _starts(index: PacketIndex) -> bytearray:
    """Return for each picture whether all before it are decoded before it."""
    pts = index.pts
    earliest = array("q", pts)
    for at in range(len(pts) - 2, -1, -1):
        earliest[at] = min(earliest[at], earliest[at + 1])
    marks = bytearray(len(pts) + 1)
    latest: int | None = None
    for at, each in enumerate(pts):
        marks[at] = latest is None or latest < earliest[at]
        latest = each if latest is None else max(latest, each)
    return marks


def _last_start(starts: bytearray, picture: int) -> int:
    return max(starts.rfind(1, 0, picture + 1), 0)


def _divided(borders: Sequence[_Border], shown: Sequence[int], base: Fraction, stays: bytearray) -> list[int]:
    """Return the pictures at which encoded spans are divided, which only the film decides."""
    found: list[int] = []
    last = shown[0] if shown else 0
    for border in borders:
        picture = border.picture
        if (shown[picture] - last) * base >= _LONGEST:
            last = shown[picture]
            if stays[picture - 1] and stays[picture]:
                found.append(picture)
    return found


def _stretches(
    spans: Sequence[tuple[int, int]],
    divisions: Sequence[int],
    borders: Sequence[_Border],
    shown: Sequence[int],
    index: PacketIndex,
) -> Iterator[Stretch]:
    by_picture = {each.picture: each for each in borders}
    reached = 0
    for begin, end in spans:
        if begin > reached:
            yield Stretch(reached, begin, False, by_picture[reached].key if reached else 0)
        inner = divisions[bisect_right(divisions, begin) : bisect_left(divisions, end)]
        edges = [begin, *inner, end]
        for one, other in pairwise(edges):
            border = by_picture.get(other)
            first = _decoded_from(borders, shown[one], index)
            if border is None:
                yield Stretch(one, other, True, first, len(shown) - 1)
            else:
                last = other if border.leading else other - 1
                yield Stretch(one, other, True, first, last, border.entry == Entry.AFTER_END)
        reached = end
    if reached < len(shown):
        yield Stretch(reached, len(shown), False, by_picture[reached].key if reached else 0)


def _decoded_from(borders: Sequence[_Border], pts: int, index: PacketIndex) -> int:
    """Return the packet from which a picture, and those after it, can be decoded."""
    at = bisect_right(borders, pts, key=lambda border: index.pts[border.key]) - 1
    return borders[at].key if at >= 0 else 0


def _decoded(plan: StretchPlan, index: PacketIndex) -> Sequence[int]:
    """Return when each packet of the copy is decoded: as in the film, or as late as possible."""
    if index.tells_decoding and not plan.cuts.spans:
        return index.dts
    order: list[int] = []
    for each in plan.stretches:
        if each.is_encoded:
            order += (plan.moved(plan.shown[at]) for at in range(each.begin, each.end) if plan.stays[at])
        else:
            packets = (each.first, *range(each.begin + 1, each.end))
            order += (plan.moved(index.pts[packet]) for packet in packets)
    return decoding_times(sorted(order), reorder_depth(order))
