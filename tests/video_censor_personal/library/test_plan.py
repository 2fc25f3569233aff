"""Where what is made of films goes, and what is told of films that cannot have it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from video_censor_personal.config import parse_config
from video_censor_personal.config.library import EXPORT_FORMATS
from video_censor_personal.export.formats import FORMATS
from video_censor_personal.library.plan import LibraryPlan, plan_films, plan_library


def planned(folder: Path, library: str, *films: str, copies: tuple[str, ...] = ()) -> LibraryPlan:
    """Return the plan of a library in a folder with these films."""
    for film in (*films, *copies):
        path = folder / film
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"film")
    text = f"detectors: [{{type: scripted}}]\nlibrary: {{{library.replace('HERE', str(folder))}}}\n"
    config = parse_config(text, "c.yaml")
    return plan_library(config, lambda path: str(path.relative_to(folder)) in copies)


def made(plan: LibraryPlan, folder: Path) -> dict[str, list[str]]:
    """Return the copies of each film, as paths below the folder."""
    return {
        str(entry.path.relative_to(folder)): [
            str(version.copy.relative_to(folder)) for version in entry.versions if version.copy is not None
        ]
        for entry in plan.entries
    }


PLACES: dict[str, tuple[str, tuple[str, ...], dict[str, list[str]]]] = {
    "beside each film": (
        "films: [HERE/films/**/*]",
        ("films/a/x.mkv", "films/y.mp4"),
        {"films/a/x.mkv": ["films/a/x.clean.mkv"], "films/y.mp4": ["films/y.clean.mp4"]},
    ),
    "a tree of their own": (
        "films: [HERE/films/**/*], output_dir: HERE/clean",
        ("films/a/x.mkv", "films/y.mp4"),
        {"films/a/x.mkv": ["clean/a/x.clean.mkv"], "films/y.mp4": ["clean/y.clean.mp4"]},
    ),
    "called as the film": (
        "films: [HERE/films/*], output_dir: HERE/clean, copy: '{name}'",
        ("films/x.mkv",),
        {"films/x.mkv": ["clean/x.mkv"]},
    ),
    "what cannot be written is Matroska": (
        "films: [HERE/films/*]",
        ("films/x.avi", "films/y.TS"),
        {"films/x.avi": ["films/x.clean.mkv"], "films/y.TS": ["films/y.clean.mkv"]},
    ),
    "also where the whole name is kept": (
        "films: [HERE/films/*], output_dir: HERE/clean, copy: '{name}'",
        ("films/x.avi",),
        {"films/x.avi": ["clean/x.mkv"]},
    ),
    "no copies": ("films: [HERE/films/*], copy: null", ("films/x.mkv",), {"films/x.mkv": []}),
    "one for each profile": (
        "films: [HERE/films/*], profiles: {small: {}, teen: {copy: 'teen {stem}{suffix}'}}",
        ("films/x.mkv",),
        {"films/x.mkv": ["films/x.small.mkv", "films/teen x.mkv"]},
    ),
    "a folder of copies inside the library": (
        "films: [HERE/**/*], output_dir: HERE/clean",
        ("x.mkv", "clean/old.mkv"),
        {"x.mkv": ["clean/x.clean.mkv"]},
    ),
}


@pytest.mark.parametrize("case", PLACES)
def test_what_is_made_has_its_place(tmp_path: Path, case: str) -> None:
    library, films, expected = PLACES[case]
    plan = planned(tmp_path, library, *films)
    assert made(plan, tmp_path) == expected
    assert plan.problems == ()


def test_copies_beside_films_are_no_films(tmp_path: Path) -> None:
    plan = planned(tmp_path, "films: [HERE/*.mkv]", "x.mkv", copies=("x.clean.mkv", "y.older.mkv"))
    assert made(plan, tmp_path) == {"x.mkv": ["x.clean.mkv"]}
    assert plan.problems == ()


CLASHES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...], set[str]]] = {
    "two films with one copy": (
        "films: [HERE/*]",
        ("x.avi", "x.mkv", "y.mkv"),
        ("x.avi", "x.mkv"),
        {"y.mkv"},
    ),
    "names that differ by case alone": (
        "films: [HERE/*/*.mkv], output_dir: HERE/clean, copy: '{stem}.mkv'",
        ("a/X.mkv", "a/x.mkv", "a/y.mkv"),
        ("X.mkv", "x.mkv"),
        {"a/y.mkv"},
    ),
    "a copy where another film is": (
        "films: [HERE/*.mkv]",
        ("x.mkv", "x.clean.mkv", "y.mkv"),
        ("x.mkv", "x.clean.mkv"),
        {"y.mkv"},
    ),
}


@pytest.mark.parametrize("case", CLASHES)
def test_films_that_would_have_one_file_are_told_and_the_rest_is_done(tmp_path: Path, case: str) -> None:
    library, films, named, kept = CLASHES[case]
    plan = planned(tmp_path, library, *films)
    assert set(made(plan, tmp_path)) == kept
    told = " ".join(map(str, plan.problems))
    assert plan.problems
    assert all(name in told for name in named)


def test_a_pattern_that_matches_nothing_stops_no_other(tmp_path: Path) -> None:
    plan = planned(tmp_path, "films: [HERE/*.avi, HERE/*.mkv, HERE/gone/*.mkv]", "x.mkv")
    assert set(made(plan, tmp_path)) == {"x.mkv"}
    told = [str(problem) for problem in plan.problems]
    assert len(told) == 2
    assert "*.avi" in told[0]
    assert "gone" in told[1]
    assert [problem.kind for problem in plan.problems] == ["config", "media"]


def test_the_config_knows_the_formats_that_there_are() -> None:
    assert set(EXPORT_FORMATS) == {*FORMATS, "report"}


def test_exports_lie_beside_the_results(tmp_path: Path) -> None:
    plan = planned(
        tmp_path, "films: [HERE/films/*], output_dir: HERE/out, exports: [edl, csv]", "films/x.mkv"
    )
    (version,) = plan.entries[0].versions
    assert version.exports == {"edl": tmp_path / "out/x.edl", "csv": tmp_path / "out/x.segments.csv"}


def test_films_of_a_command_line_have_everything_beside_them(tmp_path: Path) -> None:
    films = [tmp_path / "a/x.mkv", tmp_path / "y.avi"]
    for film in films:
        film.parent.mkdir(exist_ok=True)
        film.write_bytes(b"film")
    text = "detectors: [{type: scripted}]\nlibrary: {films: [/nowhere/*], output_dir: /elsewhere}\n"
    plan = plan_films([*films, films[0]], parse_config(text, "c.yaml"))
    assert made(plan, tmp_path) == {"a/x.mkv": ["a/x.clean.mkv"], "y.avi": ["y.clean.mkv"]}
    assert [version.results for entry in plan.entries for version in entry.versions] == [
        tmp_path / "a/x.results.json",
        tmp_path / "y.results.json",
    ]
