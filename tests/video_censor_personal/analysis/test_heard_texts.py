"""Real speech, real subtitles: each listed word is hidden, whoever knows it, and little more."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.media_clips import Clip, Track, make_clip, recorded
from tests.video_censor_personal.detectors.installed import installed
from tests.video_censor_personal.detectors.test_speech import DEMO, RATE, demo_speech
from video_censor_personal.analysis import Analyser, AnalysisRequest, AnalysisResult, EnabledDetector
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.media.probe import Film

SECONDS = 27.7
TRUTH = json.loads((DEMO / "speech-truth.json").read_text(encoding="utf-8"))
WORDS = [(each["word"], each["start_ms"] / 1000, each["end_ms"] / 1000) for each in TRUTH["words"]]
SHOWN = (
    (0.3, 3.9),
    (4.6, 6.9),
    (7.6, 10.3),
    (11.0, 13.2),
    (13.8, 17.0),
    (17.6, 20.0),
    (20.6, 24.2),
    (24.8, 27.2),
)
"""When the sentences are shown."""


def srt(shift: float = 0.0) -> str:
    def stamp(time: float) -> str:
        return f"00:00:{time + shift:06.3f}".replace(".", ",")

    cues = zip(SHOWN, TRUTH["sentences"], strict=True)
    return "\n".join(f"{stamp(start)} --> {stamp(end)}\n{text}\n" for (start, end), text in cues)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sound = recorded(demo_speech(SECONDS)[None] * np.float32(0.5), RATE)
    track = Track("flac", "mono", rate=RATE, sound=sound)
    path = tmp_path_factory.mktemp("heard") / "film.mkv"
    return make_clip(path, Clip(seconds=SECONDS, size=(64, 48), rate=2, audio=(track,)))


def analysed(film: Path, text: str, model: Path | None, **parameters: object) -> AnalysisResult:
    (film.parent / "film.srt").write_text(text)
    detectors = [EnabledDetector("reader", detector_type("subtitles"), None, (), parameters)]
    if model is not None:
        detectors.append(EnabledDetector("speech", detector_type("speech"), "whisper", (), {"beam_size": 1}))
    analyser = Analyser(film.parent / "cache", lambda _: installed(model or Path()))
    return analyser.analyse(AnalysisRequest(Film(film), tuple(detectors)))


def hidden(result: AnalysisResult) -> list[tuple[str, float, float]]:
    """Each segment with the margins of what was detected."""
    return [
        (
            segment.labels[1],
            min(hit.start - (hit.margin or (0, 0))[0] for hit in segment.detections),
            max(hit.end + (hit.margin or (0, 0))[1] for hit in segment.detections),
        )
        for segment in result.segments
    ]


def assert_covered(found: list[tuple[str, float, float]], most_around: float) -> None:
    """Each word is hidden as a whole, and of what is around it no more than so many seconds."""
    assert [label for label, _, _ in found] == [word for word, _, _ in WORDS]
    for (_, low, high), (word, start, end) in zip(found, WORDS, strict=True):
        assert low <= start, word
        assert high >= end, word
        assert (start - low) + (high - end) <= most_around, word


@pytest.mark.parametrize("shift", [0.0, 4.0])
def test_what_both_know_is_hidden_as_the_speech_has_it(film: Path, whisper_dir: Path, shift: float) -> None:
    result = analysed(film, srt(shift), whisper_dir)
    assert_covered(hidden(result), 0.5)
    assert [{hit.detector for hit in each.detections} for each in result.segments] == [
        {"speech", "reader"}
    ] * 6
    assert len(result.warnings) == (shift > 0)


def test_without_speech_words_are_found_in_the_sound(film: Path) -> None:
    result = analysed(film, srt(), None)
    assert_covered(hidden(result), 0.6)
    assert all("aligned" in hit.reason for each in result.segments for hit in each.detections)


def test_without_any_sound_words_are_hidden_by_their_share(film: Path) -> None:
    assert_covered(hidden(analysed(film, srt(), None, align=False)), 2.0)
