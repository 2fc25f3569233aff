"""Which language was heard where in a track."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from video_censor_personal.findings.observations import Observation

LANGUAGE = "language"
"""The label of an observation for a stretch of speech; its text is the code of the language."""
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Spoken:
    """Stretches of speech with their languages, in time order; empty where those were not detected."""

    stretches: tuple[Observation, ...]

    @classmethod
    def of(cls, observations: Iterable[Observation]) -> Spoken:
        """Find the stretches among what was observed of a track."""
        found = (seen for seen in observations if seen.label == LANGUAGE and seen.text)
        return cls(tuple(sorted(found, key=lambda each: (each.start, each.end))))

    def at(self, time: float) -> str | None:
        """Return the language of the stretch that a time lies in; None: of none."""
        place = bisect_right(self.stretches, time + _ROUNDING, key=lambda each: each.start) - 1
        return self.stretches[place].text if place >= 0 else None

    def most(self) -> str | None:
        """Return the language that is spoken for longest."""
        seconds: dict[str, float] = {}
        for each in self.stretches:
            seconds[each.text or ""] = seconds.get(each.text or "", 0.0) + each.end - each.start
        return max(seconds, key=lambda language: seconds[language]) if seconds else None
