from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

import pytest

from tests.video_censor_personal.export.exported import ODD_NAME, film, seen, spoken
from video_censor_personal.export import table
from video_censor_personal.export.stretches import ExportInput, shown
from video_censor_personal.findings.coverage import Span


def rows(source: ExportInput) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(table.render(source), newline=""), strict=True))


def test_a_row_has_all_that_is_known_of_a_segment() -> None:
    (row,) = rows(film(spoken(3661.25, 3662.0, note="a joke", reviewed=True), duration=4000.0))
    assert row == {
        "film": "Film.mkv",
        "start": "01:01:01.250",
        "end": "01:01:02.000",
        "start_seconds": "3661.250",
        "end_seconds": "3662.000",
        "category": "Profanity",
        "labels": "Profanity; hell",
        "confidence": "0.90",
        "action": "mute",
        "decision": "hide",
        "reviewed": "yes",
        "id": "profanity-3661.2",
        "description": "Profanity: seen",
        "note": "a joke",
        "sound_action": "silence",
        "picture_action": "none",
    }


def test_action_and_decision_tell_what_becomes_of_it() -> None:
    both = replace(seen(1.0, 2.0, reviewed=False), sound=Span(1.0, 2.0))
    nothing = replace(seen(1.0, 2.0), picture=None)
    cut = replace(both, sound_action="bleep", picture_action="cut")
    found = rows(film(both, seen(1.0, 2.0), seen(1.0, 2.0, allow=True), nothing, cut))
    columns = ("action", "decision", "reviewed", "sound_action", "picture_action")
    assert [tuple(row[column] for column in columns) for row in found] == [
        ("mute and cover", "hide", "no", "silence", "blank"),
        ("cover", "hide", "", "none", "blank"),
        ("none", "allow", "", "none", "none"),
        ("none", "hide", "", "none", "none"),
        ("cut", "hide", "no", "bleep", "cut"),
    ]


def test_a_film_in_which_nothing_was_found_is_a_header() -> None:
    assert table.render(film()) == ",".join(table.COLUMNS) + "\r\n"


def test_times_are_within_the_film() -> None:
    (row,) = rows(film(seen(-1.0, 200.0)))
    assert (row["start_seconds"], row["end_seconds"]) == ("0.000", "100.000")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "=cmd|' /C calc'!A0", "\N{FULLWIDTH EQUALS SIGN}1"],
)
@pytest.mark.parametrize("column", ["category", "labels", "description", "note", "id"])
def test_no_cell_is_a_formula(text: str, column: str) -> None:
    changes = {column: (text,)} if column == "labels" else {column: text}
    (row,) = rows(film(replace(seen(1.0, 2.0), segment=replace(seen(1.0, 2.0).segment, **changes))))
    assert row[column] in {f"'{text}", shown(text)}
    assert row[column].lstrip()[0] in "'\\"


@pytest.mark.parametrize("name", [ODD_NAME, '"', ",", "=1.mkv", "a\rb"])
def test_any_name_is_one_cell_of_one_line(name: str) -> None:
    text = table.render(film(seen(1.0, 2.0), name=name))
    assert text.count("\n") == 2
    (row,) = rows(film(seen(1.0, 2.0), name=name))
    assert row["film"].removeprefix("'") == shown(name)
    assert row["note"] == ""
