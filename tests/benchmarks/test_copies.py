"""What a benchmark asks for is what the program reads."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from copies import Found, spread, write_config, write_results

from video_censor_personal.config import load_config
from video_censor_personal.edits.plan import plan_edits
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.observations import Sighting


def test_spans_are_as_long_as_asked_and_apart() -> None:
    spans = spread(28, 1.0, 600.0, 0.31)
    assert len(spans) == 28
    assert {round(end - start, 3) for start, end in spans} == {1.0}
    assert all(a[1] < b[0] for a, b in pairwise(spans))
    assert spans[0][0] > 0
    assert spans[-1][1] < 600.0


def test_what_was_found_is_read_as_it_was_meant(tmp_path: Path) -> None:
    found = [
        Found(1.0, 1.4, "Profanity", "damn"),
        Found(2.0, 4.0, boxes=((2.5, (0.1, 0.2, 0.3, 0.4)), (3.0, (0.2, 0.2, 0.3, 0.4)))),
        Found(5.0, 6.0, picture="cut", allow=True),
    ]
    results = read_results(write_results(tmp_path / "results.json", tmp_path / "film.mkv", found))
    word, face, gone = results.segments
    assert (word.start, word.end, word.detections[0].text) == (1.0, 1.4, "damn")
    sightings = face.detections[0].sightings
    assert [(each.start, each.moment, each.end) for each in sightings] == [(2.0, 2.5, 3.0), (2.5, 3.0, 4.0)]
    assert all(isinstance(each, Sighting) and each.box.height == 0.4 for each in sightings)
    assert (gone.video_remediation, gone.allow) == ("cut", True)


@pytest.mark.parametrize(
    ("audio", "video", "edits"),
    [({}, None, (1, 0)), (None, {"mode": "blank"}, (0, 1)), ({"mode": "bleep"}, {"mode": "blank"}, (1, 1))],
)
def test_a_config_switches_on_what_it_names_only(
    tmp_path: Path,
    audio: dict[str, object] | None,
    video: dict[str, object] | None,
    edits: tuple[int, int],
) -> None:
    config = load_config(write_config(tmp_path / "config.yaml", audio, video))
    found = [Found(1.0, 1.4, "Profanity", "damn"), Found(2.0, 4.0)]
    segments = read_results(write_results(tmp_path / "results.json", tmp_path / "film.mkv", found)).segments
    planned = plan_edits(segments, config)
    assert (len(planned.sound), len(planned.picture)) == edits
