from __future__ import annotations

import io
from itertools import count

import pytest

from modeltasks.errors import HttpStatus
from modeltasks.report.console import print_err, print_out
from modeltasks.report.display import LineProgress
from modeltasks.report.notice import Notice
from modeltasks.report.results import ModelResult
from modeltasks.support.text import LONGEST, clean, is_plain, one_line

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
