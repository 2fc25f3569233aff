from __future__ import annotations

import json
from pathlib import Path

import pytest

from video_censor_personal.detectors.base import Judgement
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.detectors.scripted import ScriptedDetector
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Box, Observation


def observe(script: Path) -> list[Observation]:
    detector = ScriptedDetector({"script": str(script)})
    detector.open(None)
    return list(detector.observe())


def test_it_reports_what_the_script_says_in_time_order(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    entries = [
        {"start": 2, "end": 2.5, "label": "Profanity", "score": 0.75, "text": "damn"},
        {"start": 1, "label": "Nudity", "box": [0.1, 0.2, 0.3, 0.4]},
    ]
    script.write_text(json.dumps(entries))
    assert observe(script) == [
        Observation(1.0, 1.0, "Nudity", 1.0, box=Box(0.1, 0.2, 0.3, 0.4), moment=1.0),
        Observation(2.0, 2.5, "Profanity", 0.75, "damn"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}x",
        "[1]",
        '[{"label": "x"}]',
        '[{"start": 1}]',
        '[{"start": 2, "end": 1, "label": "x"}]',
        '[{"start": -1, "label": "x"}]',
        '[{"start": 1, "label": "x", "score": 2}]',
        '[{"start": 1, "label": "x", "box": [1]}]',
        '[{"start": "soon", "label": "x"}]',
        '"text"',
        "7",
        "{}",
    ],
)
def test_a_script_that_makes_no_sense_is_an_error_not_a_clean_video(tmp_path: Path, content: str) -> None:
    script = tmp_path / "script.json"
    script.write_text(content)
    with pytest.raises(DetectorError, match=r"script\.json"):
        observe(script)


def test_an_absent_script_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=r"none\.json"):
        observe(tmp_path / "none.json")


def test_labels_choose_the_category_and_others_are_left_out() -> None:
    seen = [Observation(1, 2, "nudity", 1), Observation(3, 4, "Violence", 1), Observation(5, 5, "Nudity", 1)]
    terms = Judgement("s", ("Nudity",), detector_type("scripted").complete({}), step=0.5, duration=5.2)
    spans = [(hit.category, hit.start, hit.end) for hit in ScriptedDetector.decide(seen, terms)]
    assert spans == [("Nudity", 1, 2), ("Nudity", 4.5, 5.2)]


def test_a_box_of_an_instant_was_seen_then(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    place = {"label": "Nudity", "box": [0.1, 0.2, 0.3, 0.4]}
    script.write_text(json.dumps([{"start": 1, **place}, {"start": 2, "end": 3, **place}]))
    instant, lasting = observe(script)
    assert (instant.moment, lasting.moment) == (1.0, None)
