from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.video_censor_personal.detectors.test_speech import demo_speech
from video_censor_personal.transcription.spoken_language import (
    ENOUGH,
    LONGEST,
    RATE,
    SpokenLanguage,
    most_likely,
    spoken_language,
)

KNOWN = ("de", "en", "es")
LONG, SHORT = ENOUGH + 1, ENOUGH - 1


@pytest.mark.parametrize(
    ("heard", "seconds", "tagged", "expected"),
    [
        pytest.param({"es": 0.9, "en": 0.1}, LONG, None, SpokenLanguage("es", 0.9), id="clear"),
        pytest.param(
            {"ru": 0.9, "en": 0.1}, LONG, None, SpokenLanguage("ru", 0.9), id="clear, whatever it is"
        ),
        pytest.param({"ru": 0.9, "en": 0.1}, SHORT, None, SpokenLanguage("en", 0.1), id="too short to tell"),
        pytest.param({"cy": 0.6, "es": 0.3}, LONG, None, SpokenLanguage("es", 0.3, True), id="unclear"),
        pytest.param({"cy": 0.6, "es": 0.3}, 0.0, None, SpokenLanguage("es", 0.3), id="nobody speaks"),
        pytest.param({"nn": 1.0}, 0.0, None, SpokenLanguage("de", 0.0), id="always the same one"),
        pytest.param(
            {"es": 0.85, "en": 0.1}, LONG, "en", SpokenLanguage("en", 0.1, True), id="the tag counts"
        ),
        pytest.param(
            {"es": 0.95, "en": 0.0}, LONG, "en", SpokenLanguage("es", 0.95), id="a tag that is wrong"
        ),
        pytest.param({"es": 0.95}, SHORT, "en", SpokenLanguage("en", 0.0), id="too short to contradict"),
        pytest.param({"en": 0.7, "es": 0.3}, LONG, "en", SpokenLanguage("en", 0.7), id="as tagged"),
        pytest.param({"uk": 0.6, "ru": 0.4}, LONG, "ru", SpokenLanguage("ru", 0.4, True), id="its neighbour"),
    ],
)
def test_what_is_taken_to_be_spoken(
    heard: Mapping[str, float], seconds: float, tagged: str | None, expected: SpokenLanguage
) -> None:
    assert most_likely(heard, seconds, tagged, KNOWN) == expected


def test_voices_of_the_whole_window_are_listened_to_and_pauses_are_not() -> None:
    given: list[NDArray[np.float32]] = []

    def listen(pcm: NDArray[np.float32]) -> Mapping[str, float]:
        given.append(pcm)
        return {"en": 0.9}

    speech, pause = demo_speech(27.0), np.zeros(20 * RATE, np.float32)
    window = np.concatenate([pause, speech, pause, -speech])
    assert spoken_language(window, listen, None, KNOWN) == SpokenLanguage("en", 0.9)
    (voice,) = given
    assert len(voice) <= LONGEST * RATE
    places = [piece.tobytes() for piece in (voice[: RATE // 2], voice[-RATE // 2 :])]
    assert places[0] in speech.tobytes()
    assert places[1] in (-speech).tobytes()


def test_a_window_without_a_voice_is_listened_to_all_the_same() -> None:
    """It may be sung."""
    given: list[int] = []

    def listen(pcm: NDArray[np.float32]) -> Mapping[str, float]:
        given.append(len(pcm))
        return {"es": 0.99}

    window = np.zeros(40 * RATE, np.float32)
    assert spoken_language(window, listen, None, KNOWN) == SpokenLanguage("es", 0.99)
    assert given == [LONGEST * RATE]
