"""What is heard in several channels of one track: observed apart, judged apart, and reported once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from tests.support.media_clips import Clip, Track, make_clip, recorded
from tests.video_censor_personal.analysis.bench import SOUND, Bench
from tests.video_censor_personal.media.test_channels import ONE, OTHER
from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.analysis.deciding import decide
from video_censor_personal.analysis.observation_store import ObservationKey
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Hit, Observation
from video_censor_personal.findings.policy import Policy

SPEECH = detector_type("speech")
Word = tuple[str, float]


def said(channel: str | None, *words: Word) -> list[Observation]:
    return [Observation(at, at + 0.3, "word", 0.5 + 0.01 * at, text, None, channel) for text, at in words]


def hits(observations: Iterable[Observation], track: int | None = None) -> list[Hit]:
    key = ObservationKey("video", "speech", "1", None, {})
    assignment = Assignment("ear", SPEECH, ("Profanity",), SPEECH.complete({}), 1.0, None, key, track)
    return decide(assignment, list(observations), Policy(), 60.0)


REPORTED: dict[str, tuple[list[Observation], list[tuple[str, float, float]]]] = {
    "one channel": (said(None, ("damn", 1.0), ("damn", 1.2)), [("damn", 1.0, 1.3), ("damn", 1.2, 1.5)]),
    "the same word in another, a little later": (
        said(None, ("damn", 1.0)) + said("left", ("damn", 1.25)),
        [("damn", 1.0, 1.55)],
    ),
    "the same word much later": (
        said(None, ("damn", 1.0)) + said("left", ("damn", 2.0)),
        [("damn", 1.0, 1.3), ("damn", 2.0, 2.3)],
    ),
    "another word at the same time": (
        said("left", ("damn", 1.0)) + said("right", ("hell", 1.0)),
        [("damn", 1.0, 1.3), ("hell", 1.0, 1.3)],
    ),
    "said twice, in three channels": (
        said(None, ("damn", 1.0), ("damn", 1.3))
        + said("left", ("damn", 1.05), ("damn", 1.35))
        + said("right", ("damn", 1.35), ("damn", 1.0)),
        [("damn", 1.0, 1.35), ("damn", 1.3, 1.65)],
    ),
    "a phrase that another voice talks into": (
        said("left", ("son", 1.0), ("of", 1.4), ("a", 1.6), ("bitch", 1.8))
        + said("right", ("well", 1.1), ("yes", 1.5), ("tea", 1.7)),
        [("son of a bitch", 1.0, 2.1)],
    ),
    "no phrase across two voices": (
        said("left", ("kiss", 1.0), ("my", 1.4), ("hand", 1.8)) + said("right", ("tea", 1.2), ("sass", 1.9)),
        [],
    ),
}


@pytest.mark.parametrize("name", REPORTED)
def test_each_channel_is_judged_by_itself_and_a_word_is_reported_once(name: str) -> None:
    observations, expected = REPORTED[name]
    found = hits(sorted(observations, key=lambda seen: seen.start), track=2)
    assert [(hit.label, hit.start, round(hit.end, 6)) for hit in found] == expected
    assert {hit.track for hit in found} <= {2}


def test_the_surer_of_two_hearings_counts() -> None:
    (found,) = hits(said(None, ("damn", 9.0)) + said("centre", ("damn", 9.1)))
    assert found.score == pytest.approx(0.591)


def test_an_observation_keeps_its_channel() -> None:
    (seen,) = said("side", ("tea", 1.0))
    assert Observation.from_dict(seen.as_dict()) == seen
    assert "channel" not in said(None, ("tea", 1.0))[0].as_dict()


def two_voices(path: Path) -> Path:
    channels = np.stack([ONE, OTHER])
    track = Track("flac", "stereo", rate=16000, sound=recorded(channels, 16000))
    return make_clip(path, Clip(seconds=3.0, audio=(track,)))


def test_windows_are_heard_channel_by_channel_and_resumed_whole(bench: Bench, tmp_path: Path) -> None:
    film = two_voices(tmp_path / "film.mkv")
    (bench.model("ear") / "fault").write_text("observe")
    with pytest.raises(DetectorError):
        bench.run(film, SOUND)
    (bench.model("ear") / "fault").unlink()
    result = bench.run(film, SOUND)
    whole = Bench(tmp_path / "other")
    assert whole.run(film, SOUND).segments == result.segments
    notes = [note for note in whole.notes("ear") if note.startswith("window 0.")]
    assert notes.count("window 0.0") == 3, "the mix, left and right"
    (one,) = (bench.folder / "cache/observations").glob("*.jsonl")
    (other,) = (whole.folder / "cache/observations").glob("*.jsonl")
    assert one.read_bytes() == other.read_bytes()
