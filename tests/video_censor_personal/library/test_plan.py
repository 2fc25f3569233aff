"""Where what is made of films goes, and what is told of films that cannot have it there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.video_censor_personal.library.shelves import put
from tests.video_censor_personal.library.test_writers import HOLDS_OPEN, linux, running
from video_censor_personal.config import parse_config
from video_censor_personal.config.library import EXPORT_FORMATS
from video_censor_personal.export.formats import FORMATS
from video_censor_personal.library.discover import Discovery, find_named
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
    "names that differ by how accents are written": (
        "films: [HERE/*.mkv], output_dir: HERE/clean",
        ("Am\u00e9.mkv", "Ame\u0301.mkv", "y.mkv"),
        ("Am\u00e9.mkv", "Ame\u0301.mkv"),
        {"y.mkv"},
    ),
    "one place below two patterns": (
        "films: [HERE/a/*.mkv, HERE/b/*.mkv], output_dir: HERE/clean",
        ("a/x.mkv", "b/x.mkv", "b/y.mkv"),
        ("a/x.mkv", "b/x.mkv"),
        {"b/y.mkv"},
    ),
    "one results file": ("films: [HERE/*], copy: null", ("x.mkv", "x.mp4"), ("x.mkv", "x.mp4"), set()),
    "an export in the place of the results": (
        "films: [HERE/*.mkv], exports: [plexautoskip], results: '{stem}.plexautoskip.json'",
        ("x.mkv",),
        ("x.mkv", "the results and the export plexautoskip"),
        set(),
    ),
    "the film itself": (
        "films: [HERE/*.mkv], output_dir: HERE, copy: '{name}'",
        ("x.mkv",),
        ("x.mkv", "written over the film itself"),
        set(),
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


@pytest.mark.parametrize("field", ["{name}", "{stem}{suffix}"])
def test_films_that_differ_by_suffix_stay_apart_where_names_say_it(tmp_path: Path, field: str) -> None:
    library = f"films: [HERE/*], results: '{field}.json', copy: '{{name}}.clean{{suffix}}', exports: [edl]"
    plan = planned(tmp_path, library, "x.avi", "x.mkv")
    assert plan.problems == ()
    assert made(plan, tmp_path) == {"x.avi": ["x.avi.clean.mkv"], "x.mkv": ["x.mkv.clean.mkv"]}
    exports = [version.exports["edl"].name for entry in plan.entries for version in entry.versions]
    assert exports == ["x.avi.edl", "x.mkv.edl"]


def test_a_copy_is_not_written_over_what_a_film_leads_to(tmp_path: Path) -> None:
    put(tmp_path, "store/x.mkv", "films/y.mkv")
    (tmp_path / "films" / "x.mkv").symlink_to(tmp_path / "store" / "x.mkv")
    plan = planned(tmp_path, "films: [HERE/films/*.mkv], output_dir: HERE/store, copy: '{name}'")
    assert set(made(plan, tmp_path)) == {"films/y.mkv"}
    (problem,) = plan.problems
    assert "written over the film itself" in str(problem)


@linux
def test_a_copy_that_would_land_on_a_film_that_is_being_written(tmp_path: Path) -> None:
    put(tmp_path, "x.mkv", "x.clean.mkv", "y.mkv")
    with running(HOLDS_OPEN, tmp_path / "x.clean.mkv", "ab"):
        plan = planned(tmp_path, "films: [HERE/*.mkv]")
    assert set(made(plan, tmp_path)) == {"y.mkv"}
    assert plan.waiting == (tmp_path / "x.clean.mkv",)
    (problem,) = plan.problems
    assert problem.what == f"Neither {tmp_path}/x.mkv nor {tmp_path}/x.clean.mkv was looked at"


@linux
def test_no_name_depends_on_who_is_being_written(tmp_path: Path) -> None:
    put(tmp_path, "a/x.mkv", "b/x.mkv")
    library = "films: [HERE/a/*.mkv, HERE/b/*.mkv], output_dir: HERE/clean, results: '{stem}.json'"
    alone = planned(tmp_path, "films: [HERE/b/*.mkv]").entries[0].name
    beside = {e.path.parent.name: e.name for e in planned(tmp_path, "films: [HERE/*/x.mkv]").entries}
    with running(HOLDS_OPEN, tmp_path / "a/x.mkv", "ab"):
        (entry,) = planned(tmp_path, library).entries
        (other,) = planned(tmp_path, "films: [HERE/*/x.mkv]").entries
    assert entry.name != alone  # both patterns have such a film, and so both names are longer
    assert other.name == beside["b"]


def test_a_pattern_that_matches_nothing_stops_no_other(tmp_path: Path) -> None:
    plan = planned(tmp_path, "films: [HERE/*.avi, HERE/*.mkv, HERE/gone/*.mkv]", "x.mkv")
    assert set(made(plan, tmp_path)) == {"x.mkv"}
    told = [str(problem) for problem in plan.problems]
    assert len(told) == 2
    assert "*.avi" in told[0]
    assert "gone" in told[1]
    assert [problem.kind for problem in plan.problems] == ["config", "media"]


def test_the_config_knows_the_formats_that_there_are() -> None:
    assert set(EXPORT_FORMATS) == set(FORMATS)


def test_exports_lie_beside_the_results(tmp_path: Path) -> None:
    plan = planned(
        tmp_path, "films: [HERE/films/*], output_dir: HERE/out, exports: [edl, csv]", "films/x.mkv"
    )
    (version,) = plan.entries[0].versions
    assert version.exports == {"edl": tmp_path / "out/x.edl", "csv": tmp_path / "out/x.segments.csv"}


def named(*names: Path) -> Discovery:
    return find_named(names, lambda path: ".clean" in path.name)


def test_a_folder_means_the_films_in_it_and_below(tmp_path: Path) -> None:
    for name in ("b.mkv", "a.mp4", "deep/c.avi", "deep/c.clean.avi", "notes.txt", "a.mp4.part"):
        put(tmp_path, f"films/{name}")
    found = named(tmp_path / "films", tmp_path / "films/b.mkv")
    assert [film.path.name for film in found.films] == ["a.mp4", "b.mkv", "c.avi"]
    assert {film.root for film in found.films} == {tmp_path / "films", tmp_path / "films/deep"}
    assert found.problems == ()


@pytest.mark.parametrize("pattern", ["*.mkv", "[ax]*.mkv", "?.mkv", "deep/*.mkv", "**/y.mkv"])
def test_a_pattern_that_the_shell_left_alone_is_expanded(tmp_path: Path, pattern: str) -> None:
    for name in ("x.mkv", "a[1].mkv", "deep/y.mkv"):
        put(tmp_path, name)
    expected = sorted(path.name for path in tmp_path.glob(pattern))
    assert sorted(film.path.name for film in named(tmp_path / pattern).films) == expected


def test_a_name_with_the_signs_of_a_pattern_is_that_file(tmp_path: Path) -> None:
    for name in ("a[1].mkv", "a1.mkv"):
        put(tmp_path, name)
    assert [film.path.name for film in named(tmp_path / "a[1].mkv").films] == ["a[1].mkv"]


@pytest.mark.parametrize("name", ["empty", "*.mkv", "texts"])
def test_where_there_is_no_film_that_is_said_of_each(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path, "texts/a.txt")
    found = named(tmp_path / name)
    assert found.films == ()
    assert [problem.what for problem in found.problems] == [f"There is no film for {tmp_path / name}"]


def test_why_a_pattern_has_no_film_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a.clean.mkv")
    whys = [named(tmp_path / name).problems[0].why for name in ("*.avi", "*.mkv", "gone/*")]
    ours = "what it matches was made by this program"
    assert whys == ["it matches no file", ours, f"{tmp_path}/gone is not there"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
def test_what_keeps_a_folder_from_being_looked_through_is_told(tmp_path: Path) -> None:
    put(tmp_path, "films/notes.txt")
    os.mkfifo(tmp_path / "films" / "x.mkv")
    (problem,) = named(tmp_path / "films").problems
    assert problem.what == f"{tmp_path / 'films' / 'x.mkv'} was not looked at"


def test_films_of_a_command_line_have_everything_beside_them(tmp_path: Path) -> None:
    films = [tmp_path / "a/x.mkv", tmp_path / "y.avi"]
    for film in films:
        film.parent.mkdir(exist_ok=True)
        film.write_bytes(b"film")
    text = "detectors: [{type: scripted}]\nlibrary: {films: [/nowhere/*], output_dir: /elsewhere}\n"
    plan = plan_films(named(*films, films[0]), parse_config(text, "c.yaml"))
    assert made(plan, tmp_path) == {"a/x.mkv": ["a/x.clean.mkv"], "y.avi": ["y.clean.mkv"]}
    assert [version.results for entry in plan.entries for version in entry.versions] == [
        tmp_path / "a/x.results.json",
        tmp_path / "y.results.json",
    ]


def test_a_film_that_is_named_twice_is_made_once(tmp_path: Path) -> None:
    put(tmp_path, "x.mkv")
    (tmp_path / "link.mkv").symlink_to(tmp_path / "x.mkv")
    found = named(tmp_path / "link.mkv", tmp_path / "x.mkv")
    plan = plan_films(found, parse_config("version: 1", "c.yaml"))
    assert [entry.path.name for entry in plan.entries] == ["link.mkv"]
    assert plan.problems == ()


def test_without_a_library_there_is_nothing_to_do() -> None:
    assert plan_library(parse_config("version: 1", "c.yaml"), lambda _: False) == LibraryPlan(())
