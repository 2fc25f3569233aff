from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from video_censor_personal.analysis.assignment import EnabledDetector, assign
from video_censor_personal.config import Config
from video_censor_personal.config.values import DetectorConfig, ModelsConfig
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.findings.tracks import SoundTrack
from video_censor_personal.targets.inputs import decided_otherwise, observe_inputs, policy_inputs
from video_censor_personal.targets.notes import Made

FILM = "f" * 64


def observed(kind: str, *, model: str = "m", step: float = 1.0, **parameters: object) -> dict[str, Any]:
    """Return what the observations of one detector are noted to depend on."""
    detector = EnabledDetector("eye", detector_type(kind), "model", (), parameters)
    tracks = [SoundTrack(1, "eng"), SoundTrack(2, "deu")]
    found = assign(detector, FILM, tracks, step, lambda _: InstalledModel(Path(), (), model))
    return dict(observe_inputs(FILM, found))


@pytest.mark.parametrize(
    ("kind", "edit", "told"),
    [
        ("nsfw", {"model": "other"}, "model of eye"),
        ("nsfw", {"step": 0.5}, "sample_rate of eye"),
        ("nsfw", {"sample_rate": 0.25}, "sample_rate of eye"),
        ("speech", {"model": "other"}, "model of eye"),
        ("speech", {"language": "de"}, "language of eye"),
        ("speech", {"tracks": "all"}, "tracks of eye"),
    ],
)
def test_what_makes_a_film_be_looked_at_again_is_told(kind: str, edit: dict[str, Any], told: str) -> None:
    assert told in Made(observed(kind)).why_stale(observed(kind, **edit))


@pytest.mark.parametrize("edit", [{"threshold": 0.9}, {"step": 1}])
def test_what_is_decided_later_looks_at_nothing_again(edit: dict[str, Any]) -> None:
    assert Made(observed("nsfw")).why_stale(observed("nsfw", **edit)) == ()


def words(tmp_path: Path, **parameters: object) -> dict[str, Any]:
    detector = DetectorConfig("ear", "speech", "model", ("Profanity",), parameters=parameters)
    config = Config(None, ModelsConfig(tmp_path), detectors=(detector,))
    return dict(policy_inputs(config, allow_all=False))


def test_a_list_of_words_is_told(tmp_path: Path) -> None:
    before = words(tmp_path, words=["damn"])
    assert Made(before).why_stale(words(tmp_path, words=["damn", "hell"])) == ("words of ear",)


def test_a_file_of_words_is_its_content(tmp_path: Path) -> None:
    listed = tmp_path / "words.txt"
    listed.write_text("damn\n")
    before = words(tmp_path, word_file=str(listed))
    assert Made(before).why_stale(words(tmp_path, word_file=str(listed))) == ()
    listed.write_text("hell\n")
    assert Made(before).why_stale(words(tmp_path, word_file=str(listed))) == ("word_file of ear",)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": 2}, ("1 decision in the results",)),
        ({"a": 1, "b": 1}, {"a": 2, "b": 2}, ("2 decisions in the results",)),
        ({"a": 1}, {"a": 1, "b": 1}, ("1 segment found or no longer found",)),
        ({"a": 1, "b": 1}, {"c": 1}, ("3 segments found or no longer found",)),
    ],
)
def test_decisions_are_counted(before: dict[str, int], now: dict[str, int], told: tuple[str, ...]) -> None:
    assert decided_otherwise(before, now) == told
