from __future__ import annotations

import io
from itertools import count

import pytest

from modeltasks.errors import HttpStatus
from modeltasks.report.console import print_err, print_out
from modeltasks.report.display import LineProgress
from modeltasks.report.notice import Notice
from modeltasks.report.results import ModelResult
from modeltasks.support.text import LONGEST, cells, clean, fit, is_plain, one_line

HOSTILE = {
    "clear screen": "a\x1b[2Jb",
    "bell": "a\x07b",
    "C1 introducer": "a\x9b31mb",
    "delete": "a\x7fb",
    "carriage return": "good\rbad",
    "right to left override": "a\u202egpj.exe",
    "isolate": "a\u2066b\u2069",
    "zero width": "pay\u200bpal\u200d\ufeff\u2060",
    "tag": "a\U000e0041b",
    "line separator": "a\u2028b",
    "lone surrogate": "a\ud83db",
    "null": "a\0b",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_is_obeyed_and_nothing_is_hidden(text: str) -> None:
    assert not is_plain(text)
    for shown in (one_line(text), clean(text)):
        assert shown.isprintable()
        assert "\\" in shown
        shown.encode()


@pytest.mark.parametrize("text", ["plain", "Überprüft — «été» 12\u00a0kB", "日本語のモデル", "😀", ""])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert is_plain(text)
    assert one_line(text) == clean(text) == text


def test_lines_can_not_be_forged() -> None:
    assert one_line("x\nINFO: all is well") == "x\\nINFO: all is well"
    assert clean("what\n  note") == "what\n  note"


def test_long_text_is_cut() -> None:
    assert len(one_line("x" * 10**6)) == LONGEST
    assert one_line("x" * 10**6).endswith("…")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_errors_notices_results_bars_and_prints_are_clean(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = HttpStatus("https://h.example/m", 418, text)
    error.add_note(f"mirror: {text}\nforged")
    assert all(line.isprintable() for line in str(error).split("\n"))
    assert len(str(error).split("\n")) == 2
    notice = Notice("gone", text)
    told = ModelResult("m", "failed", "/m", error=error, warnings=(notice,)).as_dict()
    stream = io.StringIO()
    print_out(text)
    print_err(text)
    LineProgress(stream, clock=count(0, 60).__next__).begin(text, 10).advance(1)
    printed = "".join((stream.getvalue(), *capsys.readouterr()))
    shown = [str(notice), *map(str, error.as_dict().values()), *printed.splitlines()]
    assert all(line.isprintable() for line in shown)
    assert one_line(text) in str(told["warnings"]).replace("\\\\", "\\")


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("電影", 4), ("e\u0301", 1), ("a\u200db", 2), ("\uff21\uff22", 4), ("ü", 1)],
)
def test_a_text_takes_as_many_columns_as_a_terminal_gives_it(text: str, width: int) -> None:
    assert cells(text) == width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abcdefg", 7, "abcdefg"),
        ("abcdefg", 6, "abc…fg"),
        ("abcdefg", 2, "a…"),
        ("abcdefg", 1, "…"),
        ("abcdefg", 0, ""),
        ("電影電影", 7, "電影…影"),
        ("電影電影", 6, "電…影"),  # half of a wide character is none
        ("電影電影", 8, "電影電影"),
    ],
)
def test_what_does_not_fit_is_left_out_in_the_middle(text: str, width: int, shown: str) -> None:
    assert fit(text, width) == shown
    assert cells(shown) <= width
