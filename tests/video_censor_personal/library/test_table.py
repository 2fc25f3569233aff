from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modeltasks.errors import Failure
from modeltasks.support.text import cells
from video_censor_personal.library.table import Done, FilmSummary, table

ERROR = Failure("/films/dune.mkv cannot be read", "it is broken", "Copy it again")


def film(name: str = "alien", done: Done = "made", **rest: Any) -> FilmSummary:
    return FilmSummary(name, Path(f"/films/{name}.mkv"), done, **rest)


def test_the_whole_table() -> None:
    films = [
        film(found={"Profanity": 12, "Nudity": 3}, edits=15, seconds=751.0),
        film("big-fish", edits=0, seconds=3.21),
        film("no-copy", found={"Gore": 1}, seconds=61, unseen=("nsfw: 12.0 s of video stream 0",)),
        film("known", "current", found={"Profanity": 1}, edits=1),
        film("dune", "failed", error=ERROR),
    ]
    assert table(films, 420.0) == [
        "film                        found                               edits       time",
        "alien.mkv                   Profanity 12, Nudity 3                 15    0:12:31",
        "big-fish.mkv                nothing                                 0      3.2 s",
        "no-copy.mkv                 Gore 1                                  -    0:01:01",
        "  not looked at: nsfw: 12.0 s of video stream 0",
        "5 films                     Profanity 13, Nudity 3, Gore 1         16    0:07:00",
        "  3 made, 1 up to date, 1 failed, 1 not wholly looked at",
        "failed: dune.mkv: dune.mkv cannot be read",
    ]


def test_films_are_called_as_their_files_or_else_as_their_tasks() -> None:
    films = [
        FilmSummary(f"{name}-0ab{number}", Path(f"/films/{number}/{name}.mkv"), "made")
        for number, name in enumerate(["pilot", "pilot", "finale"])
    ]
    assert [line.split()[0] for line in table(films)[1:4]] == ["pilot-0ab0", "pilot-0ab1", "finale.mkv"]


def test_no_films_have_no_table() -> None:
    assert table([]) == []


def test_a_film_that_is_up_to_date_but_was_not_wholly_looked_at_is_told_again() -> None:
    lines = table([film(done="current", unseen=("nobody heard stream 2",))])
    assert "  not looked at: nobody heard stream 2" in lines


@pytest.mark.parametrize(
    ("done", "unseen", "found"),
    [
        ("made", (), "nothing"),
        ("current", (), "nothing"),
        ("made", ("stream 2",), "-"),
        ("failed", (), "-"),
        ("stopped", (), "-"),
    ],
)
def test_nothing_was_found_only_where_all_was_looked_at(
    done: Done, unseen: tuple[str, ...], found: str
) -> None:
    total = next(line for line in table([film(done=done, unseen=unseen)]) if line.startswith("1 film "))
    assert total.split()[2] == found


def test_the_time_is_that_of_all_films_where_nothing_else_is_said() -> None:
    assert table([film("a", seconds=20), film("b", seconds=21)])[3].endswith("   41.0 s")


@pytest.mark.parametrize("name", ["x" * 200, "電影" * 60, "e\u0301" * 200, "a b " * 50, "\x1b[31mred\n" * 9])
@pytest.mark.parametrize("done", ["made", "stopped", "failed"])
def test_no_line_is_wider_than_eighty_columns(name: str, done: Done) -> None:
    told = Failure(f"{name} is wrong", f"{name} {name}", "")
    unseen = (f"speech: {name} of stream 1",)
    found = {f"{name} {n}": 1000 for n in range(9)}
    lines = table([film(name, done, found=found, unseen=unseen, error=told, edits=10**5, seconds=9e5)])
    assert max(map(cells, lines)) <= 80
    assert all(line.isprintable() for line in lines)


def test_nothing_of_what_was_not_looked_at_is_left_out() -> None:
    unseen = ("speech: " + ", ".join(f"0:{n:02d}:00-0:{n:02d}:30" for n in range(60)), "z" * 300)
    lines = table([film(unseen=unseen)])
    assert "".join(unseen).replace(" ", "") in "".join(lines).replace(" ", "").replace("notlookedat:", "")


def test_why_a_film_failed_is_told_whole() -> None:
    what = (
        f"/films/{'long/' * 20}t38.mkv was not made, because not all of /films/corrupt_big.mkv was looked at"
    )
    lines = table([film("t38", "failed", error=Failure(what, "it is broken", "Copy it again"))])
    told = "".join(lines[lines.index(next(line for line in lines if line.startswith("failed: "))) :])
    assert told.replace(" ", "") == f"failed: t38.mkv: {what}".replace(" ", "")


def test_the_columns_stay_in_line_behind_wide_letters() -> None:
    heading, wide, *_ = table([film("電影", edits=4)])
    assert cells(wide) == cells(heading) == 80
    assert wide.startswith("電影.mkv" + " " * 20 + "nothing")
