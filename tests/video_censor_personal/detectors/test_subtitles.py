"""Which words of subtitles count, and where, for all that is known of the speech."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from video_censor_personal.detectors.base import Judgement
from video_censor_personal.detectors.subtitles import CUE, FOUND, SubtitlesDetector
from video_censor_personal.findings.observations import Hit, Observation
from video_censor_personal.media.subtitles import Cue


def written(*lines: str, start: float = 10.0, each: float = 2.0) -> list[Observation]:
    return [
        Observation(start + number * each, start + (number + 1) * each, CUE, 1.0, text)
        for number, text in enumerate(lines)
    ]


def decide(seen: Sequence[Observation], heard: Sequence[Observation] = (), **parameters: Any) -> list[Hit]:
    judgement = Judgement(
        "subs",
        ("Profanity",),
        SubtitlesDetector.complete(parameters),
        step=1.0,
        duration=60.0,
        source="film.en.srt",
        heard=tuple(heard),
    )
    return list(SubtitlesDetector.decide(seen, judgement))


def test_the_word_list_decides_which_words_count() -> None:
    (hit,) = decide(written("where the hell", "is the shell"))
    assert (hit.label, hit.text, hit.category, hit.detector, hit.score) == (
        "hell",
        "hell",
        "Profanity",
        "subs",
        1,
    )
    assert "film.en.srt" in hit.reason
    assert hit.certainty == "sure"


@pytest.mark.parametrize(
    ("parameters", "labels"),
    [
        ({}, ["shit", "damn"]),
        ({"tiers": ("strong",)}, ["shit"]),
        ({"words": ("sailor",)}, ["shit", "damn", "sailor"]),
        ({"allow": ("damn",)}, ["shit"]),
        ({"threshold": 0.95}, ["damn"]),
    ],
)
def test_the_keys_of_the_list_count(parameters: dict[str, Any], labels: list[str]) -> None:
    found = decide(written("oh sh*t, damn sailor"), **parameters)
    assert [hit.label for hit in found] == labels


def test_a_phrase_goes_on_in_the_next_line() -> None:
    (hit,) = decide(written("you son of a", "bitch"))
    assert hit.label == "son of a bitch"
    assert hit.start < 12.0 < hit.end


def test_a_phrase_does_not_go_on_after_a_pause() -> None:
    lines = [*written("you son of a"), *written("bitch", start=40.0)]
    assert [hit.label for hit in decide(lines)] == ["bitch"]


def test_a_word_that_the_speech_knows_has_its_times_and_margin() -> None:
    heard = [Observation(11.0, 11.3, "word", 0.4, "hell", aligned=True)]
    (hit,) = decide(written("where the hell"), heard)
    assert (hit.start, hit.end, hit.margin) == (11.0, 11.3, (0.07, 0.1))


def test_a_word_that_was_heard_as_another_is_hidden_all_the_same() -> None:
    heard = [
        Observation(10.2 + number / 2, 10.6 + number / 2, "word", 0.99, word)
        for number, word in enumerate(("where", "the", "heck", "is", "it"))
    ]
    (hit,) = decide(written("where the hell is it"), heard)
    assert (hit.start, hit.end, hit.certainty) == (11.2, 11.6, "sure")
    assert "'heck'" in hit.reason


def test_a_word_that_is_not_written_out_is_hidden() -> None:
    (hit,) = decide(written("you \u25a0 fool"))
    assert (hit.label, hit.certainty) == ("bleep", "sure")


def test_where_somebody_curses_a_person_has_to_look() -> None:
    (hit,) = decide(written("\u25a1"))
    assert (hit.label, hit.certainty) == ("curses", "doubtful")


def test_words_that_were_aligned_belong_to_the_line_before_them() -> None:
    spans = [(10.3, 10.5), (10.6, 10.7), (11.4, 11.8)]
    found = [
        Observation(start, end, FOUND, 1.0, word, aligned=True)
        for (start, end), word in zip(spans, ("where", "the", "hell"), strict=True)
    ]
    (hit,) = decide([*written("where the hell"), *found])
    assert (hit.start, hit.end) == (11.4, 11.8)
    (guessed,) = decide([*written("where the hell"), *found[:2]])
    assert (guessed.start, guessed.end) != (11.4, 11.8)


def test_what_is_no_speech_is_not_observed() -> None:
    cues = [Cue(1.0, 2.0, "[door slams]"), Cue(3.0, 4.0, "MAN: Oh, <i>hell</i>."), Cue(5.0, 6.0, "\u266a")]
    seen = list(SubtitlesDetector().observe(cues, None, 0.0))
    assert seen == [Observation(3.0, 4.0, CUE, 1.0, "Oh, hell.")]


def test_what_was_read_by_an_earlier_run_is_not_read_again() -> None:
    cues = [Cue(float(second), second + 0.5, f"line {second}") for second in range(5)]
    seen = list(SubtitlesDetector().observe(cues, None, 2.0))
    assert [each.start for each in seen] == [2.0, 3.0, 4.0]


def test_without_a_word_list_it_can_find_nothing() -> None:
    assert "no word list" in (
        SubtitlesDetector.misconfigured(SubtitlesDetector.complete({"language": "tlh"})) or ""
    )
    given = SubtitlesDetector.complete({"language": "tlh", "words": ("petaq",)})
    assert SubtitlesDetector.misconfigured(given) is None
