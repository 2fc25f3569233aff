"""How sure a finding is: what is sure is acted on, what is doubtful a person looks at, what is weak waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Certainty = Literal["sure", "doubtful", "weak"]

CERTAINTIES: tuple[Certainty, ...] = ("sure", "doubtful", "weak")
"""The surest first."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The scores (0..1) from which on a finding is sure, doubtful or weak; what scores less is none."""

    sure: float
    doubtful: float
    weak: float

    @classmethod
    def of(cls, threshold: float, doubtful: float | None = None, weak: float | None = None) -> Bounds:
        """Return bounds of which only the first must be given; without the others, nothing lies below it."""
        middle = threshold if doubtful is None else min(doubtful, threshold)
        return cls(threshold, middle, middle if weak is None else min(weak, middle))

    def certainty(self, score: float) -> Certainty | None:
        """Return how sure a finding of this score is; None: it is none."""
        if score >= self.sure:
            return "sure"
        if score >= self.doubtful:
            return "doubtful"
        return "weak" if score >= self.weak else None

    def scaled(self, threshold: float) -> Bounds:
        """Return the bounds of a label with a threshold of its own: the others in proportion to it."""
        share = threshold / self.sure if self.sure else 0.0
        return Bounds(threshold, self.doubtful * share, self.weak * share)


def least_sure(*found: Certainty) -> Certainty:
    """Return the least sure of some."""
    return max(found, key=CERTAINTIES.index)
