"""One stream cut into runs of steady time stamps; single packets with wild ones are outliers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from video_censor_personal.findings.coverage import Span
from video_censor_personal.media.timeline import UNKNOWN, Stamps, StreamLine

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEW = 8
"""Packets; up to so many wild stamps between two steady runs are outliers, more are a run."""
_BACK = 0.002
"""Seconds by which a decoding time may go back: containers round to a millisecond."""
_AHEAD = 0.1
"""Seconds by which sound may come late without being looked into."""
_RETURN = 0.25
"""Seconds by which the packet behind some outliers may be off."""
_REORDER = 20
"""Frames by which a picture may be decoded before it is shown."""
_HOLE = 0.5
"""Seconds by which a picture may come late without being looked into."""
_MINUTE = 60.0
"""Seconds; so late, the film's last pictures are not held, but have wild stamps."""
_MOST_JUMPS = 0.1
_LEAST_JUMPS = 50
"""With more jumps than this share of the packets, and this many, the stream cannot be placed."""


@dataclass(slots=True, eq=False)
class Piece:
    """A part of the film with a clock of its own, which is off by `shift` seconds and began at `raw`."""

    shift: float
    raw: float
    order: int


@dataclass(slots=True, eq=False)
class Run:
    """Packets `first` to `last` of a stream, whose stamps are steady."""

    first: int
    last: int
    piece: Piece


class SteadyRuns:
    """A dense stream, cut into runs; times in seconds."""

    def __init__(self, stamps: Stamps) -> None:
        self.stamps = stamps
        base = float(stamps.base)
        self.length = _lengths(stamps) * base
        self.typical = float(np.median(self.length))
        self.time = _filled_in(stamps, self.length)
        if stamps.kind == "video" and not stamps.tells_decoding:
            self.time = _as_shown(self.time, self.typical)
        self.outliers: dict[int, float] = {}
        self.runs = self._cut()

    def _cut(self) -> list[Run]:
        step = np.diff(self.time)
        late = step - self.length[:-1]
        least = _AHEAD if self.stamps.kind == "audio" else _HOLE
        borders = np.flatnonzero((step < -_BACK) | (late > least)) + 1
        edges = [0, *borders.tolist(), len(self.time)]
        start = Piece(0.0, float(self.time[0]), 0)
        runs = [Run(a, b - 1, start) for a, b in pairwise(edges)]
        return self._without_outliers(runs)

    def _without_outliers(self, runs: list[Run]) -> list[Run]:
        kept = [runs[0]]
        at = 1
        if len(runs) > 1 and self._starts_with_outliers(runs[0], runs[1]):
            first = float(self.time[runs[1].first])
            for number in range(runs[0].last, -1, -1):
                first -= float(self.length[number])
                self.outliers[number] = first
            kept = [Run(0, runs[1].last, runs[0].piece)]
            at = 2
        while at < len(runs):
            back = self._back_after(kept[-1], runs[at : at + _FEW + 1])
            if back:
                moment = self._end(kept[-1])
                for number in range(runs[at].first, runs[at + back].first):
                    self.outliers[number] = moment
                    moment += float(self.length[number])
                kept[-1].last = runs[at + back].last
                at += back + 1
            else:
                kept.append(runs[at])
                at += 1
        return kept

    def _starts_with_outliers(self, first: Run, second: Run) -> bool:
        """Whether the file's first few packets are stamped behind those that follow."""
        few = first.last - first.first < _FEW <= second.last - second.first
        return few and float(self.time[second.first] - self.time[first.last]) < -1.0

    def _back_after(self, before: Run, following: Sequence[Run]) -> int:
        """Return after how many runs, of a few packets in all, it continues as before; 0 when it doesn't."""
        expected = self._end(before)
        count = 0
        for number, run in enumerate(following):
            if number and abs(float(self.time[run.first]) - expected) <= _RETURN + 2 * self.typical:
                return number
            count += run.last - run.first + 1
            if count > _FEW:
                break
            expected += self.length_of(run)
        return 0

    def _end(self, run: Run) -> float:
        """Return when a run ends, by its own clock."""
        return float(self.outliers.get(run.last, self.time[run.last]) + self.length[run.last])

    def end(self, run: Run) -> float:
        """Return when a run ends on the time line."""
        return self._end(run) + run.piece.shift

    def at(self, order: int) -> float | None:
        """Return the moment of the last packet before number `order` of the file."""
        number = int(np.searchsorted(self.stamps.order, order)) - 1
        if number < 0:
            return None
        run = self.run_of(number)
        return float(self.outliers.get(number, self.time[number])) + run.piece.shift

    def run_of(self, number: int) -> Run:
        """Return the run that a packet is in."""
        return self.runs[bisect_right(self.runs, number, key=lambda run: run.first) - 1]

    def order_of(self, run: Run) -> int:
        """Return the number, in the file, of a run's first packet."""
        return int(self.stamps.order[run.first])

    def length_of(self, run: Run) -> float:
        """Return how long a run is, in seconds."""
        return float(np.sum(self.length[run.first : run.last + 1]))

    def start_of(self, run: Run) -> float:
        """Return when a run begins, by its own clock."""
        return float(self.time[run.first])

    def disorder(self) -> str:
        """Say why the stream cannot be placed; nothing when it can."""
        jumps = sum(one.piece is not other.piece for one, other in pairwise(self.runs)) + len(self.outliers)
        if jumps > max(_LEAST_JUMPS, _MOST_JUMPS * len(self.time)):
            return f"the time stamps of stream {self.stamps.index} jump {jumps} times"
        return ""

    def line(self) -> StreamLine:
        """Return the stream as it is placed."""
        base = self.stamps.base
        ticks = np.array([round(Fraction(run.piece.shift) / base) for run in self.runs])
        counts = [run.last - run.first + 1 for run in self.runs]
        shift = np.repeat(ticks, counts) * float(base)
        decoding = self.time + shift
        for number, moment in self.outliers.items():
            decoding[number] = moment + shift[number]
        shown, wild = self._shown(shift, decoding)
        numbers = sorted({*self.outliers, *wild})
        if not self.stamps.tells_decoding and (numbers or np.any(ticks)):
            # What the library guesses for them goes wrong at every jump.
            numbers = list(range(len(self.time)))
            decoding = decoding - max(0.0, float(np.max(decoding - shown)))
        moved = {
            number: (round(decoding[number] / float(base)), round(shown[number] / float(base)))
            for number in numbers
        }
        shifts = [(run.first, int(tick)) for run, tick in zip(self.runs, ticks, strict=True)]
        changes = tuple(each for at, each in enumerate(shifts) if each[1] != (shifts[at - 1][1] if at else 0))
        last = int(np.argmax(shown))
        span = Span(float(np.min(shown)), float(shown[last] + self.length[last]))
        return StreamLine(self.stamps.index, len(self.time), span, changes, moved)

    def _shown(
        self, shift: NDArray[np.float64], decoding: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], list[int]]:
        """Return when each packet is shown, and the numbers of those that said something wild."""
        pts = self.stamps.pts
        known = pts != UNKNOWN
        shown = np.where(known, pts * float(self.stamps.base) + shift, decoding)
        if self.stamps.kind == "audio":
            for number in self.outliers:
                shown[number] = decoding[number]
            return shown, []
        wild = sorted(self.outliers)
        if self.stamps.tells_decoding:
            wild = sorted({*_wild(shown, decoding, self.typical), *wild})
        for number, moment in _free_slots(shown, decoding, wild, self.typical).items():
            shown[number] = moment
        return shown, wild


def _lengths(stamps: Stamps) -> NDArray[np.float64]:
    """Return the packets' durations in ticks; where the file has none, what the stamps have in common."""
    stated = stamps.duration > 0
    known = stamps.dts[stamps.dts != UNKNOWN] if np.any(stamps.dts != UNKNOWN) else stamps.pts
    steps = np.diff(known)
    steps = steps[steps > 0]
    common = float(np.median(steps)) if len(steps) else 0.0
    if np.any(stated) and not len(steps):
        common = float(np.median(stamps.duration[stated]))
    return np.where(stated, stamps.duration, common).astype(np.float64)


def _filled_in(stamps: Stamps, length: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the packets' times in seconds, in their order, filled in where the file has none."""
    # Sound is heard when its presentation time says, and that is its decoding time, too.
    is_shown = not stamps.tells_decoding or (stamps.kind == "audio" and not np.any(stamps.pts == UNKNOWN))
    stated = stamps.pts if is_shown else stamps.dts
    known = stated != UNKNOWN
    if not np.any(known):
        return np.asarray(np.cumsum(length) - length, dtype=np.float64)
    time = stated * float(stamps.base)
    first = int(np.argmax(known))
    for number in range(first - 1, -1, -1):
        time[number] = time[number + 1] - length[number]
    for number in (np.flatnonzero(~known[first:]) + first).tolist():
        time[number] = time[number - 1] + length[number - 1]
    return np.asarray(time, dtype=np.float64)


def _as_shown(shown: NDArray[np.float64], typical: float) -> NDArray[np.float64]:
    """Return the moments in the order in which they come, jump by jump: pictures are stored in another."""
    step = np.diff(shown)
    back = -step[step < 0]
    reorder = min(float(np.percentile(back, 95)) * 1.5, _REORDER * typical) if len(back) else 0.0
    least = reorder + 2 * typical
    jumps = [at + 1 for at in np.flatnonzero(np.abs(step) > least).tolist()]
    borders = []
    while jumps:
        if _is_held(shown, jumps, least):
            del jumps[:2]
        else:
            borders.append(jumps.pop(0))
    ordered = [np.sort(part) for part in np.split(shown, borders)]
    return np.concatenate(ordered)


def _is_held(shown: NDArray[np.float64], jumps: Sequence[int], least: float) -> bool:
    """Whether the first two jumps are there and back because a picture is held long.

    What follows it is stored before those that are shown while it is held; then it continues behind that.
    """
    if len(jumps) < 2:
        return False
    there, back = jumps[:2]
    again = jumps[2] if len(jumps) > 2 else len(shown)
    if again - there > _REORDER or not shown[there - 1] - least < shown[back] < shown[there]:
        return False
    if again < len(shown):
        return bool(shown[there] <= shown[again])
    return bool(shown[there] <= shown[-1] + _MINUTE)


def _wild(shown: NDArray[np.float64], decoding: NDArray[np.float64], typical: float) -> list[int]:
    """Return the pictures that are shown before what comes long before, or after what comes long after."""
    off = np.abs(shown - decoding)
    suspect = np.flatnonzero(off > max(1.0, _REORDER * typical) + float(np.median(off)))
    if not len(suspect):
        return []
    is_trusted = np.ones(len(shown), dtype=bool)
    is_trusted[suspect] = False
    latest = np.maximum.accumulate(np.where(is_trusted, shown, -np.inf))
    earliest = np.minimum.accumulate(np.where(is_trusted, shown, np.inf)[::-1])[::-1]
    wild = []
    for number in suspect.tolist():
        before, behind = number - _REORDER, number + _REORDER
        if behind < len(shown):
            is_late = shown[number] > earliest[behind]
        else:
            is_late = shown[number] > decoding[number] + _MINUTE
        if is_late or (before >= 0 and shown[number] < latest[before]):
            wild.append(number)
    return wild


def _free_slots(
    shown: NDArray[np.float64], decoding: NDArray[np.float64], wild: Sequence[int], typical: float
) -> dict[int, float]:
    """Return moments for pictures that say something wild: those that their neighbours leave free."""
    found: dict[int, float] = {}
    unplaced = set(wild)
    for number in wild:
        near = range(max(0, number - 2 * _REORDER), min(len(shown), number + 2 * _REORDER + 1))
        taken = sorted([shown[each] for each in near if each not in unplaced] + list(found.values()))
        free = [
            early + typical
            for early, late in pairwise(taken)
            if late - early > 1.5 * typical and late > decoding[number] - typical
        ]
        after = taken[-1] + typical if taken else float(decoding[number])
        found[number] = float(min(free, key=lambda each: abs(each - decoding[number]), default=after))
    return found
