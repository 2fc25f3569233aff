"""Where each moment of a film is in a copy from which stretches were cut."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate

FOR_GOOD = Fraction(10**9)
"""The end of a cut that takes all that is left of a film: later than any film ends."""

_CLOCKS = Fraction(1, 10_000)
"""Seconds by which clocks of streams, and floats, may differ."""


@dataclass(frozen=True)
class Cuts:
    """Stretches that are taken out: each from its first moment to the first that stays, by time, apart.

    In seconds on the film's time line. Where the film has pictures, both are the times of frames, unless a
    picture stands still for long (see `smart_render.borders`).
    """

    spans: tuple[tuple[Fraction, Fraction], ...] = ()
    _taken: tuple[Fraction, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        taken = accumulate((end - start for start, end in self.spans), initial=Fraction(0))
        object.__setattr__(self, "_taken", tuple(taken))

    @classmethod
    def of(cls, spans: Iterable[tuple[Fraction, Fraction]]) -> Cuts:
        """Return the cuts of spans that may touch, overlap or be empty."""
        found: list[tuple[Fraction, Fraction]] = []
        for start, end in sorted(spans):
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            elif end > start:
                found.append((start, end))
        return cls(tuple(found))

    @property
    def joins(self) -> list[Fraction]:
        """Where, in the copy, something was cut out, and something follows."""
        return [self.moved(start) for start, end in self.spans if end < FOR_GOOD]

    def takes(self, moment: Fraction) -> bool:
        """Whether a moment is taken out."""
        at = self._last_begun(moment)
        return at >= 0 and moment < self.spans[at][1]

    def keeps(self, begin: Fraction, until: Fraction | None) -> bool:
        """Whether anything stays of what lasts from `begin` until another moment; None: for good.

        Less than clocks differ by is nothing: a picture may begin a little before the cut that takes it.
        """
        end = FOR_GOOD if until is None else until
        if end - begin <= _CLOCKS:
            return not self.takes(begin)
        return any(stop - start > _CLOCKS for start, stop in self.stretches(begin, end))

    def moved(self, moment: Fraction) -> Fraction:
        """Return where a moment is in the copy; one that is taken out is where the copy goes on."""
        at = self._last_begun(moment)
        if at < 0:
            return moment
        start, end = self.spans[at]
        return moment - self._taken[at] - (min(moment, end) - start)

    def film_moment(self, moment: Fraction) -> Fraction:
        """Return where a moment of the copy is in the film; where a cut was, what comes behind it."""
        found = moment
        for (start, end), before in zip(self.spans, self._taken, strict=False):
            if moment < start - before or end == FOR_GOOD:
                break
            found = moment + before + end - start
        return found

    def touching(self, begin: Fraction, end: Fraction) -> tuple[tuple[Fraction, Fraction], ...]:
        """Return the cuts that have any moment from `begin` to `end`."""
        first = max(self._last_begun(begin), 0)
        return tuple(span for span in self.spans[first : self._last_begun(end) + 1] if span[1] > begin)

    def stretches(self, begin: Fraction, end: Fraction) -> list[tuple[Fraction, Fraction]]:
        """Return what stays of what lasts from `begin` to `end`, at the film's times."""
        found = []
        for start, stop in self.touching(begin, end):
            if start > begin:
                found.append((begin, min(start, end)))
            begin = max(begin, stop)
        return [*found, (begin, end)] if begin < end else found

    def moved_ticks(self, ticks: int, time_base: Fraction) -> int:
        """Return where a moment is in the copy, both in ticks of `time_base`."""
        if not self.spans:
            return ticks
        moment = ticks * time_base
        return ticks - round((moment - self.moved(moment)) / time_base)

    def _last_begun(self, moment: Fraction) -> int:
        return bisect_right(self.spans, moment, key=lambda span: span[0]) - 1


NO_CUTS = Cuts()
