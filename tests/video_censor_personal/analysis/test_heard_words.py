"""Real speech, a real model, whole films: words are found in whatever track and channel they are said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from modeltasks.support.cancel import CancelToken
from tests.support.media_clips import Clip, Track, decibels, make_clip, recorded
from tests.video_censor_personal.detectors.installed import installed
from tests.video_censor_personal.detectors.test_speech import DEMO, demo_speech
from tests.video_censor_personal.media.reading import read_pcm
from tests.video_censor_personal.render.made import copied
from video_censor_personal.analysis import Analyser, AnalysisRequest, AnalysisResult, EnabledDetector
from video_censor_personal.config import parse_config
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.media.probe import Film
from video_censor_personal.render.clean_copy import Copier

RATE = 16000
SECONDS = 9.0
Sound = NDArray[np.float32]


def speech(start: float) -> tuple[Sound, list[float]]:
    """So many seconds of the demo from `start` on, and the middles of the words in it that are listed."""
    truth = json.loads((DEMO / "speech-truth.json").read_text(encoding="utf-8"))["words"]
    middles = [(word["start_ms"] + word["end_ms"]) / 2000 - start for word in truth]
    whole = demo_speech(start + SECONDS)[round(start * RATE) :]
    return np.pad(whole, (0, round(SECONDS * RATE) - whole.size)), [at for at in middles if 0 < at < SECONDS]


ONE, ONES = speech(4.0)
OTHER, OTHERS = speech(15.7)
SILENCE = np.zeros_like(ONE)
NOISE = (
    np.random.default_rng(1)
    .normal(0, 0.6 * float(np.sqrt(np.mean(ONE**2))), (4, ONE.size))
    .astype(np.float32)
)


def track(layout: str, *channels: Sound, language: str | None = None, disposition: int = 0) -> Track:
    sound = recorded(np.stack(channels) * np.float32(0.5), RATE)
    return Track("flac", layout, rate=RATE, language=language, disposition=disposition, sound=sound)


FILMS: dict[str, tuple[tuple[Track, ...], list[float]]] = {
    "a dub is the default": (
        (track("mono", NOISE[0], language="rus", disposition=1), track("mono", ONE, language="eng")),
        ONES,
    ),
    "an inverted channel": ((track("stereo", ONE, -ONE),), ONES),
    "dialogue in the centre": ((track("5.1", NOISE[0], NOISE[1], ONE, SILENCE, NOISE[2], NOISE[3]),), ONES),
    "a speaker to each channel": ((track("stereo", ONE, OTHER),), [*ONES, *OTHERS]),
}


def analysed(film: Path, folder: Path, model: Path) -> AnalysisResult:
    detector = EnabledDetector("speech", detector_type("speech"), "whisper", (), {"beam_size": 1})
    analyser = Analyser(folder / "cache", lambda _: installed(model))
    return analyser.analyse(AnalysisRequest(Film(film), (detector,)))


@pytest.mark.parametrize("name", FILMS)
def test_every_listed_word_is_heard(tmp_path: Path, whisper_dir: Path, name: str) -> None:
    tracks, middles = FILMS[name]
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=SECONDS, rate=5, audio=tracks))

    result = analysed(film, tmp_path, whisper_dir)

    missed = [at for at in middles if not any(each.start < at < each.end for each in result.segments)]
    assert missed == []
    assert len(middles) >= 3


def test_what_is_heard_in_one_track_is_muted_in_all(tmp_path: Path, whisper_dir: Path) -> None:
    tracks = (
        track("mono", NOISE[0], language="rus", disposition=1),
        track("stereo", ONE, ONE, language="eng"),
        track("mono", ONE + 0.1 * NOISE[1], language="en-US"),
    )
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=SECONDS, rate=5, audio=tracks))
    result = analysed(film, tmp_path, whisper_dir)
    audio = "enabled: true, categories: [Profanity]"
    config = parse_config(f"detectors: [{{type: scripted}}]\nremediation: {{audio: {{{audio}}}}}", "c.yaml")

    copier = Copier(tmp_path / "notes", CancelToken())
    copy = copied(copier, film, tmp_path / "clean.mkv", result.segments, config, result.tracks)

    assert [item.heard_by for item in result.tracks] == [(), ("speech",), ("speech",)]
    for stream in (1, 2, 3):
        sound = np.concatenate(list(read_pcm(copy.path, RATE, track=stream)))
        for at in ONES:
            assert decibels(sound[round((at - 0.08) * RATE) : round((at + 0.08) * RATE)]) < -90
