from __future__ import annotations

from pathlib import Path

import pytest

from video_censor_personal.detectors.base import Judgement
from video_censor_personal.detectors.speech import SpeechDetector
from video_censor_personal.findings.observations import Hit, Observation


def said(text: str, *readings: tuple[str, str, float]) -> list[Observation]:
    """Words half a second apart, and other readings of some: (heard, may be, share)."""
    words = [Observation(at * 0.5, at * 0.5 + 0.4, "word", 0.6, word) for at, word in enumerate(text.split())]
    found = list(words)
    for heard, other, share in readings:
        parts = heard.split()
        first = next(at for at in range(len(words)) if [w.text for w in words[at:]][: len(parts)] == parts)
        start, end = words[first].start, words[first + len(parts) - 1].end
        found.append(Observation(start, end, "instead", share, other))
    return found


def decide(observations: list[Observation], **parameters: object) -> list[Hit]:
    terms = Judgement("ears", ("Profanity",), SpeechDetector.complete(parameters), 1.0, 100.0)
    return list(SpeechDetector.decide(observations, terms))


@pytest.mark.parametrize(
    ("observations", "parameters", "expected"),
    [
        # A swear that may have been missed.
        (said("Oh sheet, run", ("sheet,", "shit", 0.3)), {}, [("shit", "sure")]),
        (said("Oh sheet, run", ("sheet,", "shit", 0.29)), {}, []),
        (said("Oh sheet, run", ("sheet,", "shit", 0.29)), {"unsure": 0.1}, [("shit", "sure")]),
        (said("Oh sheet, run", ("sheet,", "shit", 0.3)), {"when_unsure": "keep"}, [("shit", "doubtful")]),
        (said("the crab out of", ("crab", "crap", 0.3)), {}, [("crap", "doubtful")]),
        (said("the crab out of", ("crab", "crap", 0.3)), {"when_unsure": "hide"}, [("crap", "sure")]),
        (said("the spec there", ("spec", "spic", 0.3)), {}, [("spic", "sure")]),
        (said("you dumb best, go", ("dumb best,", "dumbass", 0.3)), {}, [("dumbass", "doubtful")]),
        # One that may be none.
        (said("the damn broke", ("damn", "dam", 0.6)), {}, [("damn", "doubtful")]),
        (said("the damn broke", ("damn", "dam", 0.6)), {"when_unsure": "hide"}, [("damn", "sure")]),
        (said("the damn broke", ("damn", "dam", 0.49)), {}, [("damn", "sure")]),
        (said("a bitch the tent", ("bitch", "pitch", 0.9)), {}, [("bitch", "sure")]),
        (said("a bitch the tent", ("bitch", "pitch", 0.7)), {"when_unsure": "keep"}, [("bitch", "doubtful")]),
        # The list decides what either reading is worth.
        (said("what the damn", ("damn", "dang", 0.6)), {"words": ["dang"]}, [("damn", "sure")]),
        (said("oh sheet, run", ("sheet,", "shit", 0.3)), {"allow": ["shit"]}, []),
        (said("oh sheet, run", ("sheet,", "shit", 0.3)), {"tiers": ["mild"]}, []),
        (said("that brick there", ("brick", "frick", 0.3)), {"words": ["frick"]}, [("frick", "sure")]),
        (said("that brick there", ("brick", "frick", 0.3)), {}, []),
        # Phrases are found, and protect, with the other reading in its place.
        (said("you sun of a beach now", ("beach", "bitch", 0.3)), {}, [("bitch", "sure")]),
        (said("you son of a beach now", ("beach", "bitch", 0.3)), {}, [("son of a bitch", "sure")]),
        (said("deck Van Dyke danced", ("deck", "dick", 0.5)), {"tiers": ["mild"]}, []),
        (said("it was bull sheet then", ("sheet", "shit", 0.3)), {}, [("bull shit", "sure")]),
        # Several readings of one place are one hit: the likeliest that counts.
        (said("oh chit", ("chit", "tit", 0.35), ("chit", "shit", 0.4)), {}, [("shit", "sure")]),
        (
            said("oh chit", ("chit", "tit", 0.35), ("chit", "shit", 0.4)),
            {"tiers": ["mild"]},
            [("tit", "doubtful")],
        ),
        (
            said("dumb best", ("best", "ass", 0.3), ("dumb best", "dumbass", 0.4)),
            {},
            [("dumbass", "doubtful")],
        ),
        # A reading counts by its share where a probability is asked for.
        (said("oh sheet, run", ("sheet,", "shit", 0.3)), {"threshold": 0.4}, []),
    ],
)
def test_what_becomes_of_two_readings(
    observations: list[Observation], parameters: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    assert [(hit.label, hit.certainty) for hit in decide(observations, **parameters)] == expected


def test_a_hit_tells_both_readings_and_spans_what_was_heard() -> None:
    (hit,) = decide(said("oh dumb best, go", ("dumb best,", "dumbass", 0.32)))
    assert (
        hit.reason
        == "heard 'dumb best' (0.68), may be 'dumbass' (0.32); 'dumbass' is on the word list (mild)"
    )
    assert (hit.start, hit.end, hit.text, hit.score) == (0.5, 1.4, "dumb best,", 0.32)
    (hit,) = decide(said("the damn broke", ("damn", "dam", 0.6)))
    assert hit.reason == "heard 'damn' (0.40), may be 'dam' (0.60); 'damn' is on the word list (mild)"
    assert (hit.start, hit.end, hit.text, hit.score) == (0.5, 0.9, "damn", 0.6)


def test_hits_stay_in_time_order() -> None:
    hits = decide(said("oh sheet, what the hell and shit", ("sheet,", "shit", 0.3)))
    assert [hit.label for hit in hits] == ["shit", "hell", "shit"]


def test_a_reading_of_no_word_is_no_hit() -> None:
    stray = [
        Observation(7.0, 7.4, "instead", 0.9, "shit"),
        Observation(0.1, 0.2, "instead", 0.9, "shit"),
        Observation(0.5, 0.9, "instead", 0.9),
    ]
    assert decide([*said("oh sheet there"), *stray]) == []


def test_words_without_length_keep_their_readings() -> None:
    words = [Observation(1.0, 1.0, "word", 0.5, "sheet"), Observation(1.0, 1.3, "word", 0.5, "then")]
    (hit,) = decide([*words, Observation(1.0, 1.0, "instead", 0.5, "shit")])
    assert (hit.start, hit.end, hit.text) == (1.0, 1.0, "sheet")


def test_a_word_list_of_another_language_can_use_them(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("frick\n", encoding="utf-8")
    (hit,) = decide(said("that brick there", ("brick", "frick", 0.3)), word_file=str(own))
    assert hit.label == "frick"
