"""What a program found and silenced, held against the truth: plain numbers in, a score out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Span = tuple[float, float]
"""Start and end in seconds."""

LEAK = 0.015
"""Seconds of a word that may be audible and it still counts as covered: one step of 10 ms, and not two."""
MOST_COLLATERAL = 0.25
"""Seconds of other words that may be silenced with one."""


@dataclass(frozen=True, slots=True)
class Word:
    """A swear of the truth and what became of it.

    `covered` says that all of it is silent in the copy; `collateral` is how many seconds of other words are
    silent with it.
    """

    text: str
    start: float
    line: str
    heard: bool
    covered: bool
    collateral: float


@dataclass(frozen=True, slots=True)
class Score:
    """All that was planted in a reel, and what else was hit."""

    words: tuple[Word, ...] = ()
    traps: int = 0
    trap_hits: tuple[str, ...] = ()
    other_hits: tuple[str, ...] = ()

    def __add__(self, other: Score) -> Score:
        return Score(
            self.words + other.words,
            self.traps + other.traps,
            self.trap_hits + other.trap_hits,
            self.other_hits + other.other_hits,
        )

    @property
    def heard(self) -> tuple[Word, ...]:
        return tuple(word for word in self.words if word.heard)

    @property
    def covered(self) -> tuple[Word, ...]:
        """Of the words that were heard, those of which nothing is left."""
        return tuple(word for word in self.heard if word.covered)

    @property
    def well_covered(self) -> tuple[Word, ...]:
        """Those of them that took little else with them."""
        return tuple(word for word in self.covered if word.collateral <= MOST_COLLATERAL)


def score(
    swears: Sequence[tuple[Span, str, str]],
    traps: Sequence[tuple[Span, str, str]],
    others: Sequence[Span],
    found: Sequence[tuple[Span, str]],
    silent: Sequence[Span],
    audible: Sequence[Span],
) -> Score:
    """Hold what was found and silenced against the truth.

    Args:
        swears: span, text and line of each.
        traps: the same.
        others: the spans of all other words.
        found: the spans that the program marked, and what it says of them.
        silent: as `silenced()` tells it.
        audible: where something can be heard in the copy.
    """
    marks = [span for span, _ in found]
    clean = [*others, *(span for span, _, _ in traps)]
    words = []
    for span, text, line in swears:
        heard = any(meets(mark, span) for mark in marks)
        with_it = [each for each in silent if overlap(each, span) > 0]
        covered = bool(with_it) and sum(overlap(each, span) for each in audible) <= LEAK
        among = sum(1 for other, _, _ in swears if any(overlap(each, other) > 0 for each in with_it)) or 1
        lost = sum(overlap(each, word) for each in with_it for word in clean)
        words.append(Word(text, span[0], line, heard, covered, lost / among))
    trap_hits = [f"{text}: {line}" for span, text, line in traps if any(meets(mark, span) for mark in marks)]
    planted = [span for span, _, _ in (*swears, *traps)]
    other_hits = [says for mark, says in found if not any(meets(mark, span) for span in planted)]
    return Score(tuple(words), len(traps), tuple(trap_hits), tuple(other_hits))


def meets(mark: Span, word: Span) -> bool:
    """Whether a mark is of a word: one holds the middle of the other."""
    return mark[0] <= sum(word) / 2 <= mark[1] or word[0] <= sum(mark) / 2 <= word[1]


def overlap(one: Span, other: Span) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def heard_in(levels: Iterable[tuple[float, float]], step: float) -> list[Span]:
    """Return where something is heard in the copy.

    Args:
        levels: the level of each step of film and copy: root mean square, full scale is 1.
        step: seconds.
    """
    there = [after > max(_FAINT * before, _SILENCE) for before, after in levels]
    return _runs(there, step)


def silenced(levels: Iterable[tuple[float, float]], step: float) -> list[Span]:
    """Return where the copy is silent though the film is not.

    A stretch goes on over what is silent in both; it begins and ends with something that was taken away.
    """
    known = list(levels)
    found = []
    for start, end in _runs([after <= max(_FAINT * before, _SILENCE) for before, after in known], step):
        first, last = round(start / step), round(end / step)
        taken = [place for place in range(first, last) if known[place][0] > _SILENCE]
        if taken:
            found.append((taken[0] * step, (taken[-1] + 1) * step))
    return found


def _runs(flags: Sequence[bool], step: float) -> list[Span]:
    edges = [place for place, (one, other) in enumerate(pairwise([False, *flags, False])) if one != other]
    return [(first * step, last * step) for first, last in zip(edges[::2], edges[1::2], strict=True)]


_SILENCE = 3e-4
"""Root mean square: -70 dBFS."""
_FAINT = 0.03
"""Of the film's level: 30 dB less."""
