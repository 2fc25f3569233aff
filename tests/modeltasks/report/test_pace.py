from __future__ import annotations

import pytest

from modeltasks.report.pace import Pace, clock_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00:00"), (59.9, "0:01:00"), (6120, "1:42:00"), (360_000, "100:00:00"), (-3, "0:00:00")],
)
def test_a_length_of_film_is_told_as_a_clock_shows_it(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


class Hours:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def gone(pace: Pace, clock: Hours, seconds: int, each: float) -> Pace:
    for _ in range(seconds):
        clock.now += 1
        pace.advance(each)
    return pace


def test_the_speed_is_that_of_this_run_and_tells_how_long_it_takes() -> None:
    clock = Hours()
    pace = gone(Pace(1000, 400, clock), clock, 10, 10.0)
    assert pace.speed == pytest.approx(10)
    assert pace.left == pytest.approx(50)
    assert pace.share == 0.5


def test_the_speed_follows_what_happens_and_not_each_moment() -> None:
    clock = Hours()
    pace = gone(Pace(10_000, 0, clock), clock, 60, 10.0)
    gone(pace, clock, 1, 100.0)
    assert pace.speed is not None
    assert 10 < pace.speed < 15
    gone(pace, clock, 120, 20.0)
    assert pace.speed == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize("total", [None, 0])
def test_nothing_is_told_of_what_is_not_known(total: float | None) -> None:
    clock = Hours()
    pace = Pace(total, 0, clock)
    assert (pace.share, pace.speed, pace.left) == (None, None, None)
    gone(pace, clock, 3, 2.0)
    assert pace.left is None
    assert pace.speed == pytest.approx(2)


def test_there_is_never_less_than_nothing_to_do() -> None:
    clock = Hours()
    pace = gone(Pace(10, 0, clock), clock, 3, 5.0)
    assert (pace.share, pace.left) == (1.0, 0.0)
