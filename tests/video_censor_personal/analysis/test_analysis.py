from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.media_clips import Clip, Track, make_clip
from tests.video_censor_personal.analysis.bench import LIGHT, SOUND, Bench, RecordedProgress
from tests.video_censor_personal.analysis.small_detectors import Brightness
from video_censor_personal.analysis import AnalysisRequest, EnabledDetector
from video_censor_personal.analysis.observing import NothingToSee
from video_censor_personal.analysis.sampling import BATCH
from video_censor_personal.findings.policy import CategoryPolicy
from video_censor_personal.media.probe import Film


def test_a_frame_that_counts_covers_its_sampling_interval(bench: Bench, clips: Path) -> None:
    """The left half is at 16 + 80 t of 255: over 0.4 from 1.075 s on; 1.5 s is seen first."""
    result = bench.run(clips / "film.mkv", replace(LIGHT, parameters={"threshold": 0.4}))
    assert [(each.start, each.end) for each in result.segments] == [(1.04, 2.0)]


def test_a_categorys_threshold_wins_over_its_detectors(bench: Bench, clips: Path) -> None:
    detector = replace(LIGHT, categories=("Light", "Glare"), parameters={"threshold": 0.9})
    result = bench.run(clips / "film.mkv", detector, categories={"light": CategoryPolicy(threshold=0.2)})
    assert [(each.category, each.start) for each in result.segments] == [("Light", 0.04)]


def test_the_same_observations_are_made_once_for_two_detectors(bench: Bench, clips: Path) -> None:
    strict = replace(LIGHT, name="strict", parameters={"threshold": 0.4}, categories=("Glare",))
    result = bench.run(clips / "film.mkv", replace(LIGHT, parameters={"threshold": 0.1}), strict)
    assert bench.notes("eye").count("open") == 1
    assert [(each.category, each.start) for each in result.segments] == [("Light", 0.04), ("Glare", 1.04)]


def test_one_pass_over_the_frames_feeds_all_and_is_shown(bench: Bench, clips: Path) -> None:
    heard = bench.progress = RecordedProgress()
    bench.digests["eye2"] = "e2"
    often = EnabledDetector("often", Brightness, "eye2", parameters={"sample_rate": 0.1})
    bench.run(clips / "film.mkv", LIGHT, often, SOUND)
    size = (clips / "film.mkv").stat().st_size
    assert set(heard.shown) == {"reading the film", "looking (light, often)", "listening (sound)"}
    for counts in heard.shown.values():
        assert counts[-1] == 0, "closed"
        assert 0.8 * size < sum(counts) + size <= size
    assert bench.notes("eye") == ["open", "frames 4", "close"]
    assert bench.notes("eye2") == ["open", f"frames {BATCH}", f"frames {BATCH}", "frames 4", "close"]


def test_what_a_detector_sees_does_not_depend_on_the_others(
    bench: Bench, clips: Path, tmp_path: Path
) -> None:
    odd = EnabledDetector("odd", Brightness, "eye", parameters={"sample_rate": 0.35})
    together, alone = Bench(tmp_path / "a"), Bench(tmp_path / "b")
    together.run(clips / "film.mkv", LIGHT, odd)
    alone.run(clips / "film.mkv", odd)
    (name,) = (path.name for path in (tmp_path / "b/cache/observations").iterdir())
    expected = (tmp_path / "b/cache/observations" / name).read_bytes()
    assert (tmp_path / "a/cache/observations" / name).read_bytes() == expected


def test_frames_are_scaled_down_for_who_looks_at_small_ones(bench: Bench, clips: Path) -> None:
    bench.run(clips / "film.mkv", LIGHT)
    (path,) = (bench.folder / "cache" / "observations").iterdir()
    heights = {json.loads(line)["label"] for line in path.read_text().splitlines()[1:-1]}
    assert heights == {"64"}, "the clip has 120 lines, the detector works at 64"


def test_without_detectors_there_are_no_segments(bench: Bench, clips: Path) -> None:
    request = AnalysisRequest(Film(clips / "film.mkv"), ())
    result = bench.analyser().analyse(request)
    assert (result.segments, result.observed) == ((), ())
    assert result.duration == pytest.approx(2.0, abs=0.1)


def test_a_container_that_does_not_know_its_length_hides_nothing(bench: Bench, tmp_path: Path) -> None:
    """A bare H.264 stream: what is seen late must not be clipped away."""
    make_clip(tmp_path / "bare.h264", Clip(seconds=2.0, audio=()))
    result = bench.run(tmp_path / "bare.h264", replace(LIGHT, parameters={"threshold": 0.4}))
    assert [each.category for each in result.segments] == ["Light"]


def test_sound_without_a_picture_is_heard_and_there_is_nothing_to_see(tmp_path: Path, bench: Bench) -> None:
    talk = make_clip(tmp_path / "talk.mp3", Clip(seconds=1.5, video=None, audio=(Track("libmp3lame"),)))

    result = bench.run(talk, LIGHT, SOUND)

    assert result.duration == pytest.approx(1.5, abs=0.1)
    assert {segment.category for segment in result.segments} == {"Noise"}
    assert result.warnings == ("light: the film has no picture, so there was nothing to see",)
    assert bench.opened() == {"ear"}
    assert bench.run(talk, LIGHT, SOUND).observed == ()


def test_who_can_only_look_cannot_say_anything_of_sound(tmp_path: Path, bench: Bench) -> None:
    talk = make_clip(tmp_path / "talk.flac", Clip(seconds=0.5, video=None, audio=(Track("flac"),)))

    with pytest.raises(NothingToSee, match=r"sound only.*Add a detector that listens"):
        bench.run(talk, LIGHT)

    assert bench.opened() == set()
