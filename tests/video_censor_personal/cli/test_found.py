"""The commands at the end of a run, as somebody would type them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.programs import type_in
from tests.video_censor_personal.cli.films import clean
from video_censor_personal.cli.arguments import parse_arguments
from video_censor_personal.cli.found import next_commands

TWELVE = [f"{number}/film.results.json" for number in range(12)]


@pytest.mark.parametrize(
    ("words", "results", "expected"),
    [
        (["film.mp4"], ["film.results.json"], ("review film.results.json", "film.mp4")),
        (["./-x.mp4"], ["-x.results.json"], ("review ./-x.results.json", "./-x.mp4")),
        (["./review"], ["review.results.json"], ("review review.results.json", "./review")),
        (["my film.mp4"], ["my film.results.json"], ("review 'my film.results.json'", "'my film.mp4'")),
        (
            [
                "film.mp4",
                "--overwrite",
                "--allow-incomplete",
                "--allow-all-segments",
                "--runner",
                "tcp://a:1",
            ],
            ["film.results.json"],
            (
                "review film.results.json --allow-incomplete",
                "film.mp4 --allow-incomplete --allow-all-segments --runner tcp://a:1",
            ),
        ),
        (["."], [f"{number}.results.json" for number in range(12)], ("review .", ".")),
        (["."], TWELVE, (f"review {' '.join(map(str, range(10)))}", ".")),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_they_are_typed_so(
    words: list[str],
    results: list[str],
    expected: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("film.mp4", "-x.mp4", "review", "my film.mp4"):
        Path(name).touch()
    _, look, _, again = next_commands([*map(Path, results)], parse_arguments(words), None)
    assert (look.endswith(f" {expected[0]}"), again.endswith(f" {expected[1]}")) == (True, True), (
        look,
        again,
    )


def test_what_is_not_named_is_told(tmp_path: Path) -> None:
    arguments = parse_arguments([str(tmp_path)])
    told, *_ = next_commands([*map(Path, TWELVE)], arguments, None)
    assert told == "To look through what was found in the first 10 of 12 folders, and decide:"


def test_they_work_for_a_film_that_is_named_like_an_option(here: Path, config: Callable[..., Path]) -> None:
    (here / "film.mp4").rename(here / "-x.mp4")
    lines = clean(here, config(), "./-x.mp4").err.splitlines()
    look, again = (lines[place].strip() for place in (-3, -1))
    assert " review " in look
    reported = type_in(look.replace(" review ", " report "), here)  # which takes the same words, and ends
    assert "-x.report.html" in reported.err
    assert type_in(again, here).err.startswith("The film is up to date.")
