"""The second pass: a judge sees the pictures that others were unsure of, and each of them once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.support.cancel import Cancelled
from tests.support.media_clips import Clip, make_clip
from tests.support.shot_films import red_film
from tests.video_censor_personal.analysis.bench import JUDGE, LIGHT, SOUND, Bench, RecordedProgress, StopAt
from video_censor_personal.analysis import AnalysisRequest, AnalysisResult, EnabledDetector
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Observation
from video_censor_personal.media.probe import Film

REDS = [0.0] * 25 + [1.0] * 15 + [0.0] * 30 + [1.0] * 20
"""Red from 1.0 to 1.6, and from 2.8 on."""
SHOTS = EnabledDetector("judge", JUDGE.kind, "mind", parameters={})


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return red_film(tmp_path_factory.mktemp("red") / "film.mkv", REDS)


def judged(bench: Bench) -> list[float]:
    return [float(note.split()[1]) for note in bench.notes("mind") if note.startswith("judge")]


def stored(bench: Bench, film: Path, *detectors: EnabledDetector) -> list[Observation]:
    """What the judge has observed, by time."""
    analyser = bench.analyser()
    (key,) = [
        each.key
        for each in analyser.assignments(AnalysisRequest(Film(film), detectors, step=0.5))
        if each.name == "judge"
    ]
    seen = analyser.store.load(key)
    assert seen is not None
    return sorted(
        (each for each in seen.observations if each.label == "red"), key=lambda each: (each.start, each.end)
    )


def observe(bench: Bench, film: Path, *detectors: EnabledDetector) -> tuple[str, ...]:
    return bench.analyser().observe(AnalysisRequest(Film(film), detectors, step=0.5))


def test_only_what_others_were_unsure_of_is_judged_and_holds_for_as_long(bench: Bench, clips: Path) -> None:
    film = clips / "film.mkv"
    analysis = bench.run(film, LIGHT, JUDGE)
    light = bench.analyser().store.load(
        bench.analyser().assignments(AnalysisRequest(Film(film), (LIGHT,), step=0.5))[0].key
    )
    assert light is not None
    unsure = {(each.start, each.end) for each in light.observations if 0.2 <= each.score <= 0.6}
    assert 0 < len(unsure) < len(light.observations)
    assert {(each.start, each.end) for each in stored(bench, film, LIGHT, JUDGE)} == unsure
    assert len(judged(bench)) == len(unsure)
    covered = next(each for each in analysis.coverage if each.detector == "judge")
    assert covered.judged is not None
    assert (covered.judged.asked, covered.judged.chosen, covered.judged.judged) == (len(unsure),) * 3
    assert not covered.is_incomplete


def test_without_others_a_picture_of_each_shot_is_judged(bench: Bench, film: Path) -> None:
    result = bench.run(film, SHOTS, merge_gap=0.0)
    assert judged(bench) == pytest.approx([0.5, 1.3, 2.2, 3.2], abs=0.03)
    assert [pytest.approx((each.start, each.end), abs=0.001) for each in result.segments] == [
        (1.0, 1.6),
        (2.8, 3.6),
    ]


def test_a_budget_is_kept_and_told(bench: Bench, film: Path) -> None:
    few = replace(SHOTS, parameters={"max_frames": 2})
    result = bench.run(film, few)
    assert judged(bench) == pytest.approx([1.3, 3.2], abs=0.03)
    (covered,) = result.coverage
    assert str(covered) == "2 of 4 pictures of video stream 0, 2 were to be"
    assert covered.is_partial
    assert not covered.is_incomplete, "it did all that it was to do"
    assert covered.looked_at == pytest.approx(0.6 + 0.8, abs=0.01)


def test_a_judge_of_both_sees_both(bench: Bench, film: Path) -> None:
    both = replace(JUDGE, parameters={**JUDGE.parameters, "every": "shot"})
    bench.run(film, LIGHT, JUDGE)
    unsure = judged(bench)
    bench.run(film, LIGHT, both)
    assert len(judged(bench)) == len(unsure) + 4


def test_the_order_of_detectors_does_not_matter(bench: Bench, clips: Path, tmp_path: Path) -> None:
    one = bench.run(clips / "film.mkv", LIGHT, JUDGE)
    other = Bench(tmp_path / "other").run(clips / "film.mkv", JUDGE, LIGHT)
    assert one.segments == other.segments
    assert set(one.coverage) == set(other.coverage)


@pytest.mark.parametrize("edit", ["light's model", "band", "budget", "its own model"])
def test_what_it_goes_by_decides_whether_it_judges_again(bench: Bench, clips: Path, edit: str) -> None:
    bench.run(clips / "film.mkv", LIGHT, JUDGE)
    before = judged(bench)
    judge = JUDGE
    if edit == "light's model":
        bench.digests["eye"] = "other"
    elif edit == "band":
        judge = replace(JUDGE, parameters={**JUDGE.parameters, "band": (0.0, 1.0)})
    elif edit == "budget":
        judge = replace(JUDGE, parameters={**JUDGE.parameters, "max_frames": 1})
    else:
        bench.digests["mind"] = "other"
    bench.run(clips / "film.mkv", LIGHT, judge)
    again = judged(bench)
    assert again
    assert (again == before) == (edit in {"light's model", "its own model"})


def test_an_edit_of_rules_judges_nothing_again(bench: Bench, clips: Path) -> None:
    bench.run(clips / "film.mkv", LIGHT, JUDGE)
    bench.notes("mind")
    light = replace(LIGHT, parameters={"threshold": 0.9})
    judge = replace(JUDGE, parameters={**JUDGE.parameters, "threshold": 0.9})
    result = bench.run(clips / "film.mkv", light, judge)
    assert result.remembered == ("light", "judge")
    assert bench.notes("mind") == []


def test_another_name_of_what_is_judged_changes_nothing(bench: Bench, clips: Path) -> None:
    bench.run(clips / "film.mkv", LIGHT, JUDGE)
    light = replace(LIGHT, name="bright")
    judge = replace(JUDGE, parameters={**JUDGE.parameters, "judges": ("bright",)})
    assert bench.run(clips / "film.mkv", light, judge).observed == ()


@pytest.mark.parametrize("detectors", [(SHOTS,), (LIGHT, JUDGE)], ids=["shots", "unsure"])
def test_a_run_that_was_stopped_judges_none_twice(
    bench: Bench, film: Path, tmp_path: Path, detectors: tuple[EnabledDetector, ...]
) -> None:
    bench.progress = StopAt(bench.cancel, "judging (judge)", 0.5)
    with pytest.raises(Cancelled):
        bench.run(film, *detectors)
    first = judged(bench)
    again, shown = Bench(bench.folder), RecordedProgress()
    again.progress = shown
    resumed = again.run(film, *detectors)
    second = judged(again)
    fresh = Bench(tmp_path / "fresh")
    assert fresh.run(film, *detectors).segments == resumed.segments
    assert fresh.run(film, *detectors).coverage == resumed.coverage
    assert first
    assert second
    assert first + second == judged(fresh)
    assert "finding shots (judge)" not in shown.shown, "the shots are known"
    assert stored(Bench(bench.folder), film, *detectors) == stored(fresh, film, *detectors)


def test_a_picture_that_cannot_be_judged_is_told_and_the_others_are(bench: Bench, film: Path) -> None:
    whole = bench.run(film, SHOTS, merge_gap=0.0)
    bench.notes("mind")
    blind = Bench(bench.folder / "blind")
    (blind.model("mind") / "blind").write_text("1.30")
    result = blind.run(film, SHOTS, merge_gap=0.0)
    (covered,) = result.coverage
    assert covered.judged is not None
    assert covered.judged.judged == 3
    assert [(each.start, each.end) for each in covered.judged.failed] == [pytest.approx((1.0, 1.6), abs=0.01)]
    assert covered.is_incomplete
    assert str(covered) == "3 of 4 pictures of video stream 0, not 1.00-1.60: it blinked"
    assert result.segments == tuple(each for each in whole.segments if each.start > 2)


def test_pictures_that_could_not_be_judged_are_tried_again_and_no_others(
    bench: Bench, film: Path, tmp_path: Path
) -> None:
    (bench.model("mind") / "blind").write_text("1.30")
    observe(bench, film, SHOTS)
    assert len(judged(bench)) == 4
    unfinished = bench.run(film, SHOTS)
    assert unfinished.remembered == ("judge",), "deciding tries nothing again"
    assert bench.notes("mind") == []
    (bench.model("mind") / "blind").unlink()
    assert observe(bench, film, SHOTS) == ("judge",)
    assert judged(bench) == pytest.approx([1.3], abs=0.03)
    assert observe(bench, film, SHOTS) == ()
    fresh = Bench(tmp_path / "fresh")
    assert replace(fresh.run(film, SHOTS), observed=(), remembered=("judge",)) == bench.run(film, SHOTS)
    assert stored(fresh, film, SHOTS) == stored(bench, film, SHOTS)


def test_after_three_failures_in_a_row_no_more_are_tried(bench: Bench, film: Path) -> None:
    (bench.model("mind") / "blind").write_text("0.50\n1.30\n2.20")
    (covered,) = bench.run(film, SHOTS).coverage
    assert len(judged(bench)) == 3
    assert covered.judged is not None
    assert (covered.judged.chosen, covered.judged.judged) == (4, 0)
    (failed,) = covered.judged.failed
    assert (failed.start, failed.end) == pytest.approx((0.0, 3.6))


def test_what_was_judged_before_a_failure_is_kept(bench: Bench, film: Path) -> None:
    (bench.model("mind") / "fault").write_text("observe")
    with pytest.raises(DetectorError, match="broke in observe"):
        bench.run(film, SHOTS)
    assert judged(bench) == pytest.approx([0.5, 1.3, 2.2], abs=0.03)
    (bench.model("mind") / "fault").unlink()
    bench.run(film, SHOTS)
    assert judged(bench) == pytest.approx([2.2, 3.2], abs=0.03)


def test_a_judge_that_cannot_work_is_found_before_the_film_is_decoded(bench: Bench, film: Path) -> None:
    (bench.model("mind") / "fault").write_text("check")
    with pytest.raises(DetectorError, match="broke in check"):
        bench.run(film, LIGHT, SOUND, JUDGE)
    assert bench.notes("eye") == bench.notes("ear") == []


def test_a_judge_with_nothing_to_judge_is_not_opened(bench: Bench, clips: Path) -> None:
    never = replace(JUDGE, parameters={"judges": ("light",), "band": (1.0, 1.0)})
    (_, covered) = bench.run(clips / "film.mkv", LIGHT, never).coverage
    assert bench.notes("mind") == []
    assert str(covered) == "0 of 0 pictures of video stream 0"
    assert not covered.is_incomplete


def test_a_film_without_pictures_gives_it_nothing_to_judge(bench: Bench, tmp_path: Path) -> None:
    film = make_clip(tmp_path / "sound.mka", Clip(seconds=1.0, video=None))
    result: AnalysisResult = bench.run(film, SOUND, SHOTS)
    assert result.warnings == ("judge: the film has no picture, so there was nothing to judge",)


def test_the_model_stays_open_from_one_film_to_the_next(bench: Bench, film: Path, clips: Path) -> None:
    from video_censor_personal.analysis.observing import RunContext
    from video_censor_personal.analysis.observing import observe as run
    from video_censor_personal.analysis.open_detectors import OpenDetectors

    analyser, kept = bench.analyser(), OpenDetectors()
    for path in (film, clips / "film.mkv"):
        request = AnalysisRequest(Film(path), (LIGHT, replace(JUDGE, parameters={"judges": ("light",)})))
        context = RunContext(Film(path), bench.progress, bench.cancel, kept)
        run(context, analyser.assignments(request), analyser.store)
    kept.close()
    assert [note for note in bench.notes("mind") if "judge" not in note] == ["open", "close"]
