"""What is described in words is found in a film, and an edit of the words rebuilds what it must, no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import pytest
import yaml

from tests.end_to_end.kit import Write, fetch, hub_entry
from tests.support.hub_server import HubServer
from tests.support.programs import video_censor
from tests.support.shot_films import red_film
from tests.support.tiny_clip import LAYOUTS, picture_network, tiny_clip
from tests.video_censor_personal.targets.shelf import Shelf, aged

REDS = [0.0] * 50 + [1.0] * 50 + [0.0] * 50
"""Six seconds, of which the third and fourth are red."""
FOUND = ("00:00:02.000", "00:00:04.000")
_LOOK: dict[str, Any] = {
    "name": "look",
    "type": "clip",
    "model": "m",
    "scale": 5,
    "prompts": [{"category": "Red", "text": ["a scarlet wall"]}],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_red_seconds_are_covered(hub: HubServer, config_file: Write, tmp_path: Path, layout: str) -> None:
    red_film(tmp_path / "film.mkv", REDS)
    hub.add("acme/m", tiny_clip(layout))
    config = config_file(
        hub_entry(),
        detectors=[_LOOK | {"scale": 100}],
        remediation={"video": {"enabled": True, "category_modes": {"Red": "blank"}}},
    )
    files = ("--input", "film.mkv", "--output", "r.json", "--output-video", "clean.mkv")

    reply = video_censor(tmp_path, *files, "--config", config, "--download-models")

    assert reply.code == 0, reply.err
    (found,) = json.loads((tmp_path / "r.json").read_text())["segments"]
    assert found["labels"] == ["Red"]
    assert (found["start_time"], found["end_time"]) == FOUND
    with av.open(str(tmp_path / "clean.mkv")) as copy:
        images = [frame.to_ndarray(format="rgb24") for frame in copy.decode(video=0)]
    covered = [number for number, image in enumerate(images) if image.max() < 8]
    assert set(range(50, 100)) <= set(covered) <= set(range(49, 101))


def test_networks_that_do_not_fit_are_named_and_nothing_is_made(
    hub: HubServer, config_file: Write, tmp_path: Path
) -> None:
    red_film(tmp_path / "film.mkv", REDS)
    usual = LAYOUTS["transformers.js"]
    hub.add("acme/m", tiny_clip() | {usual.pictures: picture_network(usual, numbers=6)})
    config = config_file(hub_entry(), detectors=[_LOOK])
    files = ("--input", "film.mkv", "--output", "r.json")

    reply = video_censor(tmp_path, *files, "--config", config, "--download-models")

    assert reply.code == 1
    assert "do not fit each other: a picture becomes 6 numbers, a text 4" in reply.err
    assert not (tmp_path / "r.json").exists()


@pytest.fixture
def shelf(hub: HubServer, tmp_path: Path) -> Shelf:
    """A shelf with that film, made once."""
    made = Shelf(tmp_path / "shelf")
    aged(red_film(made.films / "film.mkv", REDS))
    hub.add("acme/m", tiny_clip())
    made.config["models"]["sources"] = [hub_entry()]
    made.config["detectors"] = [dict(_LOOK)]
    made.config["detections"] = {"Red": {"enabled": True}}
    made.config["library"]["copy"] = None
    made.config_file.write_text(yaml.safe_dump(made.config))
    fetch(made.folder, made.config_file)
    assert made.run().observed == ["look"]
    assert spans(made) == [FOUND]
    return made


def spans(shelf: Shelf) -> list[tuple[str, str]]:
    segments = json.loads(shelf.made("results.json").read_text())["segments"]
    return [(each["start_time"], each["end_time"]) for each in segments]


def test_nothing_is_done_again(shelf: Shelf) -> None:
    assert shelf.run().tasks == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("threshold", 0.95),
        ("thresholds", {"Red": 0.95}),
        ("prompts", [{"category": "Red", "text": ["a scarlet wall"], "threshold": 0.95}]),
    ],
)
def test_a_threshold_opens_no_model(shelf: Shelf, key: str, value: object) -> None:
    shelf.edit(f"detectors.0.{key}", value)
    again = shelf.run()
    assert (again.tasks, again.observed) == (["segments", "exports"], [])
    assert spans(shelf) == []


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("prompts", [{"category": "Red", "text": ["a navy wall"]}], []),
        ("prompts", [{"category": "Red", "text": ["a navy wall", "a scarlet wall"]}], [FOUND]),
        ("neutral", ["a scarlet carpet on the floor of a hall"], []),
    ],
)
def test_other_words_look_again_and_the_first_ones_are_remembered(
    shelf: Shelf, key: str, value: object, found: list[tuple[str, str]]
) -> None:
    shelf.edit(f"detectors.0.{key}", value)
    assert f"{key} of look" in str(shelf.state().why_stale())
    again = shelf.run()
    assert (again.observed, spans(shelf)) == (["look"], found)
    shelf.config["detectors"] = [dict(_LOOK)]
    back = shelf.run()
    assert (back.observed, spans(shelf)) == ([], [FOUND])
