from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import config_from_mapping, load_config, parse_config
from video_censor_personal.config.library import EXPORT_FORMATS
from video_censor_personal.config.name_patterns import COPY_SUFFIXES
from video_censor_personal.config.values import Library
from video_censor_personal.containers.container import CONTAINERS


def library_of(text: str) -> Library:
    library = parse_config(f"library: {{films: [/films/*.mkv], {text}}}", "c.yaml").library
    assert library is not None
    return library


def problem_of(text: str) -> str:
    """The one mistake in a library with films, from its place on."""
    (problem,) = problems_of(f"library:\n  films: /films/*.mkv\n  {text}\n")
    return problem


def test_without_the_section_there_is_no_library() -> None:
    assert parse_config("version: 1", "c.yaml").library is None
    assert parse_config("library:", "c.yaml").library is None


def test_films_alone_are_enough() -> None:
    config = parse_config("library: {films: [/films/*.mkv]}", "c.yaml")
    assert config.library == Library(films=("/films/*.mkv",))
    assert config.warnings == ()


def test_everything_can_be_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    path = tmp_path / "c.yaml"
    path.write_text(
        """\
library:
  films: ["~/Films/**/*.mkv", more/*.mp4, /mnt/x.mkv]
  exclude: ["~/Films/old", "**/extras"]
  output_dir: clean
  copy: "copies/{name}"
  results: "{stem}.json"
  exports: [edl, mcf, edl]
  runner: tls://boss:8786
  paths: {~/Films: /srv/films, more: 'D:\\films'}
"""
    )
    assert load_config(path).library == Library(
        films=("/home/me/Films/**/*.mkv", f"{tmp_path}/more/*.mp4", "/mnt/x.mkv"),
        exclude=("/home/me/Films/old", "/**/extras"),
        output_dir=tmp_path / "clean",
        copy="copies/{name}",
        results="{stem}.json",
        exports=("edl", "mcf"),
        runner="tls://boss:8786",
        paths={"/home/me/Films": "/srv/films", f"{tmp_path}/more": "D:\\films"},
    )


def test_the_folder_of_the_config_is_no_pattern(tmp_path: Path) -> None:
    path = tmp_path / "Films [HD]" / "c.yaml"
    path.parent.mkdir()
    path.write_text("library: {films: '*.mkv'}")
    library = load_config(path).library
    assert library is not None
    assert library.films == (f"{tmp_path}/Films [[]HD]/*.mkv",)


def test_only_a_written_null_makes_no_copies() -> None:
    assert library_of("copy: null").copy is None
    assert library_of("copy: ").copy == "{stem}.clean{suffix}"
    with_none = config_from_mapping({"library": {"films": "/films/*.mkv", "copy": None}}).library
    assert with_none == replace(Library(("/films/*.mkv",)), copy=None)


@pytest.mark.parametrize(
    "pattern",
    ["{stem}.clean{suffix}", "{name}.clean.MP4", "clean/{name}", "{stem}/film.mkv", "{stem} (clean).mka"],
)
def test_names_of_copies(pattern: str) -> None:
    assert library_of(f"copy: '{pattern}'").copy == pattern


def test_copies_in_a_folder_of_their_own_may_be_called_as_the_films() -> None:
    assert library_of("output_dir: /clean, copy: '{name}'").copy == "{name}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "copy: '{stem}.{sufix}'",
            "{sufix} is not known; known: {stem}, {suffix}, {name}, {profile}; did you",
        ),
        ("copy: '{stem!r}.mkv'", "{stem!r} is not known"),
        ("copy: '{}{stem}.mkv'", "{} is not known"),
        ("copy: '{stem.mkv'", "a brace stands alone"),
        ("copy: '{{stem}}.mkv'", "a brace stands alone"),
        ("copy: 'clean.mkv'", "without {stem} or {name}, all films would have one file"),
        ("copy: '{suffix}.mkv'", "without {stem} or {name}"),
        ("copy: '{stem}.{profile}.mkv'", "there are no `profiles`"),
        ("copy: '/clean/{name}'", "the place of all files is `output_dir`"),
        ("copy: '~/{name}'", "the place of all files is `output_dir`"),
        ("copy: 'C:{name}'", "the place of all files is `output_dir`"),
        ("copy: 'a\\{name}'", "write / between"),
        ("copy: '../{name}.mkv'", "each part between / must be a name"),
        ("copy: 'a//{name}.mkv'", "each part between / must be a name"),
        ("copy: '{stem}/'", "each part between / must be a name"),
        ("copy: '{name}'", "this is the film itself"),
        ("copy: '{stem}{suffix}'", "this is the film itself"),
        (
            "copy: '{stem}.clean'",
            "end the name with {suffix}, which is the film's own, or with one of .mkv, ",
        ),
        ("copy: '{stem}'", "end the name with {suffix}"),
        ("copy: '{name}.avi'", "end the name with {suffix}"),
        ("results: '{stem}.txt'", "results are JSON; end the name with .json"),
        ("results: 'all.json'", "without {stem} or {name}"),
    ],
)
def test_names_that_cannot_be(text: str, problem: str) -> None:
    key, _, pattern = text.partition(": ")
    assert problem_of(text).startswith(f"3:{5 + len(key)}: library.{key}: {pattern}: {problem}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("exclud: []", "3:3: library: unknown key 'exclud'; did you mean 'exclude'?"),
        ("exclude: '/a/*/../b'", "3:12: library.exclude: '/a/*/../b': '..' cannot stand behind a wildcard"),
        ("exports: [edl, mfc]", "3:18: library.exports: no format 'mfc'; did you mean 'mcf'?"),
        ("paths: {/a: b}", "3:15: library.paths./a: 'b' is not a whole path"),
        ("paths: {/a: }", "3:10: library.paths: '/a' is missing: what /a is called on other machines"),
        ("paths: {/a: /b, /a/: /c}", "3:19: library.paths: the folder '/a/' is given twice"),
        ("output_dir: ~nobody-of-that-name/x", "3:15: library.output_dir: there is no home folder for"),
    ],
)
def test_mistakes(text: str, problem: str) -> None:
    assert problem_of(text).startswith(problem)


@pytest.mark.parametrize(
    "runner", ["locl", "host:8786", "tcp://host", "tcp://:1", "http://h:1", "tcp://h:0", "tcp://h:65536"]
)
def test_a_runner_is_local_or_an_address(runner: str) -> None:
    assert f"library.runner: '{runner}' is neither local nor the address" in problem_of(f"runner: '{runner}'")


@pytest.mark.parametrize("runner", ["local", "tcp://10.0.0.1:1", "ws://h.example:65535", "ucx://[fe80::1]:9"])
def test_runners(runner: str) -> None:
    assert library_of(f"runner: '{runner}'").runner == runner


@pytest.mark.parametrize("text", ["library: {exclude: [a]}", "library: {}", "library: {films: }"])
def test_a_library_has_films(text: str) -> None:
    (problem,) = problems_of(text)
    assert "library: 'films' is missing: it names the films" in problem


def test_an_empty_list_of_films_is_a_mistake() -> None:
    assert problems_of("library: {films: []}") == [
        "1:18: library.films: no film is named; write a pattern such as ~/Films/**/*.mkv"
    ]


def test_every_kind_of_file_that_is_written_can_be_named() -> None:
    assert tuple(CONTAINERS) == COPY_SUFFIXES
    assert len(EXPORT_FORMATS) == len(set(EXPORT_FORMATS))
