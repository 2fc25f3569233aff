"""How the times of a text fit what was heard: whether it is late, made for another speed, or of another film.

Both share words. Where the text belongs to the sound, one shift and one scale bring most of them together.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from video_censor_personal.findings.observations import Observation
from video_censor_personal.words.spelling import normalise

_SPEEDS = (24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0)
"""Pictures a second that films are shown with; a text made for one of them drifts with another."""
SCALES = tuple(
    sorted({one / other for one, other in product(_SPEEDS, repeat=2)}, key=lambda each: abs(each - 1))
)
_FARTHEST = 60.0
"""Seconds that a text may be early or late."""
_BIN = 0.5
_NEAR = 1.0
"""Seconds within which a word that was heard is the one that is written."""
_SHORTEST = 4
"""Letters of a word that says something about where one is."""
_OFTEN = 8
"""Times a word may be heard and still tell one place from another."""
_TELLING = 1.15
"""By so much more words must agree at another speed than at the film's own."""
LEAST_COMPARED = 8
"""Words to compare below which nothing can be said, unless …"""
SURELY_SHARED = 5
"""… so many are where they are written."""
LEAST_SHARED = 0.2
"""The share of words that the text and the sound have in common, below which they do not belong together."""
NOTICED = 1.0
"""Seconds. By less, subtitles are early or late on purpose."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Timed:
    """A word, and the moment in its middle, in seconds."""

    text: str
    time: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was written at a time t was said at `scale` * t + `shift`, in seconds.

    Of `compared` words that can tell, `shared` were heard where they are written.
    """

    scale: float = 1.0
    shift: float = 0.0
    shared: int = 0
    compared: int = 0

    @property
    def is_known(self) -> bool:
        """Whether there is enough to compare."""
        return self.compared >= LEAST_COMPARED or self.shared >= SURELY_SHARED

    @property
    def is_trusted(self) -> bool:
        """Whether the text belongs to the sound, as far as that can be told."""
        return not self.is_known or self.shared >= LEAST_SHARED * self.compared

    @property
    def is_off(self) -> bool:
        """Whether the text is at other times than it should be."""
        return abs(self.shift) >= NOTICED or abs(self.scale - 1) > 1e-6

    def at(self, time: float) -> float:
        """Return when what is written at a time was said."""
        return self.scale * time + self.shift

    def __str__(self) -> str:
        return f"{self.shared} of {self.compared} words"


def spread(start: float, end: float, text: str) -> list[Timed]:
    """Return the words of a cue, each in the middle of its share of the cue's time."""
    total = max(len(text), 1)
    return [
        Timed(match[0], start + (end - start) * (match.start() + match.end()) / 2 / total)
        for match in _WORD.finditer(normalise(text))
    ]


def timed(heard: Iterable[Observation]) -> list[Timed]:
    """Return words that were heard."""
    return [
        Timed(match[0], (word.start + word.end) / 2)
        for word in heard
        for match in _WORD.finditer(normalise(word.text or ""))
    ]


def agreement(written: Sequence[Timed], heard: Sequence[Timed]) -> Agreement:
    """Return how the times of a text fit what was heard.

    Args:
        written: its words.
        heard: what was heard, in time order.
    """
    often = {text for text, count in Counter(word.text for word in heard).items() if count > _OFTEN}
    places = _places(word for word in heard if _tells(word) and word.text not in often)
    telling = [word for word in written if _tells(word) and word.text not in often]
    known = [word for word in telling if word.text in places]
    compared = min(len(telling), sum(map(len, places.values())))
    plain = _voted(known, places, 1.0)
    best = plain
    for scale in SCALES[1:]:
        found = _voted(known, places, scale)
        if found.shared > max(best.shared, _TELLING * plain.shared):
            best = found
    settled = _settled(known, places, best)
    return Agreement(settled.scale, settled.shift, settled.shared, compared)


def _tells(word: Timed) -> bool:
    return len(word.text) >= _SHORTEST


def _places(heard: Iterable[Timed]) -> dict[str, list[float]]:
    """When each word was heard."""
    places: dict[str, list[float]] = defaultdict(list)
    for word in heard:
        places[word.text].append(word.time)
    return places


def _voted(written: Iterable[Timed], places: Mapping[str, Sequence[float]], scale: float) -> Agreement:
    """The shift for which most words vote, at one scale; of two, the smaller."""
    votes: Counter[int] = Counter()
    for word in written:
        shifts = (time - scale * word.time for time in places[word.text])
        votes.update({round(shift / _BIN) for shift in shifts if abs(shift) <= _FARTHEST})
    if not votes:
        return Agreement(scale)
    count = {number: votes[number - 1] + votes[number] + votes[number + 1] for number in votes}
    best = max(count, key=lambda number: (count[number], votes[number], -abs(number)))
    return Agreement(scale, best * _BIN, count[best])


def _settled(written: Sequence[Timed], places: Mapping[str, Sequence[float]], rough: Agreement) -> Agreement:
    """The shift as exactly as the words give it, and how many of them are where they should be."""
    rests = sorted(
        rest
        for word in written
        if abs(rest := _nearest(places[word.text], rough.at(word.time)) - rough.at(word.time)) <= 2 * _NEAR
    )
    shift = rough.shift + (rests[len(rests) // 2] if rests else 0.0)
    exact = Agreement(rough.scale, shift)
    shared = sum(
        abs(_nearest(places[word.text], exact.at(word.time)) - exact.at(word.time)) <= _NEAR
        for word in written
    )
    return Agreement(rough.scale, shift, shared)


def _nearest(times: Sequence[float], time: float) -> float:
    at = bisect_left(times, time)
    return min(times[max(at - 1, 0) : at + 1], key=lambda each: abs(each - time))
