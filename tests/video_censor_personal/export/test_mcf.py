from __future__ import annotations

import re
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


def test_what_is_cut_out_is_one_entry_for_sound_and_picture() -> None:
    cut = replace(seen(1.0, 2.0), sound=Span(1.1, 1.5), picture_action="cut")
    wider = replace(seen(5.0, 6.0), sound=Span(4.8, 5.5), picture_action="cut")
    cues = webvtt.from_string(mcf.render(film(cut, wider))).captions
    assert [(each.start, each.end, each.raw_text) for each in cues] == [
        ("00:00:01.000", "00:00:02.000", "nudity=high=both"),
        ("00:00:04.800", "00:00:05.500", "nudity=high=audio"),
        ("00:00:05.000", "00:00:06.000", "nudity=high=both"),
    ]


def read(text: str) -> list[tuple[str, str, str, str]]:
    """Read filters as the specification has them: its header, then blocks of a time and entries."""
    head = re.match(r"WEBVTT MovieContentFilter 1\.0\.0\n\nNOTE\nSTART (\S+)\nEND (\S+)\n\n", text)
    assert head is not None
    found = []
    for block in text[head.end() :].rstrip("\n").split("\n\n"):
        times, *entries = block.split("\n")
        timed = re.fullmatch(r"(\d\d+:\d\d:\d\d\.\d{3}) --> (\d\d+:\d\d:\d\d\.\d{3})", times)
        assert timed is not None
        for entry in entries:
            said = re.fullmatch(r"([A-Za-z]+)=(low|medium|high)=(both|video|audio)(?: # .+)?", entry)
            assert said is not None
            found.append((timed[1], timed[2], said[1], said[3]))
    return found


def test_all_that_is_written_is_read_again() -> None:
    names = ["Nudity", "=;#", "a\nb", "--> 1", "ü"]
    odd = [seen(float(at), at + 0.5, name) for at, name in enumerate(names, 1)]
    both = replace(seen(30.0, 31.0), sound=Span(30.0, 31.0))
    source = film(*odd, spoken(20.1, 21.0), both, replace(seen(40.0, 41.0, "Violence"), picture_action="cut"))
    assert [(entry[2], entry[3]) for entry in read(mcf.render(source))] == [
        ("nudity", "video"),
        *[("dispensable", "video")] * 4,
        ("language", "audio"),
        ("nudity", "both"),
        ("violence", "both"),
    ]
