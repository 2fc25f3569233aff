from __future__ import annotations

from dataclasses import replace

import pytest
import webvtt

from tests.video_censor_personal.export.exported import film, seen, spoken
from video_censor_personal.export import mcf
from video_censor_personal.findings.coverage import Span


def test_the_header_is_as_the_specification_has_it_line_by_line() -> None:
    text = mcf.render(film(spoken(1.1, 2.0), seen(10.0, 12.0), duration=5400.5))
    assert text == (
        "WEBVTT MovieContentFilter 1.0.0\n"
        "\n"
        "NOTE\n"
        "START 00:00:00.000\n"
        "END 01:30:00.500\n"
        "\n"
        "00:00:01.000 --> 00:00:02.100\n"
        "language=high=audio\n"
        "\n"
        "00:00:10.000 --> 00:00:12.000\n"
        "nudity=high=video\n"
    )


@pytest.mark.parametrize(
    ("category", "entry"),
    [
        ("Nudity", "nudity=high=video"),
        ("Profanity", "language=high=video"),
        ("Sexual Theme", "sex=high=video"),
        ("Violence", "violence=high=video"),
        ("bare buttocks", "bareButtocks=high=video"),
        ("Fear", "fear=high=video"),
        ("Clowns & co --> <b>", "dispensable=high=video # Clowns & co --> <b>"),
    ],
)
def test_a_category_has_its_name_of_the_format_or_a_comment(category: str, entry: str) -> None:
    (cue,) = webvtt.from_string(mcf.render(film(seen(1.0, 2.0, category)))).captions
    assert cue.raw_text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == entry


def test_what_is_hidden_in_sound_and_picture_is_one_entry_where_the_times_are_one() -> None:
    both = replace(seen(1.0, 2.0), sound=Span(1.0, 2.0))
    wider = replace(seen(5.0, 6.0), sound=Span(4.8, 6.2))
    cues = webvtt.from_string(mcf.render(film(both, wider))).captions
    assert [(each.start, each.raw_text) for each in cues] == [
        ("00:00:01.000", "nudity=high=both"),
        ("00:00:04.800", "nudity=high=audio"),
        ("00:00:05.000", "nudity=high=video"),
    ]


def test_what_is_allowed_or_not_hidden_is_no_entry() -> None:
    source = film(seen(1.0, 2.0, allow=True), replace(seen(3.0, 4.0), picture=None))
    assert webvtt.from_string(mcf.render(source)).captions == []
