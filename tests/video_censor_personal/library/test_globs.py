"""Patterns of paths: what they begin in, and which names fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.video_censor_personal.library.shelves import put
from video_censor_personal.library.globs import (
    Glob,
    exclusions,
    film_glob,
    glob_escaped,
    ignores_case,
    real,
)


def fits(glob: Glob, path: str) -> bool:
    states = glob.start
    for name in Path(path).relative_to(glob.root).parts:
        states = glob.after(states, name)
    return glob.matches(states)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/f/*.mkv", "/f/a.mkv", True),
        ("/f/*.mkv", "/f/a.mp4", False),
        ("/f/*.mkv", "/f/a.mkv.part", False),
        ("/f/*.mkv", "/f/x/a.mkv", False),
        ("/f/*/a.mkv", "/f/x/a.mkv", True),
        ("/f/*/a.mkv", "/f/a.mkv", False),
        ("/f/**/*.mkv", "/f/a.mkv", True),
        ("/f/**/*.mkv", "/f/x/a.mkv", True),
        ("/f/**/*.mkv", "/f/x/y/z/a.mkv", True),
        ("/f/**/x/**/*.mkv", "/f/x/a.mkv", True),
        ("/f/**/x/**/*.mkv", "/f/1/x/2/3/a.mkv", True),
        ("/f/**/x/**/*.mkv", "/f/1/2/a.mkv", False),
        ("/f/**/**/*.mkv", "/f/a.mkv", True),
        ("/f/**", "/f/x/a.mkv", True),
        ("/f/**", "/f/a.mkv", True),
        ("/f/**.mkv", "/f/a.mkv", True),
        ("/f/**.mkv", "/f/x/a.mkv", False),
        ("/f/?.mkv", "/f/ab.mkv", False),
        ("/f/[ab].mkv", "/f/b.mkv", True),
        ("/f/[!ab].mkv", "/f/b.mkv", False),
        ("/f/[*]*.mkv", "/f/* is born.mkv", True),
        ("/f/[*]*.mkv", "/f/star.mkv", False),
        ("/f/{a,b}.mkv", "/f/a.mkv", False),
        ("/f/a.mkv", "/f/a.mkv", True),
        ("/f/line\nbreak*.mkv", "/f/line\nbreak 2.mkv", True),
        ("/f/*.mkv", "/f/two\nlines.mkv", True),
        ("/f/**/a.mkv", "/f/two\nlines/a.mkv", True),
        # What is hidden is meant only where it is named.
        ("/f/*.mkv", "/f/.a.mkv", False),
        ("/f/[.]*.mkv", "/f/.a.mkv", False),
        ("/f/?a.mkv", "/f/.a.mkv", False),
        ("/f/.*.mkv", "/f/.a.mkv", True),
        ("/f/**/*.mkv", "/f/.x/a.mkv", False),
        ("/f/**/*.mkv", "/f/x/.y/a.mkv", False),
        ("/f/**/.x/*.mkv", "/f/.x/a.mkv", True),
        ("/f/.x/**/*.mkv", "/f/.x/y/a.mkv", True),
    ],
)
def test_which_paths_fit(pattern: str, path: str, expected: bool) -> None:
    assert fits(film_glob(pattern), path) is expected


@pytest.mark.parametrize(
    ("pattern", "root"),
    [
        ("/f/g/*.mkv", "/f/g"),
        ("/f/g/**/x/*.mkv", "/f/g"),
        ("/f/g/a.mkv", "/f/g"),
        ("/*/a.mkv", "/"),
        ("/", "/"),
        ("/f//g/./*.mkv", "/f/g"),
        ("/f/[[]1]/*.mkv", "/f/[1]"),
        ("/f/[12]/*.mkv", "/f"),
    ],
)
def test_the_fixed_part(pattern: str, root: str) -> None:
    assert film_glob(pattern).root == Path(root)


def test_the_root_alone_is_no_film() -> None:
    glob = film_glob("/")
    assert not glob.goes_on(glob.after(glob.start, "etc"))


def test_a_folder_that_is_called_like_a_pattern_is_that_folder(tmp_path: Path) -> None:
    put(tmp_path, "Films [HD]/a.mkv", "Films H/a.mkv")
    glob = film_glob(f"{tmp_path}/Films [HD]/*.mkv")
    assert glob.root == tmp_path / "Films [HD]"


def test_a_film_that_is_called_like_a_pattern_is_that_film(tmp_path: Path) -> None:
    put(tmp_path, "Film [2001].mkv", "Film 2.mkv")
    glob = film_glob(f"{tmp_path}/Film [2001].mkv")
    assert fits(glob, f"{tmp_path}/Film [2001].mkv")
    assert not fits(glob, f"{tmp_path}/Film 2.mkv")


@pytest.mark.parametrize("name", ["a", "a*b", "[1]", "?", "[", "]", "[[*]", "a.mkv"])
def test_an_escaped_name_is_that_name_alone(name: str) -> None:
    (glob,) = exclusions(f"/nowhere/{glob_escaped(name)}")
    assert fits(glob, f"/nowhere/{name}")
    assert not fits(glob, f"/nowhere/{name}x")
    assert film_glob(f"/nowhere/{glob_escaped(name)}/*.mkv").root == Path("/nowhere", name)


@pytest.mark.parametrize(
    ("pattern", "names_suffix"),
    [
        *(("/f/*.mkv", True), ("/f/a", True), ("/f/*.m?v", True), ("/f/[*]", True)),
        *(("/f/*", False), ("/f/**", False), ("/f/*.*", False), ("/f/Film*", False), ("/f/film?", False)),
    ],
)
def test_whether_a_pattern_says_what_kind_of_file_is_meant(pattern: str, names_suffix: bool) -> None:
    assert film_glob(pattern).names_suffix is names_suffix


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/f/old", "/f/old", True),
        ("/f/old", "/f/older", False),
        ("/**/extras", "/f/x/extras", True),
        ("/**/*trailer*", "/f/x/a trailer.mkv", True),
        ("/**/.x", "/f/.x", True),
        ("/**/*.mkv", "/f/.hidden/.a.mkv", True),  # to leave out is safe, hidden or not
    ],
)
def test_exclusions(pattern: str, path: str, expected: bool) -> None:
    assert any(fits(glob, path) for glob in exclusions(pattern)) is expected


def test_an_exclusion_by_way_of_a_link_is_of_what_it_leads_to(tmp_path: Path) -> None:
    put(tmp_path, "disk/films/old/a.mkv")
    (tmp_path / "films").symlink_to(tmp_path / "disk" / "films")
    target = str(real(tmp_path / "disk/films/old"))
    assert any(fits(glob, target) for glob in exclusions(f"{tmp_path}/films/old"))


def test_links_that_lead_round_have_no_real_path_but_their_own(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert real(tmp_path / "a") == tmp_path / "a"


def test_case_is_as_the_file_system_has_it(tmp_path: Path) -> None:
    put(tmp_path, "Film.MKV")
    takes_both = (tmp_path / "fILM.mkv").exists()
    assert ignores_case(tmp_path) is takes_both
    assert fits(film_glob(f"{tmp_path}/*.mkv"), f"{tmp_path}/Film.MKV") is takes_both


@pytest.mark.parametrize("names", [(), ("1",), ("a", "A")])
def test_where_case_cannot_be_told_it_counts(tmp_path: Path, names: tuple[str, ...]) -> None:
    put(tmp_path, *names)
    if len({path.name for path in tmp_path.iterdir()}) == len(names):
        assert not ignores_case(tmp_path)
    assert not ignores_case(tmp_path / "not there")
