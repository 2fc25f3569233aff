"""What becomes of words that may have been others: both readings of `second_look`, and the policy."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from video_censor_personal.findings.certainty import Certainty
from video_censor_personal.findings.observations import Observation
from video_censor_personal.transcription.second_look import INSTEAD, Reading
from video_censor_personal.words.lexicon import Lexicon, Match

HIDE, KEEP, BY_TIER = "hide", "keep", "by-tier"
WHEN_UNSURE = (BY_TIER, HIDE, KEEP)
_KEPT_TIERS = frozenset({"religious", "mild"})
"""Of these, an unsure word is left to a person, unless the config says otherwise."""
_LIKELIER = 0.5
"""Share of a reading on no list from which on it is believed rather than what was heard."""
_PHRASE = 8
"""Words on either side that may make a phrase with another reading."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`unsure`: the least share of another reading that makes a word unsure; `when_unsure`: what then."""

    unsure: float
    when_unsure: str

    def certainty(self, tier: str) -> Certainty:
        """Return how an unsure word of a tier counts."""
        keep = tier in _KEPT_TIERS if self.when_unsure == BY_TIER else self.when_unsure == KEEP
        return "doubtful" if keep else "sure"


@dataclass(frozen=True, slots=True)
class Found:
    """Words `first` to `last` (both included) of the transcript are an entry of a tier, or may be.

    `reading` is the other reading of some of them, if that matters: with `instead` it is what makes them the
    entry; else they are it as they were heard, and are not by that reading.
    """

    first: int
    last: int
    entry: str
    tier: str
    certainty: Certainty
    reading: Reading | None = None
    instead: bool = False

    def score(self, words: Sequence[Observation]) -> float:
        """Return how probable it is, given the words of the transcript."""
        if self.instead and self.reading:
            return self.reading.share
        # The best of a phrase: its small words ("of a") are heard badly and prove nothing.
        return max(word.score for word in words[self.first : self.last + 1])


def find(
    lexicon: Lexicon, words: Sequence[Observation], readings: Iterable[Reading], policy: Policy
) -> Iterator[Found]:
    """Yield what is on the list among words of which some have another reading, in their order.

    Args:
        lexicon: the list.
        words: in time order.
        readings: of these.
        policy: what is done where both readings are likely.
    """
    joined = {position for position, word in enumerate(words) if word.joined}
    heard = list(lexicon.find([word.text or "" for word in words], joined))
    unsure = [each for each in readings if each.share >= policy.unsure]
    unsure.sort(key=lambda each: -each.share)
    found = [_as_heard(match, lexicon, words, unsure, policy) for match in heard]
    taken = {at for match in heard for at in range(match.first, match.last + 1)}
    for reading in unsure:
        for match in _matches(lexicon, words, reading):
            span = range(match.first, match.last + 1)
            if taken.isdisjoint(span):
                taken.update(span)
                certainty = policy.certainty(match.tier)
                found.append(
                    Found(match.first, match.last, match.entry, match.tier, certainty, reading, instead=True)
                )
    yield from sorted(found, key=lambda each: each.first)


def readings_of(observations: Iterable[Observation], words: Sequence[Observation]) -> Iterator[Reading]:
    """Yield the other readings among observations, with the words that they may stand for.

    Args:
        observations: words and readings.
        words: those among them that are words, by their start.
    """
    starts = [word.start for word in words]
    for seen in observations:
        if seen.label != INSTEAD or not seen.text:
            continue
        first = bisect_left(starts, seen.start)
        if first == len(words) or starts[first] != seen.start:
            continue
        last = first
        while last + 1 < len(words) and starts[last + 1] < seen.end and words[last + 1].end <= seen.end:
            last += 1
        yield Reading(first, last, seen.text, seen.score)


def told(found: Found, words: Sequence[Observation]) -> str:
    """Return why something counts, for a person."""
    listed = f"'{found.entry}' is on the word list ({found.tier})"
    reading = found.reading
    if reading is None:
        return listed
    heard = " ".join(word.text or "" for word in words[reading.first : reading.last + 1])
    heard = heard.strip(' .,;:!?\u2026"')
    other = f"heard '{heard}' ({1 - reading.share:.2f}), may be '{reading.text}' ({reading.share:.2f})"
    return f"{other}; {listed}"


def _as_heard(
    match: Match, lexicon: Lexicon, words: Sequence[Observation], unsure: Iterable[Reading], policy: Policy
) -> Found:
    """A match of what was heard: unsure, if a reading that is likelier is on no list."""
    for reading in unsure:
        inside = match.first <= reading.first and reading.last <= match.last
        if inside and reading.share >= _LIKELIER and not any(True for _ in _matches(lexicon, words, reading)):
            certainty = policy.certainty(match.tier)
            return Found(match.first, match.last, match.entry, match.tier, certainty, reading)
    return Found(match.first, match.last, match.entry, match.tier, "sure")


def _matches(lexicon: Lexicon, words: Sequence[Observation], reading: Reading) -> Iterator[Match]:
    """The entries that the words would be with another reading in its place."""
    low = max(0, reading.first - _PHRASE)
    before, after = words[low : reading.first], words[reading.last + 1 : reading.last + 1 + _PHRASE]
    texts = [*(word.text or "" for word in before), reading.text, *(word.text or "" for word in after)]
    joined = {at for at, word in enumerate(before) if word.joined}
    joined |= {len(before) + 1 + at for at, word in enumerate(after) if word.joined}
    here = len(before)
    longer = reading.last - reading.first
    for match in lexicon.find(texts, joined):
        if match.first <= here <= match.last:
            last = low + match.last + longer
            yield Match(low + match.first, last, match.entry, match.tier)
