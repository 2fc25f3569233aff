from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from video_censor_personal.export.json_fields import NotResults, SegmentsError
from video_censor_personal.export.results_film import OtherLength, mismatches, require_fit, require_within
from video_censor_personal.export.results_json import Results, write_results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.coverage import Coverage, Judged, Span
from video_censor_personal.findings.segments import PictureStyle

ENTRY: dict[str, Any] = {"start_time": "00:00:10.500", "end_time": "00:00:12.000", "labels": ["Profanity"]}

ORIGINAL: dict[str, Any] = {
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
        pytest.param({"start_time": None, "start_time_seconds": 11.0}, (11.0, 12.0), id="seconds only"),
        pytest.param({"duration_seconds": 77}, (10.5, 12.0), id="the duration is worked out"),
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


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ({"color": "#F0a", "area": None}, PictureStyle(color="#ff00aa")),
        ({"strength": 0}, PictureStyle(strength=0.0)),
        ({"area": "picture", "strength": 1}, PictureStyle("picture", None, 1.0)),
        ({}, PictureStyle()),
        (None, PictureStyle()),
    ],
)
def test_a_style_need_not_be_whole(tmp_path: Path, style: object, expected: PictureStyle) -> None:
    document = {"segments": [ENTRY | {"video_style": style}]}
    (found,) = read_results(put(tmp_path / "r.json", document)).segments
    assert found.video_style == expected


def test_segments_come_in_time_order_with_ids_of_their_own(tmp_path: Path) -> None:
    later = ENTRY | {"start_time": "00:11", "id": "x"}
    earlier = ENTRY | {"id": "x"}
    found = read_results(put(tmp_path / "r.json", {"segments": [later, earlier]})).segments
    assert [(each.start, each.id) for each in found] == [(10.5, "x"), (11.0, "x-2")]


def test_an_editors_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"segments": []}), encoding="utf-8-sig")
    assert read_results(path).segments == ()


SEEN = {"start": 1.0, "end": 2.0, "left": 0.1, "top": 0.1, "width": 0.2, "height": 0.2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alow": True}, '"alow" is not known, the nearest is "allow"'),
        ({"Allow": True}, 'the nearest is "allow"'),
        ({"video_remediatoin": "blank"}, 'the nearest is "video_remediation"'),
        ({"surprise": [1, {}]}, '"surprise" is not known, known are id, start_time'),
        ({"detections": [{"label": "x", "scor": 1}]}, "segment 2, detection 1 has a key that means nothing"),
        ({"detections": [{"box": {"left": 0, "top": 0, "width": 1, "hight": 1}}]}, 'nearest is "height"'),
        ({"detections": [{"box": {"left": 10, "top": 0, "width": 320, "height": 1}}]}, "not between 0 and 1"),
        ({"detections": [{"sightings": [SEEN | {"left": 300}]}]}, "sighting 1"),
        ({"detections": [{"sightings": [SEEN | {"end": 0.5}]}]}, "runs backwards"),
        ({"detections": [{"sightings": [SEEN | {"end": None}]}]}, '"end" is missing'),
        ({"detections": [{"sightings": [SEEN | {"top": None}]}]}, "is not whole"),
        ({"detections": [{"sightings": [SEEN | {"momnet": 1}]}]}, 'nearest is "moment"'),
        ({"start_time": "-00:01"}, "start_time"),
        ({"start_time": float("nan")}, "is not a time"),
        ({"end_time": float("inf")}, "is not a time"),
        ({"end_time": 1e12}, "more than any film has"),
        ({"end_time": "00:61:75"}, "59 minutes or seconds"),
        ({"confidence": 1.5}, "1.5 is not between 0 and 1"),
        ({"confidence": -0.1}, "is not between 0 and 1"),
        ({"confidence": float("nan")}, "NaN is not a number"),
        ({"confidence": "0.9"}, '"0.9" is not a number'),
        ({"confidence": True}, "true is not a number"),
        ({"detections": [{"label": "x", "confidence": 9}]}, "9 is not between 0 and 1"),
        ({"detections": ["damn"]}, "detection 1 is not an object"),
        ({"detections": [{"label": 3}]}, "label"),
        ({"allow": "true"}, "neither true nor false; leave out the quotes"),
        ({"allow": 1}, "neither true nor false"),
        ({"video_remediation": "blur me"}, "is none of blank"),
        ({"audio_remediation": "mute"}, "is none of silence"),
        ({"id": 7}, "7 is not a text"),
        ({"duration_seconds": "long", "end_time_seconds": 13}, "duration_seconds"),
        ({"start_time": "soon"}, "'soon' is not a time"),
        ({"start_time": -1.0}, "before the beginning"),
        ({"start_time_seconds": -3.0}, "before the beginning"),
        ({"start_time": None}, 'has no "start_time"'),
        ({"end_time": "00:10.2"}, "runs backwards"),
        ({"end_time": "00:10.5"}, "is empty"),
        ({"end_time": True}, "end_time"),
        ({"labels": None}, "has no category"),
        ({"labels": []}, "has no category"),
        ({"labels": [3]}, "labels"),
        ({"reviewed": 1}, "neither true nor false"),
        ({"video_remediation": {}}, "video_remediation"),
        ({"video_style": "blur"}, "it is written as { area, color, strength }"),
        ({"video_style": {"colour": "#fff"}}, 'the nearest is "color"'),
        ({"video_style": {"color": "red"}}, '"red" is not a colour; write it as "#RRGGBB"'),
        ({"video_style": {"color": 7}}, "7 is not a text"),
        ({"video_style": {"strength": 1.01}}, "1.01 is not between 0 and 1"),
        ({"video_style": {"strength": True}}, "true is not a number"),
        ({"video_style": {"area": "box"}}, '"box" is none of boxes, picture'),
        ({"audio_remediation": 5}, "audio_remediation"),
        ({"note": ["x"]}, "note"),
        ({"confidence": 10**400}, "confidence"),
        ({"detections": "none"}, "detections"),
        ({"detections": [{"label": "x", "start": "a"}]}, "start"),
        ({"detections": [{"box": [0, 0, 1, 1]}]}, "box"),
        ({"detections": [{"margin": 0.2}]}, "margin"),
        ({"detections": [{"margin": [0.2]}]}, "not [seconds before, seconds after]"),
        ({"detections": [{"margin": [0.2, -0.1]}]}, "-0.1 is not between 0 and 10"),
        ({"detections": [{"margin": ["a", 0.1]}]}, '"a" is not a number'),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    path = put(tmp_path / "hand.json", {"segments": [ENTRY, ENTRY | change]})
    with pytest.raises(SegmentsError) as caught:
        read_results(path)
    assert "hand.json, segment 2" in str(caught.value)
    assert message in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not valid JSON"),
        (b'{"segments": [', "line 1 column"),
        (b"[]", "no list named"),
        (b'{"segments": {}}', "no list named"),
        (b'{"segmetns": []}', "no list named"),
        (b'{"segments": [3]}', "segment 1 is not an object"),
        (b'{"segments": [], "retired": []}', 'the nearest is "retired_segments"'),
        (b'{"segments": [], "segments": []}', 'has "segments" twice'),
        (b'{"segments": [{"allow": true, "labels": ["x"], "allow": false}]}', '1 has "allow" twice'),
        (b'{"segments": [], "metadata": {"file": "a", "file": "b"}}', 'metadata has "file" twice'),
        (b'{"segments": [], "metadata": []}', "metadata is not an object"),
        (b'{"segments": [], "metadata": {"file": 3}}', "3 is not a text"),
        (b'{"segments": [], "metadata": {"duration": "long"}}', "'long' is not a time"),
        (b'{"segments": [], "metadata": {"allow_all_segments": "no"}}', "neither true nor false"),
        (b'{"segments": [], "schema_version": 9}', "a newer program wrote it"),
        (b'{"segments": [], "retired_segments": {}}', "not a list"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'{"segments": [], "note": "caf\xe9"}', "line 1 is not UTF-8"),
        (b"[" * 200_000, "not valid JSON"),
        (b'{"segments": [], "x": ' + b"1" * 5000 + b"}", "not valid JSON"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(SegmentsError, match=message):
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


@pytest.mark.parametrize(
    ("metadata", "name", "duration", "told"),
    [
        ({"fingerprint": "aa"}, "film.mp4", 600.0, ""),
        ({"fingerprint": "aa"}, "renamed.mkv", 5.0, ""),
        ({"fingerprint": "bb"}, "film.mp4", 600.9, "r.json was made of another file than film.mp4; it is as"),
        ({"fingerprint": "bb"}, "b.mp4", 600.0, "made of another file than b.mp4, film.mp4; it is as long"),
        ({}, "film.mp4", 600.0, ""),
        ({}, "b.mp4", 600.0, "The segments were made for film.mp4, the input is b.mp4"),
        ({"duration": None, "duration_seconds": None}, "film.mp4", 5.0, ""),
        ({"fingerprint": "bb", "duration": None, "duration_seconds": None}, "film.mp4", 5.0, "another file"),
    ],
)
def test_what_may_be_the_same_film_is_used_with_a_warning(
    tmp_path: Path, metadata: dict[str, object], name: str, duration: float, told: str
) -> None:
    path = put(tmp_path / "r.json", ORIGINAL | {"metadata": {**ORIGINAL["metadata"], **metadata}})
    warnings = require_fit(path, read_results(path), Path("/films") / name, "aa", duration)
    assert [told in each for each in warnings] == ([True] if told else [])


@pytest.mark.parametrize("metadata", [{}, {"fingerprint": "bb"}, {"duration_seconds": None}, {"file": None}])
@pytest.mark.parametrize("duration", [598.9, 601.1])
def test_a_film_of_another_length_is_another(
    tmp_path: Path, metadata: dict[str, object], duration: float
) -> None:
    path = put(tmp_path / "r.json", ORIGINAL | {"metadata": {**ORIGINAL["metadata"], **metadata}})
    with pytest.raises(OtherLength, match=r"film\.mp4 lasts 0:\d\d:\d\d, and .* 0:10:00"):
        require_fit(path, read_results(path), Path("/films/film.mp4"), "aa", duration)


def test_only_the_name_is_compared(tmp_path: Path) -> None:
    document = {"metadata": {"file": "C:\\films\\film.mp4"}, "segments": []}
    assert mismatches(read_results(put(tmp_path / "r.json", document)), Path("film.mp4"), 5.0) == ()


OURS = {
    "id": "profanity-10.5",
    "start_time": "00:00:10.500",
    "start_time_seconds": 10.5,
    "end_time": "00:00:12.000",
    "end_time_seconds": 12.0,
    "duration_seconds": 1.5,
    "category": "Profanity",
    "labels": ["Profanity"],
    "detections": [{"label": "damn", "detector": "ear", "start": 10.5, "end": 12.0, "text": "damn"}],
}
THEIRS = {key: value for key, value in OURS.items() if key not in {"id", "category", "detections"}}
NAMED = {key: value for key, value in OURS.items() if key not in {"detections", "duration_seconds"}}


@pytest.mark.parametrize(
    ("entry", "change", "expected", "counts"),
    [
        (OURS, {"start_time": "00:09"}, (9.0, 12.0), '"start_time" counts: it was edited'),
        (OURS, {"start_time_seconds": 9.0}, (9.0, 12.0), '"start_time_seconds" counts: it was edited'),
        (OURS, {"end_time_seconds": 15}, (10.5, 15.0), '"end_time_seconds" counts: it was edited'),
        (OURS, {"end_time_seconds": 15, "duration_seconds": 4.5}, (10.5, 15.0), '"end_time_seconds" counts'),
        (OURS, {"start_time": "00:09", "end_time_seconds": 15}, (9.0, 15.0), '"end_time_seconds" counts'),
        (THEIRS, {"start_time": "00:09"}, (9.0, 12.0), '"start_time" counts: it was edited'),
        (THEIRS, {"start_time_seconds": 9.0}, (9.0, 12.0), '"start_time_seconds" counts: it was edited'),
        (THEIRS, {"end_time": 15.0}, (10.5, 15.0), '"end_time" counts: it was edited'),
        (THEIRS, {"start_time_seconds": 11, "end_time_seconds": 12.5}, (10.5, 12.0), "nothing tells which"),
        (NAMED, {"start_time_seconds": 9.0}, (9.0, 12.0), '"start_time_seconds" counts: it was edited'),
        (NAMED, {"start_time": "00:09"}, (9.0, 12.0), '"start_time" counts: it was edited'),
        (NAMED, {"end_time_seconds": 15}, (10.5, 12.0), '"end_time" counts: the text counts'),
    ],
)
def test_where_the_two_forms_of_a_time_differ_the_edited_one_counts(
    tmp_path: Path, entry: dict[str, Any], change: dict[str, Any], expected: tuple[float, float], counts: str
) -> None:
    results = read_results(put(tmp_path / "r.json", {"segments": [entry | change]}))
    (found,) = results.segments
    assert (found.start, found.end) == expected
    assert any(counts in doubt and "segment 1" in doubt for doubt in results.doubts), results.doubts


@pytest.mark.parametrize("number", [10.5, 10.4991, 10.5009, 10.50049999])
def test_a_number_with_more_decimals_than_its_text_agrees_with_it(tmp_path: Path, number: float) -> None:
    results = read_results(put(tmp_path / "r.json", {"segments": [THEIRS | {"start_time_seconds": number}]}))
    assert results.doubts == ()


def test_what_the_originals_review_window_saves_is_read_without_doubts(tmp_path: Path) -> None:
    entry = THEIRS | {"start_time": 10.5, "end_time": 12.0, "reviewed": True, "allow": True}
    results = read_results(put(tmp_path / "r.json", {"segments": [entry]}))
    assert [(each.start, each.end, each.allow, each.reviewed) for each in results.segments] == [
        (10.5, 12.0, True, True)
    ]
    assert results.doubts == ()


def test_what_does_no_harm_is_a_doubt(tmp_path: Path) -> None:
    document = {
        "metadata": {"flie": "a.mkv", "duration": "00:01:00.000", "duration_seconds": 90.0},
        "segments": [OURS, OURS | {"start_time": "00:11", "start_time_seconds": 11.0}],
    }
    results = read_results(put(tmp_path / "r.json", document))
    assert results.duration == 60.0
    metadata, duration, twice = results.doubts
    assert '"flie" is not known, the nearest is "file"; it is not kept' in metadata
    assert '"duration_seconds" is 90' in duration
    assert 'segment 2 has the id of another, "profanity-10.5"' in twice


def test_what_was_detected_may_be_without_length(tmp_path: Path) -> None:
    moment = {"start_time": "00:10.5", "end_time": "00:10.5", "labels": ["x"], "detections": [{"label": "x"}]}
    assert read_results(put(tmp_path / "r.json", {"segments": [moment]})).segments[0].duration == 0.0


def test_another_kind_of_file_is_distinguished_from_a_results_file_with_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    for text, kind in (("{", NotResults), ('{"segments": [', SegmentsError), ("[1]", NotResults)):
        path.write_text(text)
        with pytest.raises(SegmentsError) as caught:
            read_results(path)
        assert type(caught.value) is kind


@pytest.mark.parametrize("name", ["a folder", "/dev/zero"])
def test_what_cannot_be_read_whole_ends_in_a_message(tmp_path: Path, name: str) -> None:
    (tmp_path / "a folder").mkdir()
    with pytest.raises(SegmentsError, match=r"Is a directory|larger than"):
        read_results(tmp_path / name)


def test_a_segment_past_the_end_is_named(tmp_path: Path) -> None:
    path = put(tmp_path / "r.json", {"segments": [OURS, OURS | {"start_time": "01:10", "end_time": "01:12"}]})
    segments = read_results(path).segments
    assert require_within(path, segments, 71.5) == ()
    with pytest.raises(SegmentsError, match=r'"profanity-10\.5-2" is from 00:01:10\.000 to 00:01:12\.000'):
        require_within(path, segments, 70.0)
    (warning,) = require_within(path, segments[:1], 10.9)
    assert "but the film ends at 00:00:10.900" in warning


@pytest.mark.parametrize(("end", "fits"), [(10.5, True), (10.49, False)])
def test_a_word_without_length_may_be_the_last_there_is(tmp_path: Path, end: float, fits: bool) -> None:
    entry = ENTRY | {"end_time": 10.5, "detections": [{"label": "damn", "text": "damn"}]}
    path = put(tmp_path / "r.json", {"segments": [entry]})
    segments = read_results(path).segments
    if fits:
        assert require_within(path, segments, end) == ()
    else:
        with pytest.raises(SegmentsError, match="past the end"):
            require_within(path, segments, end)


def test_how_much_was_looked_at_is_read_as_it_was_written(tmp_path: Path) -> None:
    heard = Coverage(
        *(1, "audio", 0.5, 12.0, (Span(4.1, 6.0),), 3),
        missing=7,
        doubtful=(Span(8.0, 9.5),),
        detector="ears",
        language="eng",
    )
    written = Results("film.mkv", 12.0, (), incomplete=("ears", "eyes"), skipped=("eyes",), coverage=(heard,))
    write_results(tmp_path / "r.json", written)
    read = read_results(tmp_path / "r.json")
    assert (read.coverage, read.incomplete, read.skipped) == ((heard,), ("ears", "eyes"), ("eyes",))
    assert read.unseen == ("ears",)
    assert read.doubts == ()


def test_how_much_was_judged_is_read_as_it_was_written(tmp_path: Path) -> None:
    judged = Judged(9, 5, 4, 8.5, (Span(4.1, 6.0),), "it is down")
    seen = Coverage(0, "video", 0.0, 12.0, detector="judge", missing=0, judged=judged)
    write_results(tmp_path / "r.json", Results("film.mkv", 12.0, (), coverage=(seen,)))
    read = read_results(tmp_path / "r.json")
    assert read.coverage == (seen,)
    assert read.unseen == ("judge",)
    assert read.doubts == ()


@pytest.mark.parametrize("judged", ["5", [], {"asked_for": -1}, {"askd_for": 1}])
def test_what_is_no_number_of_judged_pictures_is_named(tmp_path: Path, judged: object) -> None:
    write_results(tmp_path / "r.json", Results("f.mkv", 2.0, (), coverage=(Coverage(0, "video", 0, 2),)))
    document = json.loads((tmp_path / "r.json").read_text())
    document["metadata"]["coverage"][0]["judged"] = judged
    (tmp_path / "r.json").write_text(json.dumps(document))
    with pytest.raises(SegmentsError, match=r"judged|askd_for"):
        read_results(tmp_path / "r.json")


def test_which_texts_were_read_is_read_as_it_was_written(tmp_path: Path) -> None:
    whole = Span(0.0, 12.0)
    read = (
        Coverage(None, "text", 0.0, 12.0, detector="reader", language="en", file="film.en.srt"),
        Coverage(None, "text", 0.0, 12.0, (whole,), detector="reader", file="film.srt", why="it is empty"),
        Coverage(3, "text", 0.0, 12.0, (whole,), detector="reader", why="it is pictures", is_excused=True),
    )
    assert [each.is_incomplete for each in read] == [False, True, False]
    write_results(tmp_path / "r.json", Results("film.mkv", 12.0, (), incomplete=("reader",), coverage=read))
    results = read_results(tmp_path / "r.json")
    assert (results.coverage, results.incomplete, results.doubts) == (read, ("reader",), ())
