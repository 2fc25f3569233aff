"""Where in a cue each of its words is said: by what was heard there, by alignment, or by its share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from video_censor_personal.findings.observations import Observation
from video_censor_personal.words.spelling import Mask, normalise

_SLACK = 1.5
"""Seconds before and after a cue in which its words may be heard."""
_SAME, _ALIKE, _OTHER, _LEFT_OUT = 2.0, 1.0, -0.2, -0.5
"""What it speaks for a way to match words that two are the same, sound alike or not, or that one is alone."""
_AWAY = 0.1
"""The same against it, for each second between where a word is expected and where it was heard."""
_LEAST_ALIKE = 0.6
_FASTEST, _SLOWEST = 20.0, 9.0
"""Letters that people say in a second."""
_PAUSE = 0.3
_SHORTEST = 0.2
"""Seconds of a word."""
_LONGER = 0.8
"""Seconds by which what was heard in place of a word may be longer than the word takes at the slowest."""
_RIGHT_BESIDE = 0.5
"""Seconds between two words that follow each other in a sentence."""
_EDGE = 0.2
"""Seconds by which an aligned word may reach past what was heard before and after it."""
AROUND_ALIKE = (0.3, 0.3)
"""Seconds before and after a word that was heard as several in which the rest of it may lie."""
AROUND_ALIGNED = (0.12, 0.2)
"""The same for a word that was aligned with the sound around its cue."""
AROUND_GUESSED = (0.25, 0.35)
"""The same for a word that was placed by its share."""


@dataclass(frozen=True, slots=True)
class CueWords:
    """The words of a cue that is shown from `start` to `end`, and where they are in the sound, if known."""

    start: float
    end: float
    words: tuple[str, ...]
    aligned: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a written word is said, in seconds.

    `margin` is how far before and after that the rest of it may lie; it counts unless a single word was heard
    there, which then is `heard`. `how` tells a person by what it was placed.
    """

    start: float
    end: float
    how: str
    margin: tuple[float, float] = (0.0, 0.0)
    heard: Observation | None = None


def place(cues: Sequence[CueWords], heard: Sequence[Observation], wanted: int) -> list[Place]:
    """Return the place of each word of one cue.

    Args:
        cues: that cue and those around it, in time order: which of the words heard then are theirs?
        heard: words in time order; those at other times do not count.
        wanted: the number of the cue among `cues`.
    """
    start, end = min(cue.start for cue in cues) - _SLACK, max(cue.end for cue in cues) + _SLACK
    there = [word for word in heard if word.end >= start and word.start <= end and bare(word.text or "")]
    matching = _Matching([word for cue in cues for word in _written(cue)], there)
    first = sum(len(cue.words) for cue in cues[:wanted])
    return [matching.place(first + number) for number in range(len(cues[wanted].words))]


@dataclass(frozen=True, slots=True)
class _Written:
    """A word of a cue: the letters before it and up to its end, of all; where it was aligned."""

    text: str
    cue: CueWords
    before: int
    through: int
    total: int
    mask: Mask | None
    aligned: tuple[float, float] | None

    @property
    def span(self) -> tuple[float, float]:
        """Where it lies, however fast the cue is spoken within its time."""
        length = self.cue.end - self.cue.start
        fast = min(self.total / _FASTEST, length)
        slow = max(min(self.total / _SLOWEST + _PAUSE, length), fast)
        start = self.cue.start + self.before / self.total * fast
        return start, max(self.cue.start + self.through / self.total * slow, start + _SHORTEST)

    @property
    def expected(self) -> float:
        """The middle of that."""
        return sum(self.span) / 2

    @property
    def longest(self) -> float:
        """Seconds that it may take."""
        return (self.through - self.before) / _SLOWEST + _LONGER

    def is_same(self, heard: str) -> bool:
        """Whether a heard word is this one, as far as it is written."""
        text = bare(heard)
        return bool(text) and (text == bare(self.text) or (self.mask is not None and self.mask.hides(text)))

    def likeness(self, heard: str) -> float:
        """What it speaks for that a heard word is this one."""
        if self.is_same(heard):
            return _SAME
        return _ALIKE if _alike(bare(self.text), bare(heard)) else _OTHER


def _written(cue: CueWords) -> Iterable[_Written]:
    total = max(sum(len(word) + 1 for word in cue.words), 1)
    before = 0
    for number, text in enumerate(cue.words):
        mask = Mask.of(normalise(text))
        aligned = cue.aligned[number] if cue.aligned else None
        yield _Written(text, cue, before, before + len(text), total, mask, aligned)
        before += len(text) + 1


class _Matching:
    """Written words and heard ones, and which of the one are which of the other."""

    def __init__(self, written: Sequence[_Written], heard: Sequence[Observation]) -> None:
        self._written = written
        self._heard = heard
        self._match = _matched(written, heard)
        self._anchors = [
            number
            for number, match in enumerate(self._match)
            if match is not None and written[number].is_same(heard[match].text or "")
        ]

    def place(self, number: int) -> Place:
        """Return where a written word is."""
        word, match = self._written[number], self._match[number]
        if match is not None and number in self._anchors:
            return Place(
                self._heard[match].start, self._heard[match].end, "heard there", heard=self._heard[match]
            )
        earlier = max((each for each in self._anchors if each < number), default=None)
        later = min((each for each in self._anchors if each > number), default=None)
        if there := self._instead(number, earlier, later):
            text = " ".join(each.text or "" for each in there)
            is_sure = len(there) == 1 and None not in (earlier, later)
            alone = there[0] if is_sure else None
            return Place(there[0].start, there[-1].end, f"heard there as '{text}'", AROUND_ALIKE, alone)
        low = None if earlier is None else self._heard_at(earlier).end
        high = None if later is None else self._heard_at(later).start
        if word.aligned is not None and _fits(word.aligned, low, high):
            return Place(*word.aligned, "aligned with the sound", AROUND_ALIGNED)
        late = [
            self._late(each) for each in (earlier, later) if each is not None and self._is_near(each, number)
        ]
        start, end = _between(word, sum(late) / len(late) if late else 0.0, low, high)
        return Place(max(start, 0.0), max(end, 0.0), "placed by its share of the line", AROUND_GUESSED)

    def _instead(self, number: int, earlier: int | None, later: int | None) -> Sequence[Observation]:
        """What was heard in place of a word beside anchors; nothing where that is not clear."""
        word, match = self._written[number], self._match[number]
        is_alike = match is not None and _alike(bare(word.text), bare(self._heard[match].text or ""))
        if match is not None and is_alike and (earlier, later) != (None, None):
            return [self._heard[match]]
        if earlier is None or later is None:
            is_next = match is not None and any(
                anchor is not None and self._is_next(anchor, number) for anchor in (earlier, later)
            )
            return [self._heard[match]] if is_next and match is not None else ()
        between = self._heard[self._at(earlier) + 1 : self._at(later)]
        if match is not None and len(between) == later - earlier - 1:
            return [self._heard[match]]
        is_alone = later - earlier == 2
        if is_alone and between and between[-1].end - between[0].start <= word.longest:
            return between
        return ()

    def _is_next(self, anchor: int, number: int) -> bool:
        """Whether what was matched with a word was heard right beside an anchor, as it is written."""
        match = self._match[number]
        if match is None or abs(number - anchor) != 1 or abs(match - self._at(anchor)) != 1:
            return False
        first, second = sorted((self._heard[match], self._heard_at(anchor)), key=lambda each: each.start)
        return second.start - first.end <= _RIGHT_BESIDE

    def _at(self, anchor: int) -> int:
        match = self._match[anchor]
        assert match is not None
        return match

    def _heard_at(self, anchor: int) -> Observation:
        return self._heard[self._at(anchor)]

    def _late(self, anchor: int) -> float:
        """By how much an anchor was heard later than its cue lets one expect."""
        heard = self._heard_at(anchor)
        return (heard.start + heard.end) / 2 - self._written[anchor].expected

    def _is_near(self, anchor: int, number: int) -> bool:
        return self._written[anchor].cue is self._written[number].cue


def _matched(written: Sequence[_Written], heard: Sequence[Observation]) -> list[int | None]:
    """For each written word the number of the heard one that it may be, by the best way to match all."""
    rows, columns = len(written), len(heard)
    times = [(word.start + word.end) / 2 for word in heard]
    texts = [word.text or "" for word in heard]
    scores = [column * _LEFT_OUT for column in range(columns + 1)]
    steps = [[2] * (columns + 1)]
    for row, word in enumerate(written, 1):
        expected, step = word.expected, [1] * (columns + 1)
        above, scores = scores, [row * _LEFT_OUT] * (columns + 1)
        for column in range(1, columns + 1):
            away = _AWAY * abs(times[column - 1] - expected)
            scores[column], step[column] = max(
                (above[column - 1] + word.likeness(texts[column - 1]) - away, 0),
                (above[column] + _LEFT_OUT, 1),
                (scores[column - 1] + _LEFT_OUT, 2),
            )
        steps.append(step)
    found: list[int | None] = [None] * rows
    row, column = rows, columns
    while row and column:
        way = steps[row][column]
        if way == 0:
            found[row - 1] = column - 1
        row, column = row - (way != 2), column - (way != 1)
    return found


def _fits(aligned: tuple[float, float], low: float | None, high: float | None) -> bool:
    return (low is None or aligned[0] >= low - _EDGE) and (high is None or aligned[1] <= high + _EDGE)


def _between(word: _Written, late: float, low: float | None, high: float | None) -> tuple[float, float]:
    """The share of a word in a cue that is so many seconds late, between what was heard around it."""
    start, end = (each + late for each in word.span)
    start = start if low is None else max(start, low)
    end = end if high is None else min(end, high)
    if end - start >= _SHORTEST:
        return start, end
    # No room is left for it: it is where the room should be.
    known = [each for each in (low, high) if each is not None]
    middle = sum(known) / len(known) if known else (start + end) / 2
    return middle - _SHORTEST / 2, middle + _SHORTEST / 2


@lru_cache(maxsize=65536)
def bare(word: str) -> str:
    """Return a word as it is compared: in lower case, its letters and digits only."""
    return "".join(letter for letter in normalise(word) if letter.isalnum())


@lru_cache(maxsize=65536)
def _alike(one: str, other: str) -> bool:
    if not one or not other:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _LEAST_ALIKE
