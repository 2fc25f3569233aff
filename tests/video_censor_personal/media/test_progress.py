from __future__ import annotations

import pytest

from modeltasks.report.progress import Unit
from video_censor_personal.media.progress import film_progress


class Shown:
    """A progress that remembers what it was shown."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, float | None, float, Unit]] = []
        self.told: list[float | str] = []

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> Shown:
        self.begun.append((label, total, done, unit))
        return self

    def advance(self, count: float) -> None:
        self.told.append(count)

    def close(self) -> None:
        self.told.append("closed")


@pytest.mark.parametrize(
    ("duration", "start", "reached", "begun", "told"),
    [
        (100.0, 0.0, [10.0, 25.0], (100.0, 0.0), [10.0, 15.0]),
        (100.0, 40.0, [30.0, 50.0], (100.0, 40.0), [10.0]),  # what was done earlier is not done again
        (100.0, 0.0, [99.0, 104.0], (100.0, 0.0), [99.0, 1.0]),  # longer than it says
        (100.0, 120.0, [130.0], (100.0, 100.0), []),
        (0.0, 0.0, [10.0, 25.0], (None, 0.0), [10.0, 15.0]),  # nobody knows how long it is
    ],
)
def test_progress_is_the_time_reached_in_the_film(
    duration: float,
    start: float,
    reached: list[float],
    begun: tuple[float | None, float],
    told: list[float],
) -> None:
    shown = Shown()
    with film_progress(shown, "listening", duration, start) as go_on:
        for seconds in reached:
            go_on(seconds)
    assert shown.begun == [("listening", *begun, "seconds")]
    assert shown.told == [*told, "closed"]


def test_it_is_closed_when_the_work_fails() -> None:
    shown = Shown()
    with pytest.raises(RuntimeError), film_progress(shown, "listening", 10.0):
        raise RuntimeError
    assert shown.told == ["closed"]
