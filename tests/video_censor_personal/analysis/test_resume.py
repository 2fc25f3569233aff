"""A run that was stopped is resumed, and finds what it would have found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modeltasks.support.cancel import Cancelled
from tests.support.media_clips import Clip, damaged, make_clip
from tests.video_censor_personal.analysis.bench import LIGHT, SOUND, Bench, RecordedProgress, StopAt
from video_censor_personal.analysis import AnalysisRequest, EnabledDetector
from video_censor_personal.analysis.sampling import BATCH
from video_censor_personal.errors import DetectorError
from video_censor_personal.media.probe import Film

OFTEN = replace(LIGHT, parameters={"sample_rate": 0.1})
"""Twenty frames: two batches and a half."""


def stopped(bench: Bench, film: Path, detector: EnabledDetector, share: float) -> None:
    bench.progress = StopAt(bench.cancel, detector.name, share)
    with pytest.raises(Cancelled):
        bench.run(film, detector)


def how_far(bench: Bench, film: Path, detector: EnabledDetector) -> Any:
    """Up to which second it was observed; None: all."""
    request = AnalysisRequest(Film(film), (detector,), step=0.5)
    (assignment,) = bench.analyser().assignments(request)
    return bench.analyser().store.reached(assignment.key)


def kept(bench: Bench) -> dict[str, bytes]:
    """The content of every file of observations, drafts too."""
    return {path.name: path.read_bytes() for path in (bench.folder / "cache" / "observations").iterdir()}


@pytest.mark.parametrize(
    ("detector", "model", "share", "first", "second"),
    [
        (SOUND, "ear", 0.3, ["window 0.0", "window 0.5"], ["window 0.9", "window 1.4", "window 1.9"]),
        (OFTEN, "eye", 0.5, [f"frames {BATCH}"], [f"frames {BATCH}", "frames 4"]),
        (OFTEN, "eye", 0.85, [f"frames {BATCH}", f"frames {BATCH}"], ["frames 4"]),
    ],
    ids=["sound", "frames", "frames, late"],
)
def test_what_was_observed_is_not_observed_again(
    bench: Bench,
    clips: Path,
    tmp_path: Path,
    detector: EnabledDetector,
    model: str,
    share: float,
    first: list[str],
    second: list[str],
) -> None:
    film = clips / "film.mkv"
    stopped(bench, film, detector, share)
    assert bench.notes(model) == ["open", *first, "close"], "as far as it came"
    (draft,) = kept(bench)
    assert draft.startswith("."), "what is not complete is not taken for it"
    assert share - 0.25 < how_far(bench, film, detector) / 2.0 < 1, "what is told after Ctrl-C"

    again, heard = Bench(bench.folder), RecordedProgress()
    again.progress = heard
    resumed = again.run(film, detector)
    assert again.notes(model) == ["open", *second, "close"]
    assert resumed.observed == (detector.name,)
    assert how_far(bench, film, detector) is None

    fresh = Bench(tmp_path / "fresh")
    assert fresh.run(film, detector) == resumed
    assert kept(fresh) == kept(again), "to the last byte, and no draft is left"


def test_a_pass_for_two_resumes_each_where_it_was(bench: Bench, clips: Path, tmp_path: Path) -> None:
    bench.digests["eye2"] = "e2"
    film, other = clips / "film.mkv", EnabledDetector("other", LIGHT.kind, "eye2")
    stopped(bench, film, OFTEN, 0.5)
    bench.notes("eye")
    again = Bench(bench.folder, digests=bench.digests)
    again.run(film, OFTEN, other)
    assert again.notes("eye") == ["open", f"frames {BATCH}", "frames 4", "close"]
    assert again.notes("eye2") == ["open", "frames 4", "close"]
    fresh = Bench(tmp_path / "fresh", digests=bench.digests)
    fresh.run(film, OFTEN, other)
    assert kept(fresh) == kept(again)


def test_what_was_observed_before_a_failure_is_kept(bench: Bench, clips: Path) -> None:
    (bench.model("ear") / "fault").write_text("observe")
    with pytest.raises(DetectorError, match="broke in observe"):
        bench.run(clips / "film.mkv", SOUND)
    assert bench.notes("ear")[:2] == ["open", "window 0.0"]
    (bench.model("ear") / "fault").unlink()
    bench.run(clips / "film.mkv", SOUND)
    assert bench.notes("ear")[:2] == ["open", "window 0.5"]


def test_what_is_forgotten_is_observed_again(bench: Bench, clips: Path) -> None:
    film = clips / "film.mkv"
    bench.run(film, SOUND)
    stopped(bench, film, OFTEN, 0.5)
    bench.notes("ear")
    again = Bench(bench.folder)
    again.analyser().forget(AnalysisRequest(Film(film), (SOUND, OFTEN), step=0.5))
    assert kept(again) == {}
    assert set(again.run(film, SOUND, OFTEN).observed) == {"sound", "light"}
    assert again.notes("ear")[1] == "window 0.0"


@pytest.mark.parametrize("edit", ["model", "parameter", "film"])
def test_an_edit_begins_at_the_beginning(bench: Bench, clips: Path, edit: str) -> None:
    film = clips / "film.mkv"
    stopped(bench, film, SOUND, 0.3)
    bench.notes("ear")
    again = Bench(bench.folder)
    detector = SOUND
    if edit == "model":
        again.digests["ear"] = "other"
    elif edit == "parameter":
        detector = replace(SOUND, parameters={"gain": 2.0})
    else:
        film = clips / "other.mkv"
    again.run(film, detector)
    assert again.notes("ear")[1] == "window 0.0"


@pytest.mark.parametrize("share", [0.3, 0.7], ids=["before the damage", "behind it"])
def test_damage_is_measured_the_same_by_a_run_that_was_stopped(
    bench: Bench, tmp_path: Path, share: float
) -> None:
    options = {"g": "1", "bf": "0"}
    whole = make_clip(tmp_path / "whole.mkv", Clip(seconds=40.0, audio=(), options=options))
    once = damaged(whole, tmp_path / "once.mkv", "video", 401, 440)
    film = damaged(once, tmp_path / "twice.mkv", "video", 901, 920)
    often = replace(LIGHT, parameters={"sample_rate": 0.2})
    stopped(bench, film, often, share)
    again = Bench(bench.folder)
    resumed = again.run(film, often)
    assert again.notes("eye")[1:2] == [f"frames {BATCH}"]
    (covered,) = resumed.coverage
    assert [(gap.start, gap.end) for gap in covered.gaps] == [
        pytest.approx((16.0, 17.6), abs=0.002),
        pytest.approx((36.0, 36.8), abs=0.002),
    ]
    assert (covered.undecodable, covered.missing, covered.is_incomplete) == (60, 0, True)
    fresh = Bench(tmp_path / "fresh")
    assert fresh.run(film, often) == resumed
    assert kept(fresh) == kept(again)
    remembered = again.run(film, often)
    assert remembered.remembered == (often.name,)
    assert remembered.coverage == resumed.coverage
