from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.video_censor_personal.detectors.test_speech import DEMO, demo_speech
from video_censor_personal.findings.observations import Observation
from video_censor_personal.transcription.align import RATE, Aligner, spelled

SENTENCE = ("Where", "the", "hell", "did", "you", "put", "the", "damn", "keys?")
BEGIN, END = 4.55, 6.95
"""Where the demo says the sentence, in seconds, roughly."""
DROWNED_FROM = 64
"""Tenths of a second."""
TRUTH = {
    word["word"]: (word["start_ms"] / 1000, word["end_ms"] / 1000)
    for word in json.loads((DEMO / "speech-truth.json").read_text(encoding="utf-8"))["words"]
}


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    return Aligner()


@pytest.fixture(scope="module")
def speech() -> NDArray[np.float32]:
    """The demo's first eight seconds."""
    return demo_speech(8.0)


def evenly(words: tuple[str, ...], begin: float, end: float) -> list[Observation]:
    """Words of equal length: a guess, and a poor one."""
    each = (end - begin) / len(words)
    return [
        Observation(begin + at * each, begin + (at + 1) * each, "word", 0.5, text)
        for at, text in enumerate(words)
    ]


@pytest.mark.parametrize("offset", [0.0, 3600.0])
def test_a_poor_guess_becomes_exact(aligner: Aligner, speech: NDArray[np.float32], offset: float) -> None:
    truth = json.loads((DEMO / "speech-truth.json").read_text(encoding="utf-8"))["words"][:2]
    guess = evenly(SENTENCE, offset + BEGIN, offset + END)
    exact = list(aligner.refine(guess, speech, offset))
    assert [(word.text, word.score) for word in exact] == [(word.text, word.score) for word in guess]
    for at, spoken in zip((2, 7), truth, strict=True):
        assert exact[at].start - offset == pytest.approx(spoken["start_ms"] / 1000, abs=0.04)
        assert exact[at].end - offset == pytest.approx(spoken["end_ms"] / 1000, abs=0.08)
    assert all(word.aligned for word in exact)
    for word, following in pairwise(exact):
        assert word.start < word.end <= following.start + 1e-9


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_where_nothing_is_said_the_times_stay(aligner: Aligner, level: float) -> None:
    noise = np.random.default_rng(2).uniform(-level, level, 8 * RATE).astype(np.float32)
    guess = evenly(("Where", "the", "hell"), 0.5, 7.5)
    assert list(aligner.refine(guess, noise, 0.0)) == guess


def test_a_word_found_far_away_is_not_believed(aligner: Aligner, speech: NDArray[np.float32]) -> None:
    late = evenly(SENTENCE, BEGIN, END)
    late[-2:] = [replace(word, start=word.start + 0.9, end=word.end + 0.9) for word in late[-2:]]
    assert list(aligner.refine(late, speech, 0.0))[-1] == late[-1]


def test_a_word_without_pronunciation_keeps_its_time(aligner: Aligner, speech: NDArray[np.float32]) -> None:
    guess = evenly(("Where", "the", "hell", "did", "you", "put", "1999", "zzqx", "keys?"), BEGIN, END)
    exact = list(aligner.refine(guess, speech, 0.0))
    assert exact[6:8] == guess[6:8]
    assert exact[2] != guess[2]
    assert [word.aligned for word in exact[6:8]] == [False, False]


def test_what_is_drowned_keeps_its_times_and_what_was_found_before_counts(
    aligner: Aligner, speech: NDArray[np.float32]
) -> None:
    drowned = speech.copy()
    silenced = len(speech) - DROWNED_FROM * RATE // 10
    drowned[-silenced:] = np.random.default_rng(5).normal(0, 0.1, silenced)
    guess = evenly(SENTENCE, BEGIN, END)
    exact = list(aligner.refine(guess, drowned, 0.0))
    held = [word.aligned for word in exact]
    assert held == sorted(held, reverse=True), "from where it lost its way, all keep their times"
    assert held[2]
    assert exact[2].start == pytest.approx(TRUTH["hell"][0], abs=0.04)
    assert not held[-1]
    assert exact[-1] == guess[-1]


@pytest.mark.parametrize("sound", [0, 1, 100])
def test_hardly_any_sound_changes_nothing(aligner: Aligner, sound: int) -> None:
    guess = [Observation(0.0, 0.0, "word", 0.5, "hell")]
    assert list(aligner.refine(guess, np.zeros(sound, dtype=np.float32), 0.0)) == guess


def test_no_words_are_no_words(aligner: Aligner, speech: NDArray[np.float32]) -> None:
    assert list(aligner.refine([], speech, 0.0)) == []


def test_a_phrase_comes_before_the_next_is_heard(aligner: Aligner, speech: NDArray[np.float32]) -> None:
    heard: list[str] = []

    def hearing() -> Iterator[Observation]:
        for word in (*evenly(SENTENCE, BEGIN, END), Observation(7.5, 7.9, "word", 0.5, "Hello")):
            heard.append(word.text or "")
            yield word

    refined = aligner.refine(hearing(), speech, 0.0)
    assert next(refined).text == "Where"
    assert heard == [*SENTENCE, "Hello"]
    assert [word.text for word in refined] == [*SENTENCE[1:], "Hello"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Damn,", ["damn"]),
        ("half-assed", ["half", "assed"]),
        ("don\u2019t!", ["don't"]),
        ("\u201chell\u201d", ["hell"]),
        ("1999", []),
        ("$5", []),
        ("caf\u00e9", []),
        ("...", []),
    ],
)
def test_spelling(text: str, words: list[str]) -> None:
    assert spelled(Observation(0, 1, "word", 1, text)) == words
