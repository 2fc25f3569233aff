from __future__ import annotations

import json
from typing import Any

import pytest

from video_censor_personal.findings.segments import PictureStyle
from video_censor_personal.review.changes import Add, Merge, Set, Split, Target, as_json, read_changes
from video_censor_personal.review.errors import NotPossible

OF = {"id": "nudity-1.0", "version": "aa"}
TARGET = Target("nudity-1.0", "aa")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"kind": "set", **OF, "allow": True}, Set(TARGET, {"allow": True})),
        (
            {"kind": "set", **OF, "note": "", "audio_remediation": None, "reviewed": None},
            Set(TARGET, {"note": None, "audio_remediation": None, "reviewed": None}),
        ),
        (
            {"kind": "set", **OF, "video_style": {"color": "#f00"}},
            Set(TARGET, {"video_style": PictureStyle(color="#ff0000")}),
        ),
        ({"kind": "set", **OF, "video_style": None}, Set(TARGET, {"video_style": PictureStyle()})),
        (
            {"kind": "set", **OF, "start": 1.00049, "category": " Art "},
            Set(TARGET, {"start": 1.0, "category": "Art"}),
        ),
        ({"kind": "add", "start": 0, "end": 60.02, "category": "Art"}, Add(0.0, 60.0, "Art")),
        ({"kind": "split", **OF, "at": 2}, Split(TARGET, 2.0)),
        ({"kind": "merge", "segments": [OF, OF]}, Merge((TARGET, TARGET))),
    ],
)
def test_changes_are_read(sent: dict[str, Any], read: Any) -> None:
    assert read_changes([sent], 60.0) == (read,)
    again = json.loads(json.dumps(as_json(read)))
    assert read_changes([again], 60.0) == (read,)


@pytest.mark.parametrize(
    ("sent", "field", "why"),
    [
        (None, "changes", "not a list"),
        ({"kind": "set"}, "changes", "not a list"),
        (["allow"], None, "change 1 is not an object"),
        ([{}], "kind", "none of set, add"),
        ([{"kind": ["set"]}], "kind", "none of set, add"),
        ([{"kind": "set", **OF}], "kind", "changes nothing"),
        ([{"kind": "set", **OF, "alow": True}], None, 'nearest is "allow"'),
        ([{"kind": "set", "id": "x", "allow": True}], "id", '"version".*missing'),
        ([{"kind": "set", "version": "x", "allow": True}], "id", '"id".*missing'),
        ([{"kind": "set", **OF, "id": 3, "allow": True}], "id", "3 is not a text"),
        ([{"kind": "set", **OF, "allow": "yes"}], "allow", "neither true nor false"),
        ([{"kind": "set", **OF, "allow": None}], "allow", "neither true nor false"),
        ([{"kind": "set", **OF, "reviewed": 1}], "reviewed", "neither true nor false"),
        ([{"kind": "set", **OF, "audio_remediation": "blank"}], "audio_remediation", "none of silence"),
        ([{"kind": "set", **OF, "video_remediation": "bleep"}], "video_remediation", "none of blank"),
        ([{"kind": "set", **OF, "video_style": "red"}], "video_style", "not an object"),
        ([{"kind": "set", **OF, "video_style": {"color": "red"}}], "video_style", "not a colour"),
        ([{"kind": "set", **OF, "video_style": {"strength": 2}}], "video_style", "between 0 and 1"),
        ([{"kind": "set", **OF, "note": "x" * 2001}], "note", "more than 2,000"),
        ([{"kind": "set", **OF, "note": ["x"]}], "note", "not a text"),
        ([{"kind": "set", **OF, "category": "  "}], "category", "empty"),
        ([{"kind": "set", **OF, "start": None}], "start", "missing"),
        ([{"kind": "set", **OF, "start": "1:00"}], "start", "not a number"),
        ([{"kind": "set", **OF, "start": float("nan")}], "start", "not a number"),
        ([{"kind": "set", **OF, "start": float("inf")}], "start", "not between"),
        ([{"kind": "set", **OF, "start": True}], "start", "not a number"),
        ([{"kind": "add", "start": 1, "category": "Art"}], "end", "missing"),
        ([{"kind": "add", "start": 1, "end": 2}], "category", "empty"),
        ([{"kind": "add", "start": 1, "end": 2, "category": "A", "allow": True}], None, "allow"),
        ([{"kind": "split", **OF}], "at", "missing"),
        ([{"kind": "split", **OF, "at": 61}], "at", "ends at 1:00.00"),
        ([{"kind": "merge", "segments": "all"}], "segments", "not a list"),
        ([{"kind": "restore", "replaces": [], "segments": [{"start": 1}]}], "segments", "nothing|known"),
        ([{"kind": "restore", "replaces": [], "segments": [{"place": "attic"}]}], "segments", "attic"),
        ([{"kind": "set", **OF, "allow": True}, {"kind": "remove", "id": "x"}], "id", "change 2"),
    ],
)
def test_what_cannot_be_meant_is_named(sent: Any, field: str | None, why: str) -> None:
    with pytest.raises(NotPossible, match=why) as caught:
        read_changes(sent, 60.0)
    assert caught.value.field == field
    assert "file" not in caught.value.fix


def test_no_changes_are_none() -> None:
    assert read_changes([], 60.0) == ()


def test_without_a_length_any_time_may_be() -> None:
    assert read_changes([{"kind": "split", **OF, "at": 90}], None) == (Split(TARGET, 90.0),)
