"""Where each moment of a film is in a copy from which stretches were cut."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Cuts:
    """Stretches that are taken out: each from its first moment to the first that stays, by time, apart.

    Where the film has pictures, both are the times of frames.
    """

    spans: tuple[tuple[Fraction, Fraction], ...] = ()

    @classmethod
    def of(cls, spans: Iterable[tuple[Fraction, Fraction]]) -> Cuts:
        """Return the cuts of spans that may touch or overlap."""
        found: list[tuple[Fraction, Fraction]] = []
        for start, end in sorted(spans):
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            elif end > start:
                found.append((start, end))
        return cls(tuple(found))

    def takes(self, moment: Fraction) -> bool:
        """Whether a moment is taken out."""
        at = self._last_begun(moment)
        return at >= 0 and moment < self.spans[at][1]

    def moved(self, moment: Fraction) -> Fraction:
        """Return where a moment is in the copy; one that is taken out is where the copy goes on."""
        at = self._last_begun(moment)
        whole = sum((end - start for start, end in self.spans[:at]), Fraction(0))
        if at < 0:
            return moment
        start, end = self.spans[at]
        return moment - whole - (min(moment, end) - start)

    def _last_begun(self, moment: Fraction) -> int:
        return bisect_right(self.spans, moment, key=lambda span: span[0]) - 1
