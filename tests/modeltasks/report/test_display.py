from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from modeltasks.report.console import write_lines
from modeltasks.report.display import BarProgress, LineProgress, board_for, progress_for, size_text
from modeltasks.report.progress import NoProgress
from tests.support.screen import Terminal


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    opened = Terminal(80)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("stream", "term", "kind"),
    [
        (None, "xterm", NoProgress),
        (io.StringIO(), "xterm", LineProgress),
        (Tty(), "xterm", BarProgress),
        (Tty(), "dumb", LineProgress),
    ],
)
def test_bars_are_for_terminals_that_can_show_them(
    stream: io.StringIO | None, term: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    assert isinstance(progress_for(stream), kind)


def test_a_bar_shows_name_and_share(terminal: Terminal) -> None:
    shown = BarProgress(terminal.stream).begin("model/weights.bin", 1000, 250)
    (bar,) = terminal.lines("?B/s]")
    shown.close()
    assert bar.startswith("model/weights.bin:  25%|")
    assert "| 250/1.00k [00:00<?" in bar


def test_a_bar_of_a_film_shows_the_time_in_it(terminal: Terminal) -> None:
    shown = BarProgress(terminal.stream).begin("listening", 6120, 751, unit="seconds")
    (bar,) = terminal.lines("0:12:31 of 1:42:00")
    shown.close()
    assert bar.startswith("listening:  12%|")


def test_how_long_a_film_is_may_be_unknown(terminal: Terminal) -> None:
    shown = BarProgress(terminal.stream).begin("listening", None, 751, unit="seconds")
    assert terminal.lines("0:12:31") == ["listening: 0:12:31"]
    shown.close()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_what_follows_bars_begins_where_they_were(terminal: Terminal, order: tuple[int, ...]) -> None:
    bars = [BarProgress(terminal.stream).begin(f"model/{n}", 1000) for n in range(3)]
    for number in order:
        bars[number].close()
    terminal.stream.write("the end\n")
    terminal.stream.flush()
    terminal.lines("the end")
    assert terminal.screen.lines[0] == "the end"
    assert not any(terminal.screen.lines[1:])


def test_a_narrow_terminal_shows_part_of_the_name_and_how_far_it_is() -> None:
    narrow = Terminal(20)
    shown = BarProgress(narrow.stream).begin("models/weights.bin", 1000, 250)
    assert narrow.lines("2") == ["mode…bin:  25%|▎| 2"]
    shown.close()
    narrow.close()


@pytest.mark.parametrize("columns", [(80, 20), (20, 80), (80, 79), (80, 1)])
def test_the_window_may_change_its_size(columns: tuple[int, int]) -> None:
    before, after = columns
    window = Terminal(before)
    bars = [BarProgress(window.stream).begin(f"models/電影/{n}", 1000) for n in range(3)]
    write_lines(window.stream, "a\n")
    window.lines("a", 4)  # what is still on its way was meant for the other width
    window.resize(after)
    write_lines(window.stream, "b\n")
    for bar in bars:
        bar.close()
    write_lines(window.stream, "c\n")
    assert window.lines("c") == ["a", "b", "c"]
    window.close()


def test_lines_at_the_bottom_come_and_go(terminal: Terminal) -> None:
    board = board_for(terminal.stream)
    assert board is not None
    board.show(["one", "two", "three"])
    assert terminal.lines("three") == ["one", "two", "three"]
    board.show(["four", "x" * 200])
    assert terminal.lines("xxx") == ["four", "x" * 39 + "…" + "x" * 39]
    write_lines(terminal.stream, "told\n")
    assert terminal.lines("xxx")[0] == "told"
    board.show(())
    write_lines(terminal.stream, "the end\n")
    assert terminal.lines("the end") == ["told", "the end"]


def test_a_bar_on_a_terminal_that_went_away_stops_nothing(terminal: Terminal) -> None:
    bar = BarProgress(terminal.stream).begin("model", 1000)
    terminal.stream.close()
    bar.advance(1000)
    bar.close()
    BarProgress(terminal.stream).begin("model", 1000).close()


@pytest.mark.parametrize(
    ("pauses", "megabytes"),
    [
        ((1.0, 1.0, 1.0, 1.0), [3]),
        ((2.0, 2.0, 2.0, 2.0), [2, 4]),
        ((3.0, 3.0, 3.0, 0.0), [1, 2, 3]),
        ((0.1, 0.1, 60.0, 2.9), [3]),
        ((0.1, 0.1, 0.1, 0.1), []),
    ],
)
def test_a_log_gets_a_line_now_and_then_and_never_a_bar(
    pauses: tuple[float, ...], megabytes: list[int]
) -> None:
    log, now = io.StringIO(), [100.0]
    file = LineProgress(log, lambda: now[0]).begin("m/w", 4_000_000)
    for pause in pauses:
        now[0] += pause
        file.advance(1_000_000)
    file.close()
    lines = [f"m/w: {count}.0 MB of 4.0 MB ({25 * count} %)\n" for count in megabytes]
    assert log.getvalue() == "".join(lines)


def test_a_log_gets_the_time_in_a_film_and_how_long_it_still_takes() -> None:
    log, now = io.StringIO(), [100.0]
    film = LineProgress(log, lambda: now[0]).begin("listening", 6120, 720, unit="seconds")
    now[0] += 3
    film.advance(30)
    assert log.getvalue() == "listening: 0:12:30 of 1:42:00, 10.0x, ETA 0:08:57\n"


def test_a_fast_file_gets_no_line() -> None:
    log = io.StringIO()
    file = LineProgress(log, lambda: 0.0).begin("m/w", 10)
    file.advance(10)
    assert log.getvalue() == ""


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_999, "1.0 MB"),
        (23_590_724, "23.6 MB"),
        (5e9, "5.0 GB"),
        (5e12, "5.0 TB"),
    ],
)
def test_sizes_are_readable(count: float, text: str) -> None:
    assert size_text(count) == text
