from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.video_censor_personal.examples import segment, word
from tests.video_censor_personal.review.films import FOUND, Page, results_path
from video_censor_personal.export.stretches import Treated, title_of
from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.segments import Segment
from video_censor_personal.review.segment_view import segment_json


def test_a_segment_is_told_as_in_the_file_with_what_a_copy_does() -> None:
    told = segment_json(Treated(FOUND[2], Span(29.8, 50.2), Span(30.0, 50.0), "bleep", "blur"), version="aa")
    assert json.loads(json.dumps(told)) == told
    assert (told["id"], told["start_time_seconds"], told["end_time_seconds"]) == ("nudity-30.0", 30.0, 50.0)
    assert told["video_style"] == {"strength": 0.7}
    assert (told["reviewed"], told["note"], told["audio_remediation"]) == (None, None, None)
    assert told["detections"][1]["box"] == {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}
    assert not any("sightings" in each for each in told["detections"])
    assert (told["version"], told["hand_made"], told["moved"], told["arranged"]) == (
        "aa",
        False,
        False,
        False,
    )
    assert told["effect"] == {
        "sound": "bleep",
        "sound_span": [29.8, 50.2],
        "picture": "blur",
        "picture_span": [30.0, 50.0],
    }


def test_nothing_is_done_where_nothing_is_hidden() -> None:
    told = segment_json(Treated(FOUND[3], None, None), "aa")
    assert told["effect"] == {"sound": "none", "sound_span": None, "picture": "none", "picture_span": None}


def test_what_a_person_made_or_moved_is_said_to_be_so(tmp_path: Path) -> None:
    page = Page(results_path(tmp_path), tmp_path)
    page.send({"kind": "add", "start": 1, "end": 2, "category": "Nudity"})
    page.send({"kind": "set", **page.of("profanity-10.0"), "end": 11.5})
    page.send({"kind": "split", **page.of("nudity-30.0"), "at": 33})
    told = [segment_json(Treated(each), "") for each in page.all()]
    assert [(each["hand_made"], each["moved"], each["arranged"]) for each in told[:5]] == [
        (True, False, False),
        (False, True, False),
        (False, False, False),
        (False, True, True),
        (False, True, True),
    ]


@pytest.mark.parametrize(
    ("found", "title"),
    [
        (FOUND[0], "d***"),
        (FOUND[1], "h***, d***"),
        (FOUND[2], "nsfw"),
        (segment(1, 2, detections=(), labels=("Profanity",)), "Profanity"),
        (segment(1, 2, detections=tuple(word(1, 2, text) for text in "abcde")), "a, b, c and 2 more"),
        (segment(1, 2, detections=(word(1, 2, "son of a"),)), "s** o* a"),
        (segment(1, 2, labels=("Profanity", "<b>\nx\x1b[0m")), r"<b>\nx\x1b[0m"),
        (segment(1, 2, detections=(word(1, 2, "<script>"),)), "<s******"),
    ],
)
def test_a_list_masks_the_words_and_shows_markup_as_text(found: Segment, title: str) -> None:
    assert title_of(found) == title
    assert title_of(replace(found, allow=True)) == title
