from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.video_censor_personal.examples import hit, segment, word
from video_censor_personal.findings.reviews import merge_reviews
from video_censor_personal.findings.segments import PictureStyle


@pytest.mark.parametrize(
    "decision",
    [
        {"allow": True},
        {"reviewed": True},
        {"reviewed": False},
        {"allow": True, "reviewed": True},
        {"audio_remediation": "bleep"},
        {"video_remediation": "none"},
        {"video_style": PictureStyle(strength=0.0)},
        {"note": "a statue"},
        {"start": 9.5, "end": 10.7},
    ],
)
@pytest.mark.parametrize("end", [10.0, 11.0])
def test_a_decision_survives_another_analysis(decision: dict[str, Any], end: float) -> None:
    found = segment(10.0, end)
    decided = replace(found, **decision)
    merged = merge_reviews([found], [decided])
    assert merged.segments == (decided,)
    assert (merged.retired, merged.warnings) == ((), ())


def test_a_decision_waits_for_a_segment_that_a_threshold_hides() -> None:
    found = segment(10.0, 11.0)
    decided = replace(found, allow=True, reviewed=True, note="fine")
    hidden = merge_reviews([], [decided])
    assert (hidden.segments, hidden.retired) == ((), (decided,))
    back = merge_reviews([found], hidden.segments + hidden.retired)
    assert (back.segments, back.retired) == ((decided,), ())


def test_what_nobody_decided_goes_when_it_is_not_found() -> None:
    merged = merge_reviews([], [segment(10.0, 11.0)])
    assert (merged.segments, merged.retired) == ((), ())


def test_a_segment_made_by_hand_stays_beside_what_is_found_there() -> None:
    own = segment(10.0, 20.0, detections=(), labels=("Profanity",), note="mine")
    found = segment(10.0, 11.0)
    merged = merge_reviews([found], [own])
    assert [(each.start, each.end, each.note) for each in merged.segments] == [
        (10, 11, None),
        (10, 20, "mine"),
    ]
    again = merge_reviews([found], merged.segments)
    assert again.segments == merged.segments, "and once more changes nothing"


def test_a_copy_moved_by_hand_to_another_place_counts_as_made_by_hand() -> None:
    copy = segment(50.0, 51.0, id="profanity-50.0", detections=(hit(10, 11),))
    assert merge_reviews([segment(10.0, 11.0)], [copy]).segments[1] == copy


def test_slightly_different_times_are_the_same_segment() -> None:
    decided = segment(10.0, 11.0, allow=True)
    merged = merge_reviews([segment(10.2, 11.1)], [decided])
    assert [(each.id, each.start, each.allow) for each in merged.segments] == [("profanity-10.2", 10.2, True)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(segment(10.0, 11.0), segment(10.0, 15.0), id="it reaches further"),
        pytest.param(
            segment(10.0, 11.0, detections=(word(10, 11, "damn"),)),
            segment(10.0, 11.0, detections=(word(10, 11, "worse"),)),
            id="another word",
        ),
        pytest.param(
            segment(10.0, 11.0), segment(10.0, 11.0, labels=("Profanity", "gore")), id="another label"
        ),
    ],
)
@pytest.mark.parametrize("permission", [{"allow": True}, {"audio_remediation": "none"}])
def test_permission_is_not_stretched(old: Any, new: Any, permission: dict[str, Any]) -> None:
    merged = merge_reviews([new], [replace(old, reviewed=True, note="was fine", **permission)])
    (found,) = merged.segments
    assert (found.allow, found.audio_remediation, found.reviewed) == (False, None, None)
    assert found.note == "was fine"
    assert len(merged.warnings) == 1
    assert found.id in merged.warnings[0]


def test_categories_do_not_lend_each_other_permission() -> None:
    merged = merge_reviews([segment(10, 11, "Nudity")], [segment(10, 11, "Violence", allow=True)])
    assert [(each.category, each.allow) for each in merged.segments] == [("Nudity", False)]
    assert [each.category for each in merged.retired] == ["Violence"]


@pytest.mark.parametrize(
    ("old_allow", "reviewed", "default", "new_allow", "expected"),
    [
        (
            True,
            None,
            True,
            False,
            False,
        ),  # allowed by --allow-all-segments only: without the flag it is censored
        (True, True, True, False, True),  # somebody looked and left it allowed
        (False, None, True, True, False),  # somebody took the permission back
        (False, None, False, True, True),  # nobody decided; the flag now allows
        (False, True, False, True, False),  # somebody looked and left it censored
        (True, None, False, False, True),
    ],
)
def test_the_flag_that_allows_all_is_nobodys_decision(
    *, old_allow: bool, reviewed: bool | None, default: bool, new_allow: bool, expected: bool
) -> None:
    old = segment(10.0, 11.0, allow=old_allow, reviewed=reviewed)
    merged = merge_reviews([segment(10.0, 11.0, allow=new_allow)], [old], allowed_by_default=default)
    assert merged.segments[0].allow is expected


@pytest.mark.parametrize(
    ("before", "allow", "after", "expected"),
    [
        ("doubtful", True, "sure", False),
        ("sure", False, "doubtful", True),
        ("doubtful", False, "doubtful", False),
        ("doubtful", False, "weak", False),
        ("sure", True, "doubtful", True),
        ("sure", True, "sure", True),
    ],
)
def test_what_an_analysis_allowed_for_its_doubts_is_nobodys_decision(
    before: str, allow: bool, after: str, expected: bool
) -> None:
    old = segment(10.0, 11.0, certainty=before, allow=allow)
    new = segment(10.0, 11.0, certainty=after, allow=after != "sure")
    (merged,) = merge_reviews([new], [old]).segments
    assert (merged.allow, merged.certainty) == (expected, after)
