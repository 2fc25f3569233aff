"""Takes stretches out of PCM and joins what is left, exact to the sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.edits.cuts import FOR_GOOD, Cuts
from video_censor_personal.media.continuous import Block

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HALF_FADE = Fraction(5, 2000)
"""Seconds on each side of a join over which what ends fades into what begins."""
_ALWAYS = -(2**62)
"""Before the first sample of any film; a run-in has numbers below 0."""


class Splicer:
    """Turns the blocks of one track, without gaps between them, to those of the copy.

    Joins are where `cuts` has them in the copy, each to the nearest sample, however many there are. There,
    what ends and what begins are mixed over 5 ms; a half of that is from the cut, fading. Where the copy
    begins or ends with a cut, it fades in or out instead. Between cuts too close for that, less is mixed.

    Args:
        cuts: what to take out.
        rate: samples a second.
    """

    def __init__(self, cuts: Cuts, rate: int) -> None:
        self._stretches = _stretches(cuts, rate)
        self._joins = _joins(self._stretches, int(_HALF_FADE * rate))
        self._at = 1 if self._joins[0].after is None else 0

    def push(self, block: Block) -> Iterator[Block]:
        """Yield what a block, the next one, completes of the copy."""
        reached = block.position + block.data.shape[1]
        while True:
            join = self._joins[self._at]
            if self._at:
                yield from self._alone(self._stretches[self._at - 1], block)
            join.take(block)
            if join.after is None or reached < join.after.end:
                break
            yield from join.mixed()
            self._at += 1

    def flush(self) -> Iterator[Block]:
        """Yield what waits for more, when there is none."""
        yield from self._joins[self._at].mixed()

    def _alone(self, stretch: _Stretch, block: Block) -> Iterator[Block]:
        """Yield what of a block is in a stretch, away from its joins."""
        before, after = self._joins[self._at - 1].after, self._joins[self._at].before
        begin = max(stretch.first if before is None else before.end, block.position)
        end = block.position + block.data.shape[1]
        end = end if after is None else min(after.first, end)
        if begin < end:
            data = block.data[:, begin - block.position : end - block.position]
            yield Block(begin - stretch.shift, data)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What stays between two cuts: the film's samples [first, last), in the copy `shift` samples earlier."""

    first: int
    last: int | None
    shift: int


class _Zone:
    """The samples of the film around one side of a join, [first, end); those from `low` to `high` came."""

    def __init__(self, border: int, half: int) -> None:
        self.first = border - half
        self.end = border + half
        self.low = self.high = 0
        self.data: NDArray[Any] | None = None

    def take(self, block: Block) -> None:
        """Keep what of a block, the next one, is in the zone."""
        begin = max(block.position, self.first)
        end = min(block.position + block.data.shape[1], self.end)
        if begin >= end:
            return
        if self.data is None:
            self.data = np.zeros((block.data.shape[0], self.end - self.first), block.data.dtype)
            self.low = begin - self.first
        self.high = end - self.first
        part = block.data[:, begin - block.position : end - block.position]
        self.data[:, begin - self.first : self.high] = part


class _Join:
    """Where a stretch ends (`before` is around that) and the next begins, at sample `place` of the copy.

    Without the one the copy begins here, without the other it ends, and nothing is mixed without both.
    """

    def __init__(self, place: int, half: int, before: int | None, after: int | None) -> None:
        self.before = None if before is None else _Zone(before, half)
        self.after = None if after is None else _Zone(after, half)
        self._place = place
        self._half = half

    def take(self, block: Block) -> None:
        """Keep what is mixed here of a block, the next one."""
        for zone in (self.before, self.after):
            if zone is not None:
                zone.take(block)

    def mixed(self) -> Iterator[Block]:
        """Yield the samples on both sides, as far as something is to be heard there."""
        half = self._half
        rise = (np.arange(2 * half) + 0.5) / max(2 * half, 1)
        is_out = self.before is not None and self.before.data is not None and self.before.low < half
        is_in = self.after is not None and self.after.high > half
        out, into = self.before if is_out else None, self.after if is_in else None
        if out is not None and out.data is not None and into is not None and into.data is not None:
            low, high, kind = out.low, into.high, into.data.dtype
            sound = _level(out.data) * (1 - rise) + _level(into.data) * rise
        elif into is not None and into.data is not None:
            # What begins behind the border anyway begins as it does.
            low, high, kind = max(into.low, half), into.high, into.data.dtype
            sound = _level(into.data) * (1 if into.low >= half else np.maximum(2 * rise - 1, 0))
        elif out is not None and out.data is not None:
            low, high, kind = out.low, min(out.high, half), out.data.dtype
            sound = _level(out.data) * (1 if out.high <= half else np.maximum(1 - 2 * rise, 0))
        else:
            return
        if low < high:
            yield Block(self._place - half + low, _samples(sound[:, low:high], kind))


def _stretches(cuts: Cuts, rate: int) -> list[_Stretch]:
    """Return what stays; what comes before the film's beginning goes with a cut of it."""
    begins = [(_ALWAYS, 0)]
    ends: list[int | None] = []
    for start, end in cuts.spans:
        place = round(cuts.moved(start) * rate)
        if start <= 0:
            begins.clear()
        else:
            ends.append(place + begins[-1][1])
        if end < FOR_GOOD:
            begin = round(end * rate)
            begins.append((begin, begin - place))
    if len(ends) < len(begins):
        ends.append(None)
    return [_Stretch(first, last, shift) for (first, shift), last in zip(begins, ends, strict=True)]


def _joins(stretches: Sequence[_Stretch], most: int) -> list[_Join]:
    """Return the joins: one before each stretch, and one behind the last; `most` is half of what is mixed."""
    found = []
    for number in range(len(stretches) + 1):
        before = stretches[number - 1] if number else None
        after = stretches[number] if number < len(stretches) else None
        ends = [each for each in (before, after) if each is not None]
        half = min([most, *((each.last - each.first) // 2 for each in ends if each.last is not None)])
        begin = None if after is None or after.first == _ALWAYS else after.first
        end = None if before is None else before.last
        if after is not None and begin is not None:
            place = begin - after.shift
        else:
            place = 0 if before is None or end is None else end - before.shift
        found.append(_Join(place, half, end, begin))
    return found


def _level(data: NDArray[Any]) -> NDArray[np.float64]:
    """Return samples as numbers around 0."""
    return data.astype(np.float64) - (128 if data.dtype == np.uint8 else 0)


def _samples(sound: NDArray[np.float64], kind: np.dtype[Any]) -> NDArray[Any]:
    if kind.kind == "f":
        return sound.astype(kind)
    return np.rint(sound + (128 if kind == np.uint8 else 0)).astype(kind)
