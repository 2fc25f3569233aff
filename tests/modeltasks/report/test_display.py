from __future__ import annotations

import io

import pytest

from modeltasks.report.display import BarProgress, LineProgress, progress_for, size_text
from modeltasks.report.progress import NoProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "kind"), [(None, NoProgress), (io.StringIO(), LineProgress), (Terminal(), BarProgress)]
)
def test_bars_are_for_terminals_only(stream: io.StringIO | None, kind: type) -> None:
    assert isinstance(progress_for(stream), kind)


def test_a_bar_shows_name_and_share() -> None:
    terminal = Terminal()
    file = BarProgress(terminal).begin("model/weights.bin", 1000, 250)
    file.advance(250)
    file.close()
    assert "model/weights.bin" in terminal.getvalue()
    assert "\r" in terminal.getvalue()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_what_follows_a_bar_begins_a_line(order: tuple[int, ...]) -> None:
    terminal = Terminal()
    bars = [BarProgress(terminal).begin(f"model/{n}", 1000) for n in range(3)]
    for number in order:
        bars[number].close()
        assert terminal.getvalue().endswith("\r")


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
