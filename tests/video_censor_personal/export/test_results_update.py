from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.video_censor_personal.examples import segment
from video_censor_personal.errors import WouldOverwrite
from video_censor_personal.export.json_fields import SegmentsError
from video_censor_personal.export.results_json import Results, write_results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.export.results_update import update_results

FOUND = Results("film.mkv", 60.0, (segment(10.0, 11.0), segment(20.0, 21.0)), fingerprint="aa")


def test_a_first_run_writes_and_a_second_does_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    assert update_results(path, FOUND).written
    assert not update_results(path, FOUND).written


def test_hand_edits_survive_and_come_back_after_a_threshold_went_up_and_down(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    update_results(path, FOUND)
    document = json.loads(path.read_text())
    document["segments"][0] |= {"allow": True, "note": "quoted"}
    document["segments"].append({"start_time": "00:40", "end_time": "00:45", "labels": ["Violence"]})
    path.write_text(json.dumps(document))

    def texts() -> list[tuple[str, bool, str | None]]:
        return [(each.id, each.allow, each.note) for each in read_results(path).segments]

    expected = [
        ("profanity-10.0", True, "quoted"),
        ("profanity-20.0", False, None),
        ("violence-40.0", False, None),
    ]
    update_results(path, FOUND)
    assert texts() == expected
    update_results(path, replace(FOUND, segments=()))
    assert texts() == expected[2:]
    update_results(path, FOUND)
    assert texts() == expected
    assert not update_results(path, FOUND).written


def test_the_name_of_the_clean_video_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    update_results(path, replace(FOUND, output_file="clean.mkv"))
    assert not update_results(path, FOUND).written
    assert read_results(path).output_file == "clean.mkv"


def test_lost_permission_is_warned_of_once(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    update_results(path, replace(FOUND, segments=(segment(10.0, 11.0, allow=True, reviewed=True),)))
    longer = replace(FOUND, segments=(segment(10.0, 18.0),))
    assert len(update_results(path, longer).warnings) == 1
    again = update_results(path, longer)
    assert (again.written, again.warnings) == (False, ())


@pytest.mark.parametrize(
    "other",
    [
        replace(FOUND, file="renamed.mkv"),
        replace(FOUND, fingerprint="bb", duration=60.5),
        replace(FOUND, fingerprint="bb", file="sub/film.mkv"),
    ],
)
def test_a_renamed_or_retagged_film_is_the_same_film(tmp_path: Path, other: Results) -> None:
    path = tmp_path / "r.json"
    write_results(path, replace(FOUND, segments=(segment(10.0, 11.0, allow=True),)))
    assert [each.allow for each in update_results(path, other).results.segments] == [True, False]


OTHER = Results("other.mkv", 90.0, (), fingerprint="bb")


@pytest.mark.parametrize("decided", [None, True])
def test_results_of_another_video_are_replaced_only_when_that_was_said(
    tmp_path: Path, decided: bool | None
) -> None:
    path = tmp_path / "r.json"
    write_results(path, replace(FOUND, segments=(segment(10.0, 11.0, reviewed=decided),)))
    before = path.read_bytes()
    with pytest.raises(WouldOverwrite, match=r"results of another film called film.mkv.*--overwrite"):
        update_results(path, OTHER)
    assert path.read_bytes() == before
    assert update_results(path, OTHER, overwrite=True).written
    assert read_results(path).file == "other.mkv"


@pytest.mark.parametrize("text", ["mine", "", "[1, 2]", '{"name": "package", "version": "1"}', '"text"'])
def test_somebody_elses_file_is_replaced_only_when_that_was_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(WouldOverwrite, match=r"is no results file.*--overwrite"):
        update_results(path, FOUND)
    assert path.read_text() == text
    assert update_results(path, FOUND, overwrite=True).written


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("text", ['{"segments": [', '{"segments": [{"alow": true}]}'])
def test_results_with_a_mistake_are_never_replaced(tmp_path: Path, text: str, overwrite: bool) -> None:
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(SegmentsError):
        update_results(path, FOUND, overwrite=overwrite)
    assert path.read_text() == text


def test_decisions_on_this_film_stay_even_then(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    write_results(path, replace(FOUND, segments=(segment(10.0, 11.0, allow=True),)))
    kept = update_results(path, FOUND, overwrite=True).results
    assert [each.allow for each in kept.segments] == [True, False]


WEAK = segment(30.0, 31.0, certainty="weak", allow=True)


def test_a_weak_segment_is_out_of_the_way_until_somebody_decides(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    found = replace(FOUND, weak=(WEAK,))
    update_results(path, found)
    assert read_results(path) == replace(found, processed_at=read_results(path).processed_at)
    document = json.loads(path.read_text())
    document["weak_segments"][0]["allow"] = False
    path.write_text(json.dumps(document))
    for _ in range(2):
        read = read_results(path)
        assert [(each.start, each.allow) for each in read.segments] == [(10, False), (20, False), (30, False)]
        assert read.weak == ()
        update_results(path, found)


def test_how_sure_a_segment_is_counts_in_the_summary(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    doubtful = segment(40.0, 41.0, certainty="doubtful", allow=True)
    update_results(path, replace(FOUND, segments=(*FOUND.segments, doubtful), weak=(WEAK,)))
    summary = json.loads(path.read_text())["summary"]
    assert summary["certainty_counts"] == {"doubtful": 1, "sure": 2}
    assert summary["total_segments_detected"] == 3
