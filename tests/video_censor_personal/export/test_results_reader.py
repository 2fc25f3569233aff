from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from video_censor_personal.export.results_reader import mismatches, read_results
from video_censor_personal.segments import SegmentsError

ENTRY: dict[str, Any] = {"start_time": "00:00:10.500", "end_time": "00:00:12.000", "labels": ["Profanity"]}

ORIGINAL = {
    "metadata": {
        "file": "film.mp4",
        "duration": "00:10:00.000",
        "duration_seconds": 600.0,
        "processed_at": "2024-01-01T00:00:00.123456Z",
        "config": "video-censor.yaml",
    },
    "segments": [
        {
            "start_time": "00:00:10.500",
            "start_time_seconds": 10.5,
            "end_time": "00:00:14.000",
            "end_time_seconds": 14.0,
            "duration_seconds": 3.5,
            "labels": ["Nudity", "Profanity"],
            "description": "Detected Nudity, Profanity",
            "confidence": 0.85,
            "allow": True,
            "reviewed": True,
            "video_remediation": "cut",
            "detections": [
                {"label": "Profanity", "reasoning": "said it", "confidence": 0.9},
                {"label": "Nudity", "reasoning": "showed it", "confidence": 0.8},
            ],
            "frame_data": {"index": 3},
        }
    ],
    "summary": {"total_segments_detected": 1, "total_flagged_duration": 3.5, "detection_counts": {}},
}


def put(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_the_originals_file_is_read_and_no_label_is_overlooked(tmp_path: Path) -> None:
    results = read_results(put(tmp_path / "r.json", ORIGINAL))
    assert (results.file, results.duration, results.config) == ("film.mp4", 600.0, "video-censor.yaml")
    assert [(each.id, each.category, each.labels) for each in results.segments] == [
        ("nudity-10.5", "Nudity", ("Nudity",)),
        ("profanity-10.5", "Profanity", ("Profanity",)),
    ]
    for each in results.segments:
        assert (each.start, each.end) == (10.5, 14.0)
        assert (each.allow, each.reviewed, each.video_remediation) == (True, True, "cut")
        assert [hit.category for hit in each.detections] == [each.category]
        assert (each.detections[0].start, each.detections[0].end) == (10.5, 14.0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"start_time_seconds": 1.0, "end_time_seconds": 99.0}, (10.5, 12.0), id="texts win"),
        pytest.param({"start_time": "00:11"}, (11.0, 12.0), id="minutes and seconds"),
        pytest.param(
            {"start_time": 11.25}, (11.25, 12.0), id="a number, as the original's review window saves"
        ),
        pytest.param({"start_time": None, "start_time_seconds": 11.0}, (11.0, 12.0), id="seconds alone"),
        pytest.param({"duration_seconds": 77}, (10.5, 12.0), id="the duration is worked out"),
        pytest.param({"surprise": [1, {}]}, (10.5, 12.0), id="unknown keys are dropped"),
    ],
)
def test_times_edited_by_hand(tmp_path: Path, change: dict[str, Any], expected: tuple[float, float]) -> None:
    (found,) = read_results(put(tmp_path / "r.json", {"segments": [ENTRY | change]})).segments
    assert (found.start, found.end) == expected


def test_a_handmade_file_needs_segments_only(tmp_path: Path) -> None:
    results = read_results(put(tmp_path / "r.json", {"segments": [ENTRY | {"labels": "Profanity"}]}))
    (found,) = results.segments
    assert (found.id, found.category, found.labels) == ("profanity-10.5", "Profanity", ("Profanity",))
    assert (found.allow, found.reviewed, found.detections, found.confidence) == (False, None, (), 1.0)
    assert mismatches(results, Path("any.mkv"), 3.0) == ()


def test_a_category_is_enough_and_keeps_the_labels_together(tmp_path: Path) -> None:
    entry = ENTRY | {"category": "Nudity", "labels": ["Nudity", "belly"]}
    (found,) = read_results(put(tmp_path / "r.json", {"segments": [entry]})).segments
    assert (found.category, found.labels) == ("Nudity", ("Nudity", "belly"))


def test_segments_come_in_time_order_with_ids_of_their_own(tmp_path: Path) -> None:
    later = ENTRY | {"start_time": "00:11", "id": "x"}
    earlier = ENTRY | {"id": "x"}
    found = read_results(put(tmp_path / "r.json", {"segments": [later, earlier]})).segments
    assert [(each.start, each.id) for each in found] == [(10.5, "x"), (11.0, "x-2")]


def test_an_editors_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"segments": []}), encoding="utf-8-sig")
    assert read_results(path).segments == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"start_time": "-00:01"}, "start_time"),
        ({"start_time": "soon"}, "'soon' is not a time"),
        ({"start_time": -1.0}, "before the beginning"),
        ({"start_time": None}, 'has no "start_time"'),
        ({"end_time": "00:10.2"}, "runs backwards"),
        ({"end_time": "00:10.5"}, "is empty"),
        ({"end_time": True}, "end_time"),
        ({"labels": None}, "has no category"),
        ({"labels": []}, "has no category"),
        ({"labels": [3]}, "labels"),
        ({"allow": "false"}, "neither true nor false"),
        ({"reviewed": 1}, "neither true nor false"),
        ({"video_remediation": {}}, "video_remediation"),
        ({"audio_remediation": 5}, "audio_remediation"),
        ({"note": ["x"]}, "note"),
        ({"confidence": "high"}, "confidence"),
        ({"confidence": 10**400}, "confidence"),
        ({"detections": "none"}, "detections"),
        ({"detections": [{"label": "x", "start": "a"}]}, "start"),
        ({"detections": [{"box": [0, 0, 1, 1]}]}, "box"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    path = put(tmp_path / "hand.json", {"segments": [ENTRY, ENTRY | change]})
    with pytest.raises(SegmentsError) as caught:
        read_results(path)
    assert "hand.json, segment 2" in str(caught.value)
    assert told in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not valid JSON"),
        (b'{"segments": [', "line 1 column"),
        (b"[]", "no list named"),
        (b'{"segments": {}}', "no list named"),
        (b'{"segments": [3]}', "segment 1 is not an object"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[" * 200_000, "not valid JSON"),
        (b'{"segments": [], "x": ' + b"1" * 5000 + b"}", "not valid JSON"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(SegmentsError, match=told):
        read_results(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SegmentsError, match="cannot be read: No such file"):
        read_results(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("name", "duration", "count"),
    [("film.mp4", 600.9, 0), ("film.mp4", 601.1, 1), ("other.mp4", 600.0, 1), ("other.mp4", 1.0, 2)],
)
def test_another_video_is_noticed(tmp_path: Path, name: str, duration: float, count: int) -> None:
    results = read_results(put(tmp_path / "r.json", ORIGINAL))
    assert len(mismatches(results, Path("/films") / name, duration)) == count


def test_the_name_alone_is_compared(tmp_path: Path) -> None:
    document = {"metadata": {"file": "C:\\films\\film.mp4"}, "segments": []}
    assert mismatches(read_results(put(tmp_path / "r.json", document)), Path("film.mp4"), 5.0) == ()
