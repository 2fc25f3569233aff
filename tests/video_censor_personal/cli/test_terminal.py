"""Bars, log lines and doit's own lines on one terminal, from several threads."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.support.screen import Screen, on_terminal
from tests.video_censor_personal.cli.noisy import LINES, THREADS

TOLD = re.compile(r"<|INFO|WARNING|\.  ")
BARS = re.compile(r"(?:models|mode|writ)\S*.*: +\d+%|more hidden")


def expected() -> Counter[str]:
    told = [f"<out {t} {n}>" for t in range(THREADS) for n in range(LINES)]
    told += [f"<err {t} {n}>" for t in range(THREADS) for n in range(LINES)]
    told += [f"INFO: <log {t} {n}>" for t in range(THREADS) for n in range(LINES)]
    told += [f"WARNING: w:1: UserWarning: <warn {t} {n}>" for t in range(THREADS) for n in range(LINES)]
    told += [f".  busy:{t}" for t in range(THREADS)] + [f".  quick:{n}" for n in range(LINES)]
    return Counter(told)


def wrong(screen: Screen) -> tuple[Counter[str], Counter[str]]:
    """Return the lines that are there and should not be, and those that are missing."""
    there = Counter(line for line in screen.lines if line)
    return there - expected(), expected() - there


@pytest.fixture
def noise() -> list[str]:
    return [sys.executable, "-m", "tests.video_censor_personal.cli.noisy"]


@pytest.mark.parametrize(
    ("columns", "rows"), [(80, 24), (200, 60), (45, 6)], ids=["usual", "large", "fewer rows than bars"]
)
def test_lines_are_whole_and_bars_below_them_leave_nothing(
    noise: list[str], tmp_path: Path, columns: int, rows: int
) -> None:
    screen = Screen(columns, rows)
    assert on_terminal(noise, tmp_path, screen) == 0, "\n".join(screen.lines)
    assert wrong(screen) == (Counter(), Counter())
    assert any(BARS.search(line) for lines in screen.seen for line in lines)
    pictures = [[not TOLD.match(line) for line in lines if line] for lines in screen.seen]
    assert [bars for bars in pictures if bars != sorted(bars)] == [], "something stood below a bar"


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}], ids=str)
def test_a_terminal_gets_only_what_it_can_do(
    noise: list[str], tmp_path: Path, environment: dict[str, str]
) -> None:
    screen = Screen(80, 24)  # which refuses colours
    assert on_terminal(noise, tmp_path, screen, environment) == 0
    assert wrong(screen) == (Counter(), Counter())
    moved = any(BARS.search(line) for lines in screen.seen for line in lines)
    assert moved == (environment["TERM"] != "dumb")


def test_a_terminal_without_these_letters_gets_escapes_that_fit(noise: list[str], tmp_path: Path) -> None:
    screen = Screen(60, 24)
    assert on_terminal(noise, tmp_path, screen, {"PYTHONIOENCODING": "ascii:backslashreplace"}) == 0
    assert wrong(screen) == (Counter(), Counter())
    shown = "".join(line for lines in screen.seen for line in lines)
    assert shown.isascii()
    assert "..." in shown


def test_nobody_said_how_large_the_window_is(noise: list[str], tmp_path: Path) -> None:
    screen = Screen(80, 24)
    assert on_terminal(noise, tmp_path, screen, size=(0, 0)) == 0
    assert wrong(screen) == (Counter(), Counter())
