"""Which pictures an edit touches: the one rule that plan, render and check go by."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from video_censor_personal.edits.values import Stretched, exact

SAME_MOMENT = Fraction(4, 1_000_000)
"""Seconds. Edits count microseconds, and floats add a little: what is less far apart is one moment.

No picture lasts so short, and no film's clock, of 90,000 ticks a second or fewer, tells such moments apart.
"""


@dataclass(frozen=True, slots=True)
class ScreenTime:
    """From `begin` until another moment a picture is on the screen; None: for good.

    An edit touches it that has any moment of that. The end of an edit is a moment of it, too: a picture that
    begins just then is touched, so that an edit without length touches the one that is on the screen, and one
    in doubt is hidden. The picture that the edit's start follows upon is not.
    """

    begin: Fraction
    until: Fraction | None

    def is_touched(self, edit: Stretched) -> bool:
        """Whether an edit has any moment of this."""
        return self.has_any(exact(edit.start), exact(edit.end))

    def has_any(self, start: Fraction, end: Fraction) -> bool:
        """Whether any moment from `start` to `end`, both included, is one of this."""
        return not self.is_over_at(start) and not self.begins_after(end)

    def is_over_at(self, moment: Fraction) -> bool:
        """Whether this is gone at a moment, and after it."""
        return self.until is not None and self.until <= moment + SAME_MOMENT

    def begins_after(self, moment: Fraction) -> bool:
        """Whether this is not there yet at a moment."""
        return self.begin > moment + SAME_MOMENT

    def joined(self, other: ScreenTime) -> ScreenTime:
        """Return the time of one picture by two clocks: from when it appears by either, until it is gone."""
        untils = [each.until for each in (self, other) if each.until is not None]
        return ScreenTime(min(self.begin, other.begin), max(untils) if len(untils) == 2 else None)
