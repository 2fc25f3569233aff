"""`video-censor --output-video …`: what was seen is covered, or the run says why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import Outcome, video_censor
from tests.video_censor_personal.render.pictures import frames, is_red

FOUND = [
    {"start": 0.5, "end": 0.8, "label": "Nudity", "score": 0.9},
    {"start": 1.5, "end": 1.6, "label": "Nudity", "score": 0.4},
    {"start": 2.0, "end": 2.2, "label": "Profanity", "score": 0.9, "text": "damn"},
]
FIRST, SECOND, WORD = range(12, 21), range(37, 41), range(50, 56)
VIDEO: dict[str, Any] = {
    "enabled": True,
    "mode": "none",
    "category_modes": {"Nudity": "blank"},
    "blank_color": "#c02040",
}


@pytest.fixture
def here(film_folder: Path) -> Path:
    (film_folder / "script.json").write_text(json.dumps(FOUND))
    return film_folder


@pytest.fixture
def config(config_file: Callable[..., Path], here: Path) -> Callable[..., Path]:
    """Write a config; `remediation.video` by keyword."""

    def write(threshold: float = 0.3, **video: object) -> Path:
        detector = {"name": "notes", "type": "scripted", "script": str(here / "script.json")}
        return config_file(
            detectors=[{**detector, "categories": ["Profanity", "Nudity"], "threshold": threshold}],
            processing={"segment_merge": {"enabled": False}},
            remediation={
                "audio": {"enabled": True, "categories": ["Profanity"]},
                "video": {**VIDEO, **video},
            },
        )

    return write


def clean(here: Path, config: Path, *more: object) -> Outcome:
    arguments = ("--input", "film.mp4", "--output", "r.json", "--output-video", "clean.mp4", "--json")
    return video_censor(here, *arguments, "--config", config, *more)


def covered(here: Path) -> list[int]:
    return [number for number, frame in enumerate(frames(here / "clean.mp4")) if is_red(frame.image)]


def decide(here: Path, label: str, **decisions: object) -> None:
    """Write decisions into the segments of a label, as a person would."""
    document = json.loads((here / "r.json").read_text())
    for segment in document["segments"]:
        if label in segment["labels"]:
            segment.update(decisions)
    (here / "r.json").write_text(json.dumps(document))


def test_what_was_seen_is_covered_and_what_was_heard_is_muted(
    here: Path, config: Callable[..., Path]
) -> None:
    reply = clean(here, config())

    assert reply.code == 0, reply.err
    assert covered(here) == [*FIRST, *SECOND]
    assert reply.json["analysis"]["edits"] == 3
    assert "3 edits: clean.mp4 (written)" in reply.err


def test_another_threshold_makes_another_copy_and_the_same_makes_none(
    here: Path, config: Callable[..., Path]
) -> None:
    clean(here, config())
    assert clean(here, config()).json["analysis"]["output_video_written"] is False

    reply = clean(here, config(threshold=0.8))

    assert reply.json["analysis"]["output_video_written"] is True
    assert reply.json["analysis"]["observed"] == []
    assert covered(here) == [*FIRST]


def test_decisions_of_a_person_count(here: Path, config: Callable[..., Path]) -> None:
    clean(here, config())
    decide(here, "Nudity", allow=True)
    decide(here, "Profanity", video_remediation="blank")

    reply = clean(here, config())

    assert reply.code == 0, reply.err
    assert covered(here) == [*WORD]


def test_a_blur_that_does_not_know_where_is_told_and_hides_the_whole_picture(
    here: Path, config: Callable[..., Path]
) -> None:
    reply = clean(here, config(category_modes={"Nudity": "box"}))

    assert reply.code == 0, reply.err
    assert covered(here) == [*FIRST, *SECOND]
    told = (
        "Nothing says where in the picture 'nudity-0.5', 'nudity-1.5' is: the whole picture is hidden there"
    )
    assert reply.err.count(told) == 1
    assert told in reply.json["analysis"]["warnings"]


def test_a_segment_is_hidden_in_its_own_way(here: Path, config: Callable[..., Path]) -> None:
    clean(here, config(category_modes={"Nudity": "blur"}))
    assert covered(here) == []
    decide(here, "Nudity", video_remediation="blank", video_style={"color": "#C02040"})

    reply = clean(here, config(category_modes={"Nudity": "blur"}, blank_color="#000000"))

    assert reply.code == 0, reply.err
    assert covered(here) == [*FIRST, *SECOND]


CUTS: dict[str, dict[str, Any]] = {
    "for all": {"mode": "cut", "category_modes": {"Profanity": "none"}},
    "for a category": {"category_modes": {"Nudity": "cut"}},
}


@pytest.mark.parametrize("setting", CUTS)
def test_what_was_seen_is_cut_out(here: Path, config: Callable[..., Path], setting: str) -> None:
    before = [each.time for each in frames(here / "film.mp4")]

    reply = clean(here, config(**CUTS[setting]))

    assert reply.code == 0, reply.err
    assert "2 stretches of 0.4 s cut out" in reply.err
    after = [each.time for each in frames(here / "clean.mp4")]
    gone = (*FIRST, *SECOND)
    assert len(after) == len(before) - len(gone)
    # Where the copy goes on it has no gap.
    assert max(b - a for a, b in pairwise(after)) == max(b - a for a, b in pairwise(before))


def test_a_person_may_cut_what_the_config_covers(here: Path, config: Callable[..., Path]) -> None:
    clean(here, config())
    decide(here, "Nudity", video_remediation="cut")

    reply = clean(here, config())

    assert reply.code == 0, reply.err
    assert covered(here) == []
    assert len(frames(here / "clean.mp4")) == len(frames(here / "film.mp4")) - len((*FIRST, *SECOND))


def test_cuts_that_leave_nothing_are_refused(here: Path, config: Callable[..., Path]) -> None:
    (here / "script.json").write_text(json.dumps([{**FOUND[0], "start": 0.0, "end": 99.0}]))

    reply = clean(here, config(category_modes={"Nudity": "cut"}))

    assert reply.code == 2, reply.err
    assert "the cuts take all of stream 0 (video, h264, und)" in reply.err
    assert not (here / "clean.mp4").exists()


@pytest.mark.parametrize(("key", "word"), [("video_remediation", "smear"), ("audio_remediation", "mute")])
def test_an_action_that_nobody_knows_is_named(
    here: Path, config: Callable[..., Path], key: str, word: str
) -> None:
    clean(here, config())
    (here / "clean.mp4").unlink()
    decide(here, "Nudity", **{key: word})

    reply = clean(here, config())

    assert reply.code == 2
    assert f'has a wrong "{key}": "{word}" is none of' in reply.err
    assert "Traceback" not in reply.err
    assert not (here / "clean.mp4").exists()
