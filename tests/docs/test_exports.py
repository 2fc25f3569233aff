"""The page on exports says what the formats are, and what they write."""

from __future__ import annotations

import json
import re

from tests.docs.pages import REPOSITORY, blocks, table_rows
from tests.video_censor_personal.export.exported import film, seen, spoken
from video_censor_personal.export.formats import FORMATS

PAGE = REPOSITORY / "docs" / "exports.md"
TEXT = PAGE.read_text(encoding="utf-8")
SHOWN = {block.language: block.text for block in blocks(PAGE)}
FOUND = (spoken(10.0, 10.5), seen(20.0, 22.25))


def test_the_table_lists_each_format_with_its_file_and_purpose() -> None:
    listed = [[cell.strip("`") for cell in row[:3]] for row in table_rows(TEXT, "name")]
    assert listed == [[form.name, f"Film{form.suffix}", form.purpose] for form in FORMATS.values()]


def test_each_section_is_of_a_format() -> None:
    named = re.findall(r"`(\w+)`", " ".join(re.findall(r"^## (`.*)$", TEXT, flags=re.MULTILINE)))
    assert set(named) <= set(FORMATS)
    assert len(named) >= 5


def test_the_edl_shown_is_what_is_written_above_lines_of_others() -> None:
    form = FORMATS["edl"]
    assert form.shared is not None
    source = film(*FOUND)
    assert SHOWN["text"].startswith(form.render(source))
    assert form.shared.update(SHOWN["text"], source) == SHOWN["text"]


def test_the_markers_shown_are_what_is_written() -> None:
    source = film(*FOUND, name="Film (1999) {imdb-tt0133093}.mkv")
    assert json.loads(SHOWN["json"]) == json.loads(FORMATS["plexautoskip"].render(source))
