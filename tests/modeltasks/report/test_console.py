from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from modeltasks.report.console import WholeLines, for_stream, silence, symbol, write_lines


def test_silencing_a_closed_stream_leaves_no_file_open(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        pass
    before = next_descriptor()
    silence(stream)
    assert next_descriptor() == before


def next_descriptor() -> int:
    """Return the number that the next file to be opened gets."""
    number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    return number


def test_what_is_written_to_a_silenced_stream_goes_nowhere(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        silence(stream)
        stream.write("lost")
    assert (tmp_path / "log").read_text() == ""


def encoded(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


@pytest.mark.parametrize(
    ("pieces", "written"),
    [
        (["a\n"], "a\n"),
        (["a", "b\n"], "ab\n"),
        (["a\nb", "c\n"], "a\nbc\n"),
        (["a\nb"], "a\n"),
        (["", "\n"], "\n"),
    ],
)
def test_what_comes_in_pieces_is_passed_on_in_lines(pieces: list[str], written: str) -> None:
    stream = io.StringIO()
    lines = WholeLines(stream)
    for piece in pieces:
        assert lines.write(piece) == len(piece)
    assert stream.getvalue() == written


def test_nothing_is_lost_of_a_line_that_never_ended() -> None:
    stream = io.StringIO()
    lines = WholeLines(stream)
    lines.write("a\nb")
    lines.end()
    lines.end()
    assert stream.getvalue() == "a\nb\n"


def test_lines_for_a_file_are_written_as_they_are() -> None:
    stream = io.StringIO()
    write_lines(stream, "a\nb\n")
    assert stream.getvalue() == "a\nb\n"


@pytest.mark.parametrize(
    ("encoding", "shown", "sign"),
    [("utf-8", "ü·電", "·"), ("latin-1", "ü·\\u96fb", "·"), ("ascii", "\\xfc\\xb7\\u96fb", "-")],
)
def test_a_stream_gets_the_letters_that_it_has(encoding: str, shown: str, sign: str) -> None:
    assert for_stream("ü·電", encoded(encoding)) == shown
    assert symbol(encoded(encoding), "·", "-") == sign
