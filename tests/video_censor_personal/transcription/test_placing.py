"""Where a written word is said: where it was heard, aligned, or by its share of the line."""

from __future__ import annotations

from typing import Any

import pytest

from video_censor_personal.findings.observations import Observation
from video_censor_personal.transcription.placing import AROUND_ALIGNED, AROUND_ALIKE, CueWords, Place, place


def heard(*words: str, start: float = 10.0, each: float = 0.4) -> list[Observation]:
    """Words one after the other, `each` seconds long; one that is empty is a pause."""
    times = [start + number * each for number in range(len(words))]
    return [
        Observation(at, at + each, "word", 0.9, word) for at, word in zip(times, words, strict=True) if word
    ]


def cue(text: str, start: float = 10.0, end: float = 13.0) -> CueWords:
    return CueWords(start, end, tuple(text.split()))


def placed(text: str, word: str, said: list[Observation]) -> Place:
    line = cue(text)
    return place([line], said, 0)[line.words.index(word)]


def at(number: int, count: int = 1, start: float = 10.0, each: float = 0.4) -> tuple[Any, Any]:
    """Where words `number` to `number + count` of `heard` are."""
    return pytest.approx(start + number * each), pytest.approx(start + (number + count) * each)


EXACT = {
    "the word": ("where the hell are you", "hell", ("Where", "the", "hell", "are", "you?")),
    "in another case": ("where the HELL, man", "HELL,", ("where", "the", "Hell", "man")),
    "masked": ("where the h*ll are you", "h*ll", ("where", "the", "hell", "are", "you")),
    "between words that were not heard so": (
        "what the hell is it",
        "hell",
        ("walk", "a", "hell", "this", "at"),
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_a_word_that_was_heard_is_where_it_was_heard(name: str) -> None:
    text, word, said = EXACT[name]
    there = heard(*said)
    found = placed(text, word, there)
    assert (found.start, found.end, found.heard) == (*at(2), there[2])


def test_of_two_that_are_the_same_each_is_its_own() -> None:
    line = cue("no damn way damn it")
    places = place([line], heard("no", "damn", "way", "damn", "it"), 0)
    assert [(each.start, each.end) for each in places] == [at(number) for number in range(5)]


def test_the_same_word_in_the_next_line_is_not_taken_for_it() -> None:
    lines = [cue("you are damn right", 10.0, 12.0), cue("and damn proud", 12.0, 13.5)]
    said = heard("you", "are", "down", "right", "", "and", "damn", "proud")
    (_, _, damn, _), (_, other, _) = (place(lines, said, number) for number in range(2))
    assert (damn.start, damn.end) == at(2)
    assert (other.start, other.end) == at(6)


INSTEAD = {
    "one that sounds like it": (
        "oh shit he is here",
        "shit",
        ("oh", "sheet", "he", "is", "here"),
        at(1),
        "sheet",
    ),
    "quite another": ("you bastard get out", "bastard", ("you", "vast", "get", "out"), at(1), "vast"),
    "two": ("you bollocks get out", "bollocks", ("you", "lot", "box", "get", "out"), at(1, 2), "lot box"),
    "a word that is not written": ("you ■ get out", "■", ("you", "fucker", "get", "out"), at(1), "fucker"),
}


@pytest.mark.parametrize("name", INSTEAD)
def test_what_was_heard_in_its_place_tells_where_it_is(name: str) -> None:
    text, word, said, span, told = INSTEAD[name]
    found = placed(text, word, heard(*said))
    assert (found.start, found.end) == span
    assert told in found.how
    assert found.margin == AROUND_ALIKE


def test_a_word_that_nobody_heard_is_between_those_that_were() -> None:
    found = placed("you are a goddamn liar", "goddamn", heard("you", "are", "a", "", "", "liar"))
    low, high = found.start - found.margin[0], found.end + found.margin[1]
    assert low <= 11.2
    assert high >= 12.0
    assert found.start >= 11.2 - 1e-9
    assert found.end <= 12.0 + 1e-9


def test_a_word_without_room_is_where_the_room_should_be() -> None:
    found = placed("you are a goddamn liar", "goddamn", heard("you", "are", "a", "liar"))
    assert found.start < 11.2 < found.end


def test_what_was_aligned_counts_where_nothing_was_heard() -> None:
    spans = tuple((10.5 + number / 2, 10.8 + number / 2) for number in range(4))
    found = place([CueWords(10.0, 13.0, ("get", "the", "hell", "out"), spans)], [], 0)[2]
    assert (found.start, found.end, found.margin) == (*spans[2], AROUND_ALIGNED)


def test_what_was_aligned_elsewhere_than_it_was_heard_does_not_count() -> None:
    spans = tuple((11.5 + number / 4, 11.7 + number / 4) for number in range(4))
    line = CueWords(10.0, 13.0, ("get", "the", "hell", "out"), spans)
    found = place([line], heard("get", "the", "", "out", start=10.0), 0)[2]
    assert found.end <= 11.3


@pytest.mark.parametrize("rate", [10.0, 14.0, 19.0])
@pytest.mark.parametrize("number", range(8))
def test_alone_the_line_tells_where_its_words_are_however_fast_it_is_spoken(rate: float, number: int) -> None:
    words = ["I", "told", "you", "that", "bastard", "stole", "my", "lunch"]
    letters = len(" ".join(words))
    line = CueWords(20.0, 20.0 + letters / rate + 0.4, tuple(words))
    before = len(" ".join(words[:number])) + (number > 0)
    start, end = 20.0 + before / rate, 20.0 + (before + len(words[number])) / rate
    found = place([line], [], 0)[number]
    assert found.start - found.margin[0] <= start
    assert found.end + found.margin[1] >= end
    assert found.end - found.start < end - start + letters / rate / 2 + 0.4


def test_a_line_that_stays_long_is_not_hidden_as_a_whole() -> None:
    found = place([CueWords(20.0, 27.0, ("Oh", "shit!"))], [], 0)[1]
    assert found.end + found.margin[1] < 22.0


def test_a_line_whose_words_were_heard_later_is_later() -> None:
    line = cue("well you are a goddamn liar my friend", 10.0, 12.0)
    said = heard("well", "you", "are", "a", "", "", start=11.2)
    found = place([line], said, 0)[4]
    assert found.start >= 12.8 - 1e-9
    assert found.end > 12.8


def test_a_word_at_the_end_of_what_was_heard_is_what_comes_next() -> None:
    found = placed("get out of here bastard", "bastard", heard("get", "out", "of", "here", "vast"))
    assert (found.start, found.end, found.margin) == (*at(4), AROUND_ALIKE)


def test_what_sounds_like_it_elsewhere_is_not_taken_for_it() -> None:
    found = placed("go to hell", "hell", heard("hello", start=13.5))
    assert found.end < 13.0
