"""What the benchmark of cuts counts as gone, late and off."""

from __future__ import annotations

import numpy as np
import pytest
from flashes import KINDS, SECONDS, Kind, Sync, click, click_times, compared, cut_spans, gone, moments

PLAIN = KINDS[0]
VARIABLE = next(kind for kind in KINDS if kind.is_variable)


@pytest.mark.parametrize("count", [1, 7, 28, 100])
def test_spans_are_apart_and_end_before_the_film(count: int) -> None:
    spans = cut_spans(count)
    assert len(spans) == count
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert edges[-1] < SECONDS


@pytest.mark.parametrize(
    ("kind", "span", "pictures"),
    [
        (PLAIN, (1.0, 1.04), 1),
        (PLAIN, (1.01, 1.05), 2),
        (PLAIN, (1.02, 1.03), 1),
        (PLAIN, (1.0, 2.0), 25),
        (VARIABLE, (3.0, 3.08), 1),
        (VARIABLE, (3.9, 4.0), 2),
    ],
)
def test_all_that_is_shown_at_any_moment_of_a_span_is_gone(
    kind: Kind, span: tuple[float, float], pictures: int
) -> None:
    assert gone(kind, [span]) == pictures


def test_pictures_of_a_variable_rate_fill_each_second() -> None:
    times = moments(VARIABLE)
    assert times == sorted(set(times))
    assert set(range(SECONDS)) <= {int(time) for time in times if time.denominator == 1}


@pytest.mark.parametrize("late", [-0.02, 0.0, 0.013])
def test_a_click_is_found_where_it_is(late: float) -> None:
    sound = np.zeros(3 * 48000, np.float32)
    heard = click(48000)
    at = round((1.0 + late) * 48000) - len(heard) // 2
    sound[at : at + len(heard)] += heard
    found, absent = click_times(sound, 48000, [1.0, 2.0])
    assert found == pytest.approx(1.0 + late, abs=1 / 48000)
    assert absent is None


def test_what_a_film_is_off_by_itself_is_no_fault_of_its_copy() -> None:
    spans = [(1.0, 2.0)]
    before = Sync((5.0, 5.0, 5.0), 0, 25 * SECONDS, float(SECONDS))
    after = Sync((5.0, 25.0), 0, 25 * (SECONDS - 1), SECONDS - 1.0)
    row = compared(PLAIN, "ours", spans, before, after)
    assert (row.worst, row.gone, row.asked) == (20.0, 25, 25)
    assert row.length_off == pytest.approx(0.0, abs=1e-6)
