from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from tests.video_censor_personal.detectors.installed import installed
from tests.video_censor_personal.detectors.test_speech import decide, demo_speech
from video_censor_personal.detectors.speech import SpeechDetector
from video_censor_personal.findings.observations import Observation
from video_censor_personal.transcription.align import Aligner
from video_censor_personal.transcription.second_look import (
    INSTEAD,
    LEAST_SHARE,
    HalfMinute,
    Reading,
    SecondLook,
    listened_for,
    placed,
)

SECONDS = 26.0


class Heard:
    """The demo's speech as tiny.en hears it, and a second look at it."""

    def __init__(self, whisper: Path) -> None:
        from faster_whisper import WhisperModel

        model = WhisperModel(str(whisper), device="cpu", compute_type="int8", local_files_only=True)
        self.look = SecondLook(model, listened_for(), Aligner())
        segments, _ = model.transcribe(demo_speech(SECONDS), language="en", word_timestamps=True)
        _, spoken = next(groupby(segments, key=lambda segment: segment.seek))
        encoded = self.look.encoded()
        self.half = HalfMinute(
            [
                Observation(word.start, word.end, "word", word.probability, word.word.strip())
                for segment in spoken
                for word in segment.words or ()
            ],
            encoded,
            0.0,
        )

    def at(self, word: str) -> int:
        """The position of a word."""
        texts = [(each.text or "").lower().strip(".,?") for each in self.half.words]
        return texts.index(word)

    def as_if(self, word: str, written: str, probability: float = 0.5) -> list[Reading]:
        """The readings, had the recogniser been unsure of a word and written others in its place."""
        words = [replace(each, score=0.99) for each in self.half.words]
        there, parts = self.at(word), written.split()
        length = (words[there].end - words[there].start) / len(parts)
        words[there : there + 1] = [
            Observation(
                words[there].start + length * nth,
                words[there].start + length * (nth + 1),
                "word",
                probability,
                part,
            )
            for nth, part in enumerate(parts)
        ]
        return list(self.look.readings(replace(self.half, words=words)))


@pytest.fixture(scope="module")
def heard(whisper_dir: Path) -> Heard:
    return Heard(whisper_dir)


@pytest.mark.parametrize(
    ("said", "written", "may_be"),
    [
        ("hell", "hull", "hell"),
        ("damn", "dam", "damn"),
        ("damn", "dime", "damn"),
        ("bastard", "mastered", "bastard"),
        ("bullshit", "bull sheet", "bullshit"),
    ],
)
def test_a_swear_that_was_written_as_its_neighbour_is_found(
    heard: Heard, said: str, written: str, may_be: str
) -> None:
    readings = heard.as_if(said, written)
    likeliest = max(readings, key=lambda each: each.share)
    assert (likeliest.text, likeliest.share > 0.5) == (may_be, True)
    there = heard.at(said)
    assert (likeliest.first, likeliest.last) == (there, there + len(written.split()) - 1)


@pytest.mark.parametrize(
    ("said", "written"), [("class", "crass"), ("pass", "piss"), ("glass", "ass"), ("lunch", "bitch")]
)
def test_a_swear_in_the_place_of_a_clean_word_is_far_less_likely_than_that(
    heard: Heard, said: str, written: str
) -> None:
    assert all(reading.share < 0.2 for reading in heard.as_if(said, said) if reading.text == written)


def test_a_clean_word_heard_as_a_swear_is_put_right(heard: Heard) -> None:
    likeliest = max(heard.as_if("pass", "piss"), key=lambda each: each.share)
    assert (likeliest.text, likeliest.share > 0.5) == ("pass", True)


def test_what_is_surely_heard_is_not_looked_at(heard: Heard) -> None:
    assert heard.as_if("hell", "hull", 0.95) == []
    assert list(heard.look.readings(replace(heard.half, encoded=None))) == []
    assert list(heard.look.readings(replace(heard.half, words=[]))) == []


def test_parts_of_a_word_are_left_alone(heard: Heard) -> None:
    there = heard.at("damn")
    words = [replace(each, score=0.99) for each in heard.half.words]
    for joined in (there, there + 1):
        pieces = [replace(each, joined=at == joined) for at, each in enumerate(words)]
        pieces[there] = replace(pieces[there], text="dam", score=0.5)
        assert list(heard.look.readings(replace(heard.half, words=pieces))) == []


def test_words_without_pronunciation_or_letters_are_left_alone(heard: Heard) -> None:
    for odd in ("1999", "…", "xqzzt", "données"):
        assert heard.as_if("damn", odd) == []


def test_shares_are_shares_and_the_sound_does_not_depend_on_the_time(heard: Heard) -> None:
    readings = heard.as_if("damn", "dam")
    assert all(LEAST_SHARE <= reading.share <= 1.0 for reading in readings)
    later = [replace(each, start=each.start + 64, end=each.end + 64) for each in heard.half.words]
    there = heard.at("damn")
    later[there] = replace(later[there], text="dam", score=0.5)
    (found,) = (
        each
        for each in heard.look.readings(HalfMinute(later, heard.half.encoded, 64.0))
        if (each.first, each.text) == (there, "damn")
    )
    (same,) = (each for each in readings if each.text == "damn")
    assert found.share == pytest.approx(same.share, rel=1e-3)


def test_a_reading_takes_the_times_of_what_it_stands_for() -> None:
    words = [
        Observation(1.0, 1.4, "word", 0.5, "oh", aligned=True),
        Observation(1.5, 1.8, "word", 0.5, "dumb", aligned=True),
        Observation(1.8, 2.2, "word", 0.5, "best"),
    ]
    assert placed(Reading(0, 1, "dumbass", 0.3).moved(1), words) == Observation(
        1.5, 2.2, INSTEAD, 0.3, "dumbass"
    )
    assert placed(Reading(0, 0, "ow", 0.3), words).aligned


@pytest.mark.parametrize(
    ("own", "there", "not_there"),
    [
        ((), {"shit", "damn", "damned", "goddamn", "fag"}, {"jesus", "hello", "son of a bitch"}),
        (("Frick ",), {"shit", "frick"}, {"Frick "}),
    ],
)
def test_the_words_listened_for(own: tuple[str, ...], there: set[str], not_there: set[str]) -> None:
    words = set(listened_for(own))
    assert there <= words
    assert words.isdisjoint(not_there)


def test_observations_depend_on_what_is_listened_for() -> None:
    def key(**parameters: object) -> object:
        return SpeechDetector.depends_on(SpeechDetector.complete(parameters))

    usual = key()
    assert usual != key(listen_for=("frick",))
    assert usual == key(words=("frick",), unsure=0.5, when_unsure="hide")
    assert usual == key(language="auto")
    none = key(second_look=False)
    assert usual != none
    assert (
        none == key(vad=True) == key(language="es", words=("x",)) == key(second_look=False, listen_for=("x",))
    )


def test_the_detector_stores_readings_and_hears_the_same_words_without(whisper_dir: Path) -> None:
    pcm = demo_speech(SECONDS)
    seen = {}
    for second_look in (True, False):
        detector = SpeechDetector({"second_look": second_look})
        detector.open(installed(whisper_dir))
        seen[second_look] = list(detector.observe(pcm, 30.0))
        detector.close()
    readings = [each for each in seen[True] if each.label == INSTEAD]
    assert readings
    assert [each for each in seen[True] if each.label != INSTEAD] == seen[False]
    words = [each for each in seen[False] if each.label == "word"]
    starts, ends = {word.start for word in words}, {word.end for word in words}
    assert all(each.start in starts and each.end in ends and each.text for each in readings)
    assert {hit.label for hit in decide(seen[False])} <= {
        hit.label for hit in decide(seen[True], when_unsure="hide", unsure=LEAST_SHARE)
    }
