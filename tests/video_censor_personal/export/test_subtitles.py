from __future__ import annotations

from collections.abc import Callable

import pysubs2
import pytest
import webvtt

from tests.video_censor_personal.export.exported import film, seen, spoken
from video_censor_personal.export import subtitles
from video_censor_personal.export.stretches import ExportInput, shown

ODD = "<b>a</b> & {b1} --> \n\n2\n00:00:01,000 \udcff"


Cue = tuple[int, int, str]
Read = Callable[[ExportInput], list[Cue]]


def read_srt(source: ExportInput) -> list[Cue]:
    if not (text := subtitles.srt(source)):
        return []
    read = pysubs2.SSAFile.from_string(text, format_="srt")
    return [(each.start, each.end, each.plaintext) for each in read]


def read_vtt(source: ExportInput) -> list[Cue]:
    return [
        (each.start_time.in_milliseconds(), each.end_time.in_milliseconds(), each.text)
        for each in webvtt.from_string(subtitles.vtt(source)).captions
    ]


@pytest.mark.parametrize("read", [read_srt, read_vtt])
def test_a_cue_tells_what_is_hidden_with_words_masked(read: Read) -> None:
    source = film(
        spoken(1.1, 2.0, "hell"),
        seen(10.0, 12.5),
        seen(3600.0, 3601.0, "Violence"),
        spoken(3600.6, 3601.0, "damn,"),
        duration=4000.0,
    )
    assert read(source) == [
        (1000, 2100, "[Profanity: h***]"),
        (10000, 12500, "[Nudity]"),
        (3600000, 3601100, "[Violence] [Profanity: d***]"),
    ]


@pytest.mark.parametrize("read", [read_srt, read_vtt])
def test_stretches_that_touch_are_two_and_those_that_overlap_are_one(read: Read) -> None:
    source = film(seen(1.0, 2.0), seen(2.0, 3.0, "Violence"), spoken(5.1, 6.0), spoken(6.1, 7.0, "damn"))
    texts = [text for _, _, text in read(source)]
    assert texts == ["[Nudity]", "[Violence]", "[Profanity: h***, d***]"]


@pytest.mark.parametrize("read", [read_srt, read_vtt])
def test_nothing_hidden_is_no_cue(read: Read) -> None:
    assert read(film(seen(1.0, 2.0, allow=True))) == []


def test_any_category_is_one_cue_of_webvtt_and_none_of_its_tags() -> None:
    ((start, end, text),) = read_vtt(film(seen(1.0, 2.0, ODD)))
    assert (start, end) == (1000, 2000)
    assert "<" not in text
    assert ">" not in text
    assert text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == f"[{shown(ODD)}]"


def test_any_category_is_one_cue_of_subrip_and_none_of_its_tags() -> None:
    ((start, end, text),) = read_srt(film(seen(1.0, 2.0, ODD)))
    assert (start, end) == (1000, 2000)
    assert text == f"[{shown(ODD)}]".translate(str.maketrans("<>{}\\", "()()/"))
