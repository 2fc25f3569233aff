"""Which films a library has."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.video_censor_personal.library.shelves import names, put, search
from tests.video_censor_personal.library.test_writers import HOLDS_OPEN, linux, running
from video_censor_personal.library.discover import FILM_SUFFIXES, natural

SHELF = (
    *("Alien.mkv", "Part 2.mkv", "Part 10.mkv", "Dune.mp4", "notes.txt", "Alien.mkv.part"),
    *("Series/S01/E1.mkv", "Series/S01/E2.mkv", "Series/extras/x.mkv"),
    *(".hidden.mkv", ".Trash/old.mkv", "Series/.tmp/x.mkv"),
)
ALL_MKV = ["Alien.mkv", "Part 2.mkv", "Part 10.mkv", "Series/extras/x.mkv", "Series/S01/E1.mkv"]
ALL_MKV.append("Series/S01/E2.mkv")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with films, and other things."""
    put(tmp_path / "films", *SHELF)
    return tmp_path / "films"


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (["*.mkv"], ["Alien.mkv", "Part 2.mkv", "Part 10.mkv"]),
        (["**/*.mkv"], ALL_MKV),
        (["*.mkv", "**/*.mkv", "Alien.mkv"], ALL_MKV),
        (["**/*"], sorted([*ALL_MKV, "Dune.mp4"], key=lambda name: natural(Path(name)))),
        (["Series/*/*.mkv"], ["Series/extras/x.mkv", "Series/S01/E1.mkv", "Series/S01/E2.mkv"]),
        (["Part ?.mkv"], ["Part 2.mkv"]),
        ([".*.mkv"], [".hidden.mkv"]),
        ([".Trash/*.mkv"], [".Trash/old.mkv"]),
        (["notes.txt"], ["notes.txt"]),  # whoever names a file means it
        (["Dune.mp4", "Alien.mkv"], ["Alien.mkv", "Dune.mp4"]),
    ],
)
def test_globs(shelf: Path, globs: list[str], expected: list[str]) -> None:
    found = search(*(shelf / each for each in globs))
    assert names(found, shelf) == expected
    assert found.waiting == ()


def test_a_film_knows_the_fixed_part_of_its_pattern(shelf: Path) -> None:
    found = search(shelf / "Series" / "**" / "*.mkv", shelf / "*.mp4")
    assert {(film.path.name, film.root) for film in found.films} >= {
        ("E1.mkv", shelf / "Series"),
        ("Dune.mp4", shelf),
    }


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        ([], ALL_MKV),
        (["{shelf}/Series"], ["Alien.mkv", "Part 2.mkv", "Part 10.mkv"]),
        (["/**/extras"], [name for name in ALL_MKV if "extras" not in name]),
        (["/**/E?.mkv", "{shelf}/P*"], ["Alien.mkv", "Series/extras/x.mkv"]),
        (["{shelf}/Series/**/x.mkv"], [name for name in ALL_MKV if "extras" not in name]),
        (["{shelf}/Alien.mkv/"], ALL_MKV[1:]),
        (["{shelf}/Nothing"], ALL_MKV),
    ],
)
def test_exclusions(shelf: Path, exclude: list[str], expected: list[str]) -> None:
    found = search(shelf / "**" / "*.mkv", exclude=tuple(each.format(shelf=shelf) for each in exclude))
    assert names(found, shelf) == expected


@pytest.mark.parametrize("exclude", ["{shelf}", "{shelf}/**", "{shelf}/..", "/**", "/", "/**/*.mkv"])
def test_where_all_is_excluded_that_is_told(shelf: Path, exclude: str) -> None:
    ban = os.path.normpath(exclude.format(shelf=shelf))
    found = search(shelf / "**" / "*.mkv", exclude=(ban,))
    assert found.films == ()
    (problem,) = found.problems
    assert problem.why == "all that it matches is excluded, or no film by its suffix"


def test_order_is_as_people_count() -> None:
    some = ["Part 10", "part 9", "Part 2/b", "Part 2", "Part 02", "1" * 5000, "2", "X2a", "X10", "X2b"]
    ordered = sorted(map(Path, some), key=natural)
    assert [str(path)[:8] for path in ordered] == [
        *("2", "11111111", "Part 02", "Part 2", "Part 2/b", "part 9", "Part 10", "X2a", "X2b", "X10"),
    ]


def test_the_order_is_the_same_whatever_the_disk_says(shelf: Path) -> None:
    globs = [shelf / "Series" / "**" / "*.mkv", shelf / "*.mkv"]
    assert names(search(*globs), shelf) == names(search(*reversed(globs)), shelf)


@pytest.mark.parametrize(
    ("glob", "what", "why", "fix"),
    [
        ("*.avi", "No film for", "it matches no file", "Correct library.films"),
        ("Gone.mkv", "No film for", "it matches no file", "Correct library.films"),
        ("Series", "No film for", "it is a folder", "Write {glob}/**/*.mkv for all in it and below"),
        ("*.txt/*", "No film for", "it matches no file", "Correct library.films"),
        ("*.{{mkv,mp4}}", "No film for", "it matches no file", "Braces stand for themselves"),
        ("Series/*", "No film for", "it matches no file", "Correct library.films"),
        ("note*", "No film for", "is excluded, or no film by its suffix", "library.exclude"),
        ("Nas/**/*.mkv", "The films of", "{shelf}/Nas is not there", "Mount its disk"),
        ("Nas/2020/a/*.mkv", "The films of", "{shelf}/Nas/2020/a is not there", "Mount its disk"),
        ("notes.txt/**/*.mkv", "The films of", "{shelf}/notes.txt is no folder", "Mount its disk"),
        ("mount/*.mkv", "The films of", "{shelf}/mount is empty; perhaps its disk", "Mount its disk"),
        ("mount/*/*.mkv", "The films of", "{shelf}/mount is empty; perhaps its disk", "Mount its disk"),
    ],
)
def test_a_glob_without_films_is_told_and_the_rest_is_found(
    shelf: Path, glob: str, what: str, why: str, fix: str
) -> None:
    (shelf / "mount").mkdir()
    text = f"{shelf}/{glob.replace('{{', '{').replace('}}', '}')}"
    found = search(text, shelf / "*.mp4")
    assert [film.path.name for film in found.films] == ["Dune.mp4"]
    (problem,) = found.problems
    assert problem.what.startswith(what)
    assert text in problem.what
    assert why.format(shelf=shelf) in problem.why
    assert fix.format(glob=text) in problem.fix


def test_the_root_of_all_is_no_film() -> None:
    (problem,) = search("/").problems
    assert (problem.why, problem.fix) == ("it is a folder", "Write /**/*.mkv for all in it and below")


def test_each_glob_has_its_own_problem(shelf: Path) -> None:
    assert len(search(shelf / "*.avi", shelf / "Nas" / "*.mkv", shelf / "*.ogv").problems) == 3


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may pass through, as those of tests are not."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        folder.chmod(0o755)
        yield folder


@contextmanager
def unprivileged() -> Iterator[None]:
    """Permissions hold, also for root."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("glob", ["**/*.mkv", "closed/*.mkv"])
def test_a_folder_that_cannot_be_read_is_told_and_the_rest_is_found(open_folder: Path, glob: str) -> None:
    put(open_folder, "closed/x.mkv", "open/Alien.mkv")
    (open_folder / "closed").chmod(0)
    with unprivileged():
        found = search(open_folder / glob, open_folder / "open" / "*.mkv")
    (open_folder / "closed").chmod(0o755)
    assert [film.path.name for film in found.films] == ["Alien.mkv"]
    (problem,) = found.problems
    assert problem.what == f"The folder {open_folder}/closed cannot be searched for films"
    assert "library.exclude" in problem.fix


def test_a_folder_that_cannot_be_read_can_be_left_out(open_folder: Path) -> None:
    put(open_folder, "closed/x.mkv", "open/Alien.mkv")
    (open_folder / "closed").chmod(0)
    with unprivileged():
        found = search(open_folder / "**" / "*.mkv", exclude=(f"{open_folder}/closed",))
    (open_folder / "closed").chmod(0o755)
    assert names(found, open_folder) == ["open/Alien.mkv"]


def test_links_to_films_and_folders_are_followed(tmp_path: Path) -> None:
    put(tmp_path / "disk", "a.mkv", "more/b.mkv")
    films = tmp_path / "films"
    put(films, "c.mkv")
    (films / "a.mkv").symlink_to(tmp_path / "disk" / "a.mkv")
    (films / "more").symlink_to(tmp_path / "disk" / "more")
    assert names(search(films / "**" / "*.mkv"), films) == ["a.mkv", "c.mkv", "more/b.mkv"]


def test_a_film_is_told_once_by_its_own_path(shelf: Path) -> None:
    (shelf / "0.mkv").symlink_to(shelf / "Alien.mkv")
    (shelf / "00").symlink_to(shelf / "Series")
    assert names(search(shelf / "**" / "*.mkv"), shelf) == ALL_MKV
    assert names(search(shelf / "0.mkv", shelf / "Alien.mkv"), shelf) == ["Alien.mkv"]


def test_of_several_links_the_first_by_name_counts(tmp_path: Path) -> None:
    put(tmp_path / "disk", "a.mkv")
    for name in ("c", "b", "d"):
        (tmp_path / "films" / name).mkdir(parents=True)
        (tmp_path / "films" / name / "folder").symlink_to(tmp_path / "disk")
    assert names(search(tmp_path / "films" / "**" / "*.mkv"), tmp_path) == ["films/b/folder/a.mkv"]


def test_what_is_excluded_by_one_name_may_have_another(tmp_path: Path) -> None:
    put(tmp_path / "disk", "a.mkv")
    films = tmp_path / "films"
    for name in ("a", "b"):
        (films / name).mkdir(parents=True)
        (films / name / "folder").symlink_to(tmp_path / "disk")
    found = search(films / "**" / "*.mkv", exclude=(f"{films}/a/folder/a.mkv",))
    assert names(found, films) == ["b/folder/a.mkv"]


@pytest.mark.parametrize("by", ["films", "link", "link/../films"])
@pytest.mark.parametrize("exclude", ["films/P*", "link/P*", "*/P*", "films/[P]*"])
def test_an_exclusion_counts_whichever_way_leads_there(
    shelf: Path, tmp_path: Path, by: str, exclude: str
) -> None:
    (tmp_path / "link").symlink_to(shelf)
    found = search(f"{tmp_path}/{by}/*.mkv", exclude=(f"{tmp_path}/{exclude}",))
    assert found.problems == ()
    assert [film.path.name for film in found.films] == ["Alien.mkv"]


def test_an_exclusion_may_be_a_pattern_of_the_link(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shelf)
    found = search(tmp_path / "link" / "*.mkv", exclude=(f"{tmp_path}/lin?/P*",))
    assert names(found, tmp_path / "link") == ["Alien.mkv"]


@pytest.mark.parametrize("target", [".", "..", "/"])
def test_links_that_lead_round_have_an_end(tmp_path: Path, target: str) -> None:
    films = tmp_path / "films"
    put(films, "a.mkv", "x/y/b.mkv")
    for folder in (films, films / "x", films / "x" / "y"):
        leads_to = {".": folder, "..": folder.parent, "/": films}[target]
        (folder / "loop").symlink_to(leads_to)
        (folder / "other").symlink_to(leads_to)
    found = search(films / "**" / "*.mkv")
    assert names(found, films) == ["a.mkv", "x/y/b.mkv"]


@pytest.mark.parametrize("name", ["gone.mkv", "Nas", "Nas.2020", "round"])
def test_a_link_that_leads_nowhere_is_told(shelf: Path, name: str) -> None:
    link = shelf / name
    link.symlink_to(link if name == "round" else shelf / "not mounted")
    found = search(shelf / "**" / "*.mkv")
    assert [film.path.relative_to(shelf).as_posix() for film in found.films] == ALL_MKV
    (problem,) = found.problems
    assert problem.what == f"{link} was not looked at"
    assert problem.why == "it is a link to what is not there"
    assert names(search(shelf / "**" / "*.mkv", exclude=(str(link),)), shelf) == ALL_MKV


def test_a_link_that_can_be_no_film_is_no_matter(shelf: Path) -> None:
    (shelf / "poster.jpg").symlink_to(shelf / "gone.jpg")
    assert names(search(shelf / "*.mkv"), shelf) == ["Alien.mkv", "Part 2.mkv", "Part 10.mkv"]
    assert search(shelf / "*").problems == ()


def test_a_folder_that_is_reached_by_a_link(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shelf)
    found = search(tmp_path / "link" / "*.mkv")
    assert names(found, tmp_path / "link") == ["Alien.mkv", "Part 2.mkv", "Part 10.mkv"]
    both = search(tmp_path / "link" / "*.mkv", shelf / "*.mkv")
    assert len(both.films) == 3
    excluded = search(tmp_path / "link" / "*.mkv", exclude=(f"{shelf}/P*", f"{tmp_path}/link/A*"))
    assert excluded.films == ()


@pytest.mark.parametrize("name", ["a.mkv", "folder.mkv/b.mkv"])
def test_a_folder_is_no_film(tmp_path: Path, name: str) -> None:
    put(tmp_path, "folder.mkv/c.txt", name)
    assert names(search(tmp_path / "**" / "*.mkv"), tmp_path) == [name]


def test_a_pipe_is_no_film(tmp_path: Path) -> None:
    put(tmp_path, "a.mkv")
    os.mkfifo(tmp_path / "pipe.mkv")
    found = search(tmp_path / "*.mkv")
    assert [film.path.name for film in found.films] == ["a.mkv"]
    assert [problem.why for problem in found.problems] == ["it is no ordinary file"]


def test_suffixes_of_films() -> None:
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in FILM_SUFFIXES)
    assert {".mkv", ".mp4", ".avi", ".ts", ".webm"} <= FILM_SUFFIXES
    assert not {".srt", ".jpg", ".nfo", ".json", ".edl", ".part"} & FILM_SUFFIXES


@pytest.mark.parametrize("output", ["films/clean", "films/Series/clean", "films/not yet/there"])
def test_an_output_folder_in_the_library_is_not_searched(shelf: Path, tmp_path: Path, output: str) -> None:
    if "yet" not in output:
        put(tmp_path / output, "Alien.clean.mkv", "deep/x.mkv")
    found = search(shelf / "**" / "*.mkv", output_dir=tmp_path / output)
    assert names(found, shelf) == ALL_MKV


@pytest.mark.parametrize("by", ["a link in the library", "its real path"])
def test_an_output_folder_is_not_searched_by_way_of_a_link(shelf: Path, tmp_path: Path, by: str) -> None:
    put(shelf / "clean", "deep/x.mkv")
    (shelf / "see").symlink_to(shelf / "clean" / "deep")
    (tmp_path / "out").symlink_to(shelf / "clean")
    output = tmp_path / "out" if by == "its real path" else shelf / "clean"
    assert names(search(shelf / "**" / "*.mkv", output_dir=output), shelf) == ALL_MKV


def test_an_output_folder_may_look_like_a_pattern(shelf: Path) -> None:
    put(shelf / "clean [HD]", "x.mkv")
    found = search(shelf / "**" / "*.mkv", output_dir=shelf / "clean [HD]")
    assert names(found, shelf) == ALL_MKV


def test_a_pattern_that_begins_in_the_output_folder_means_it(shelf: Path) -> None:
    assert names(search(shelf / "*.mp4", output_dir=shelf), shelf) == ["Dune.mp4"]


def test_copies_are_no_films(shelf: Path) -> None:
    copies = [shelf / "Alien.clean.mkv", shelf / "Part 2.old-name.mkv"]
    for copy in copies:
        shutil.copy(shelf / "Alien.mkv", copy)
    assert names(search(shelf / "**" / "*.mkv", copies=copies), shelf) == ALL_MKV


def test_a_pattern_that_matches_copies_alone_is_told(shelf: Path) -> None:
    put(shelf, "Alien.clean.mkv")
    (problem,) = search(shelf / "*.clean.mkv", copies=[shelf / "Alien.clean.mkv"]).problems
    assert problem.why == "what it matches was made by this program"


@linux
def test_a_film_that_is_being_written_waits(shelf: Path) -> None:
    with running(HOLDS_OPEN, shelf / "Alien.mkv", "ab"):
        found = search(shelf / "*.mkv")
    assert names(found, shelf) == ["Part 2.mkv", "Part 10.mkv"]
    assert [film.path.name for film in found.waiting] == ["Alien.mkv"]


def test_a_thousand_films_cost_one_look_at_each_and_each_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, *(f"{folder}/Film {number}.mkv" for folder in range(10) for number in range(100)))
    for film in tmp_path.rglob("*.mkv"):
        os.utime(film, (1_000_000_000, 1_000_000_000))
    calls: Counter[str] = Counter()
    for name in ("scandir", "stat", "lstat", "open", "readlink"):
        real = getattr(os, name)

        def counted(*args: object, _name: str = name, _real: object = real, **rest: object) -> object:
            calls[_name] += 1
            return _real(*args, **rest)  # type: ignore[operator]

        monkeypatch.setattr(os, name, counted)
    found = search(tmp_path / "**" / "*.mkv", exclude=("/**/extras",), output_dir=tmp_path / "clean")
    monkeypatch.undo()
    assert len(found.films) == 1000
    assert calls["scandir"] + calls["open"] <= 15
    assert calls["stat"] + calls["lstat"] + calls["readlink"] <= 1100
