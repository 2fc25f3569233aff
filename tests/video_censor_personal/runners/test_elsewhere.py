"""What a value becomes on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.analysis.observation_store import ObservationKey
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.detectors.scripted import ScriptedDetector
from video_censor_personal.runners.elsewhere import Elsewhere

FILMS, KIDS, CLEAN = Path("/home/ann/Films"), Path("/home/ann/Films/kids"), Path("/home/ann/Films-clean")
THERE = Elsewhere({FILMS: Path("/mnt/films"), KIDS: Path("/mnt/k")})


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (FILMS, "/mnt/films"),
        (FILMS / "a" / "b.mkv", "/mnt/films/a/b.mkv"),
        (KIDS / "b.mkv", "/mnt/k/b.mkv"),
        (CLEAN / "b.mkv", str(CLEAN / "b.mkv")),
        (FILMS.parent, str(FILMS.parent)),
        (Path("b.mkv"), "b.mkv"),
    ],
    ids=str,
)
def test_a_path_is_called_as_its_nearest_folder_is(here: Path, there: str) -> None:
    assert THERE.path(here) == Path(there)
    assert THERE.back().path(Path(there)) == here


class Pair(NamedTuple):
    name: str
    path: Path


NOBODY = Pair("", Path())


@dataclass(frozen=True, slots=True)
class Held:
    """Holds paths in every way that values of ours do."""

    one: Path
    several: tuple[Path, ...] = ()
    pair: Pair = NOBODY
    listed: list[Path] = field(default_factory=list)
    named: Mapping[str, object] = field(default_factory=dict)
    text: str = ""
    made: int = field(default=0, init=False)


def test_paths_are_found_however_deep_they_are() -> None:
    film, there = FILMS / "a.mkv", Path("/mnt/films/a.mkv")
    view = MappingProxyType({"deep": (Held(film),)})
    moved = THERE.moved(Held(film, (film, CLEAN), Pair("x", film), [film], view, str(film)))
    expected = MappingProxyType({"deep": (Held(there),)})
    assert moved == Held(there, (there, CLEAN), Pair("x", there), [there], expected, str(film))
    assert type(moved.named) is MappingProxyType


def test_what_holds_no_path_of_those_folders_is_not_copied() -> None:
    value = Held(CLEAN, (CLEAN,), Pair("x", CLEAN), [CLEAN], {"a": {"b": 1}})
    assert THERE.moved(value) is value
    assert THERE.moved(Held) is Held


def test_a_model_is_the_one_that_is_installed_there() -> None:
    ours = InstalledModel(FILMS / "model", ("a.bin",), "digest")
    theirs = InstalledModel(Path("/models/x"), ("a.bin",), "digest")
    there = Elsewhere({FILMS: Path("/mnt/films")}, {"digest": theirs})
    assert there.moved((ours,)) == (theirs,)
    assert there.back().moved(theirs) is theirs


def test_a_file_that_a_detector_reads_is_named_as_it_is_there() -> None:
    key = ObservationKey("film", "scripted", "1", None)
    script = str(FILMS / "script.json")
    ours = Assignment("s", ScriptedDetector, (), {"script": script, "other": script}, 1.0, None, key)
    moved = THERE.moved(ours)
    assert moved.parameters == {"script": "/mnt/films/script.json", "other": script}
    assert moved.key is key
