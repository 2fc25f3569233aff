from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.video_censor_personal.detectors.installed import installed
from tests.video_censor_personal.detectors.test_speech import DEMO, demo_speech
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.detectors.speech import SpeechDetector
from video_censor_personal.findings.coverage import DOUBTFUL, Span
from video_censor_personal.findings.observations import Observation
from video_censor_personal.transcription.second_pass import RATE, doubtful, hear_again, levelled

Pcm = NDArray[np.float32]
SECONDS = 28.0


def word(start: float, end: float, text: str = "word") -> Observation:
    return Observation(start, end, "word", 0.9, text)


STRETCHES: dict[
    str, tuple[list[tuple[float, float]], list[tuple[float, float]], list[tuple[float, float]]]
] = {
    "a voice all through": ([(10, 20)], [(9, 22)], [(10, 20)]),
    "no voice": ([(10, 20)], [(2, 9), (21, 30)], []),
    "a short cry": ([(10, 20)], [(12, 14)], []),
    "in pieces that are near": ([(10, 30)], [(11, 13), (14, 16), (17.5, 18.5)], [(11, 18.5)]),
    "in pieces far apart": ([(10, 40)], [(11, 13), (16, 18), (21, 23)], []),
    "two stretches": ([(10, 40)], [(11, 15), (25, 30)], [(11, 15), (25, 30)]),
    "two silences": ([(0, 5), (10, 15)], [(0, 20)], [(0, 5), (10, 15)]),
}


@pytest.mark.parametrize("name", STRETCHES)
def test_where_a_voice_gave_no_words(name: str) -> None:
    silent, voices, expected = STRETCHES[name]

    found = doubtful([Span(*each) for each in silent], [Span(*each) for each in voices])

    assert found == tuple(Span(*each) for each in expected)


def heard(words: list[Observation], found: list[Observation]) -> list[Observation]:
    """What a second hearing of the demo's speech adds, when it finds these words there."""
    return list(hear_again(words, demo_speech(SECONDS), 100.0, lambda _pcm, _start: found))


def test_a_voice_of_which_nothing_is_understood_twice_is_reported() -> None:
    (seen,) = heard([], [])

    assert seen.label == DOUBTFUL
    assert seen.start == pytest.approx(101.0, abs=1.1)
    assert seen.end == pytest.approx(127.0, abs=1.1)


def test_where_words_were_written_nobody_listens_again() -> None:
    written = [word(100 + at, 100.4 + at) for at in np.arange(0.0, 27.5, 2.0).tolist()]

    assert heard(written, [word(110.0, 111.0)]) == []


def test_a_word_stretched_over_what_was_not_understood_hides_nothing() -> None:
    assert [each.label for each in heard([word(100.0, 128.0)], [])] == [DOUBTFUL]


def test_what_the_second_hearing_finds_is_kept_and_ends_the_doubt() -> None:
    found = [word(100 + at, 100.3 + at) for at in np.arange(1.0, 27.0, 1.0).tolist()]

    assert heard([], found) == found


@pytest.mark.parametrize("seconds", [0.05, 1.0, 3.9])
def test_short_windows_are_heard_once(seconds: float) -> None:
    pcm = demo_speech(8.0)[-round(seconds * RATE) :]

    assert list(hear_again([], pcm, 0.0, lambda _pcm, _start: [word(0.0, 0.1)])) == []


def test_what_is_quiet_becomes_as_loud_as_what_is_loud() -> None:
    tone = np.sin(2 * np.pi * 300 * np.arange(4 * RATE) / RATE).astype(np.float32)
    tone[2 * RATE :] *= np.float32(0.003)

    even = levelled(tone * np.float32(0.5))

    loud, quiet = (
        float(np.sqrt(np.mean(part**2))) for part in (even[RATE // 2 : RATE], even[3 * RATE : -RATE // 2])
    )
    assert loud == pytest.approx(quiet, rel=0.5)
    assert np.abs(even).max() <= 1.0
    assert not levelled(np.zeros(RATE, dtype=np.float32)).any()


def test_quiet_words_behind_loud_ones_are_heard(whisper_dir: Path) -> None:
    truth = json.loads((DEMO / "speech-truth.json").read_text(encoding="utf-8"))["words"]
    pcm = demo_speech(SECONDS) * np.float32(0.9)
    quiet_from = 9.0
    pcm[round(quiet_from * RATE) :] *= np.float32(10 ** (-48 / 20))
    kind = detector_type("speech")
    detector = SpeechDetector(kind.complete({}))
    detector.open(installed(whisper_dir))

    found = [seen for seen in detector.observe(pcm, 0.0) if seen.label == "word"]

    detector.close()
    quiet = [each for each in truth if each["start_ms"] / 1000 > quiet_from]
    assert len(quiet) >= 4
    for each in quiet:
        middle = (each["start_ms"] + each["end_ms"]) / 2000
        near = [seen.text or "" for seen in found if seen.start - 0.3 < middle < seen.end + 0.3]
        assert each["word"] in " ".join(near).lower()
