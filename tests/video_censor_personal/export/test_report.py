from __future__ import annotations

from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.video_censor_personal.export.exported import ODD_NAME, film, seen, spoken
from video_censor_personal.export import report
from video_censor_personal.export.report_facts import CopyTold, DetectorTold, ReportFacts
from video_censor_personal.export.results_json import ModelUse, Results
from video_censor_personal.export.stretches import ExportInput, Treated
from video_censor_personal.findings.coverage import Coverage, Span
from video_censor_personal.media.info import Chapter

_EMPTY = {"meta", "img", "br"}
BARS = ["c0 f0", "c1 f1"]
"""A pattern of its own for each kind, beside its color and its lane."""
_REFERENCES = {"src", "href", "srcset", "action", "data", "poster", "background", "xlink:href"}
_EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x00\ud800\u202e"


class Page(HTMLParser):
    """A page, read strictly: each tag is closed where it was opened; its text, and what it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.references: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        self.references += [value or "" for name, value in attrs if name in _REFERENCES]
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())


def facts(**more: Any) -> ReportFacts:
    return ReportFacts(Results("Film.mkv", 100.0, (), processed_at="2026-11-28T10:00:00Z"), **more)


def page(*segments: Treated, told: ReportFacts | None = None, **more: Any) -> tuple[str, Page]:
    source: ExportInput = replace(film(*segments, **more), report=told or facts())
    text = report.render(source)
    text.encode("utf-8")
    return text, Page(text)


def test_it_tells_what_was_found_done_and_by_whom() -> None:
    told = ReportFacts(
        Results(
            "Film.mkv", 100.0, (), "mine.yaml", "f" * 64, "2026-11-28T10:00:00Z",
            models=(ModelUse("nsfw", (("model.onnx", "sha256:abc"),), "https://example.org/m"),),
            dropped_streams=({"stream": 3, "kind": "subtitle", "why": "MP4 cannot hold it"},),
            weak=(seen(50.0, 51.0).segment,),
        ),
        copy=CopyTold("Film.clean.mkv", ("1 muted",), ("a doubt",)),
        licenses={"nsfw": "BSD-2-Clause"},
        detectors=(DetectorTold("eye", "nsfw", "nsfw", "threshold 0.5"),),
        program="Video Censor Personal 1",
    )  # fmt: skip
    doubtful = replace(seen(40.0, 41.0), picture=None)
    doubtful = replace(doubtful, segment=replace(doubtful.segment, certainty="doubtful"))
    left = replace(seen(20.0, 22.0, note="in a museum", allow=True, reviewed=True), picture=None)
    _, read = page(spoken(10.0, 10.5), left, doubtful, told=told)
    for expected in (
        "3 things were found: 1 to be hidden, 1 left as is, 1 to be decided.",
        "h***", "muted", "left as it is (decided)", "in a museum", "to decide", "One more thing was hardly",
        "Film.clean.mkv", "1 muted", "a doubt", "stream 3 (subtitle) is not in it: MP4 cannot hold it",
        "BSD-2-Clause", "sha256:abc", "https://example.org/m", "threshold 0.5", "mine.yaml", "f" * 64,
    ):  # fmt: skip
        assert expected in read.text


def test_a_word_is_read_only_by_who_opens_it() -> None:
    text, read = page(spoken(10.0, 10.5))
    assert read.tags["details"] == 1
    before, _, opened = text.partition("<summary>h***</summary>")
    assert "hell" not in before
    assert opened.count("hell") == 1


def test_what_was_not_looked_at_is_told_first() -> None:
    gap = Coverage(1, "audio", 0.0, 100.0, (Span(5.0, 60.0),), detector="ear")
    results = Results("Film.mkv", 100.0, (), coverage=(gap,), incomplete=("ear", "nose"), skipped=("eye",))
    text, read = page(told=ReportFacts(results))
    assert "Nothing was found in what was looked at." in read.text
    assert "45.0 of 100.0 s of audio stream 1" in read.text
    assert "nose did not look at all of it" in read.text
    assert "eye was left out: its optional model is not there" in read.text
    assert "eye did not look" not in read.text
    assert text.index("What was not looked at") < text.index("What was done")


def test_nothing_found_in_all_of_a_film_is_said_so() -> None:
    _, read = page()
    assert "Nothing was found." in read.text
    assert "No clean copy was made of it." in read.text
    assert "not looked at" not in read.text


@pytest.mark.parametrize("evil", [_EVIL, ODD_NAME, "x" * 1_000_000])
def test_no_word_of_others_becomes_markup(evil: str) -> None:
    results = Results(
        evil, 100.0, (), evil, evil, evil, models=(ModelUse(evil, ((evil, evil),), evil),), warnings=(evil,),
        skipped=(evil,), dropped_streams=({"stream": 1, "kind": evil, "why": evil},),
    )  # fmt: skip
    told = ReportFacts(
        results, {}, CopyTold(evil, (evil,), (evil,)), {evil: evil}, (DetectorTold(evil, evil, evil, evil),)
    )
    odd = spoken(1.0, 2.0, evil, note=evil)
    odd = replace(odd, segment=replace(odd.segment, category=evil, labels=(evil,)), sound_action=evil)
    chapters = (Chapter(0.0, 50.0, evil),)
    text, read = page(odd, seen(3.0, 4.0, evil), told=told, name=evil[:200], chapters=chapters)
    assert set(read.tags).isdisjoint({"script", "link", "iframe", "object", "base", "form"})
    assert read.references == []
    assert not any(name.startswith("on") or name == "style" for name, _ in read.attributes)
    assert "\u202e" not in text
    assert "\x00" not in text
    assert len(text) < 200_000


def test_pictures_are_in_the_file_and_nothing_else_is_referred_to() -> None:
    one = seen(3.0, 4.0)
    _, read = page(one, told=facts(pictures={one.segment.id: b"\xff\xd8"}))
    assert read.references == ["data:image/jpeg;base64,/9g="]


def test_what_is_left_and_what_waits_look_otherwise_than_what_is_hidden() -> None:
    left, waiting = (replace(seen(start, start + 2.0), picture=None) for start in (20.0, 40.0))
    waiting = replace(waiting, segment=replace(waiting.segment, certainty="doubtful"))
    _, read = page(seen(10.0, 12.0), left, waiting)
    bars = [value for name, value in read.attributes if name == "class" and value and value[:5] == "c0 f0"]
    assert bars == ["c0 f0", "c0 f0 left", "c0 f0 waits"]
    assert "What is half as high is to be decided. What is hollow is left as it is." in read.text
    assert "hollow" not in page(seen(10.0, 12.0))[1].text


@pytest.mark.parametrize(
    ("start", "column"),
    [(1.0, ""), (5.0, "At sea"), (59.9, "At sea"), (60.0, "Chapter 2"), (95.0, "The end")],
)
def test_a_finding_is_told_with_its_chapter(start: float, column: str) -> None:
    chapters = (Chapter(90.0, 100.0, "The end"), Chapter(5.0, 60.0, "At sea"), Chapter(60.0, 90.0, ""))
    text, read = page(spoken(start, start + 0.5), chapters=chapters)
    assert text.count('<svg class="chapter"') == 3
    assert [name in read.text for name in ("At sea", "Chapter 2", "The end")] == [True, True, True]
    named = f'data-name="chapter">{column}</td>'
    assert (named in text) if column else ('data-name="chapter"' not in text)


def test_a_film_without_chapters_has_no_column_of_them() -> None:
    text, _ = page(spoken(10.0, 10.5))
    assert "chapter" not in text.partition("</style>")[2]


def test_thousands_of_findings_stay_a_page() -> None:
    many = [spoken(i, i + 0.5, note="n" * 5000, id=f"s{i}") for i in range(10_000)]
    text, read = page(*many, duration=10_000.0)
    assert len(text) < 5_000_000
    assert "10000 findings" in read.text
    rows = read.tags["tr"] - 1
    assert f"{10_000 - rows} more are in the results file" in read.text


def test_times_and_categories_can_be_told_without_colors() -> None:
    _, read = page(spoken(10.0, 10.5), seen(20.0, 22.0))
    assert ("aria-label", "When: Profanity 1, Nudity 1") in read.attributes
    assert "Profanity (1)" in read.text
    assert "Nudity (1)" in read.text
    assert [value for name, value in read.attributes if name == "class" and value in BARS] == BARS
    assert ("lang", "en") in read.attributes
    assert all(value in {"col", "row"} for name, value in read.attributes if name == "scope")
