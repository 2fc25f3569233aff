"""Which stretches a judge is asked of: what others were unsure of, or each shot; evenly, where too many."""

from __future__ import annotations

import numpy as np
import pytest

from video_censor_personal.analysis.judge_plan import middle, plan, shots, unsure
from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.observations import Observation
from video_censor_personal.media.shots import Picture

TEN = [Span(float(at), at + 1.0) for at in range(10)]


def pictures(count: int, cuts: tuple[int, ...] = (), rate: float = 10.0) -> list[Picture]:
    nothing = np.zeros((1, 1, 1), np.float32)
    return [Picture(at / rate, (at + 1) / rate, None, nothing, is_cut=at in cuts) for at in range(count)]


@pytest.mark.parametrize(
    ("score", "is_asked"), [(0.19, False), (0.2, True), (0.5, True), (0.8, True), (0.81, False)]
)
def test_what_scores_within_the_band_is_asked_for(score: float, is_asked: bool) -> None:
    seen = Observation(1.0, 3.0, "nsfw", score)
    assert unsure([seen], (0.2, 0.8)) == ([Span(1.0, 3.0)] if is_asked else [])


def test_the_same_stretch_is_asked_for_once_and_in_time_order() -> None:
    asked = plan([Span(2, 3), Span(0, 1), Span(2, 3)], 9)
    assert (asked.asked, asked.spans) == (2, (Span(0, 1), Span(2, 3)))


@pytest.mark.parametrize(
    ("most", "chosen"),
    [(10, range(10)), (99, range(10)), (5, (1, 3, 5, 7, 9)), (3, (1, 5, 8)), (1, (5,))],
)
def test_of_too_many_some_are_chosen_evenly(most: int, chosen: range | tuple[int, ...]) -> None:
    found = plan(TEN, most)
    assert found.asked == 10
    assert found.spans == tuple(TEN[at] for at in chosen)


@pytest.mark.parametrize("count", [1, 7, 60, 143, 999])
@pytest.mark.parametrize("most", [1, 2, 59, 60, 61])
def test_never_more_than_allowed_and_none_twice(count: int, most: int) -> None:
    spans = plan([Span(float(at), at + 1.0) for at in range(count)], most).spans
    assert len(spans) == min(count, most) == len(set(spans))


def test_nothing_asked_for_is_nothing_planned() -> None:
    assert (plan([], 5).asked, plan([], 5).spans) == (0, ())


@pytest.mark.parametrize(
    ("cuts", "expected"),
    [
        ((), [(0.0, 2.0)]),
        ((0,), [(0.0, 2.0)]),
        ((5, 12), [(0.0, 0.5), (0.5, 1.2), (1.2, 2.0)]),
        ((19,), [(0.0, 1.9), (1.9, 2.0)]),
    ],
)
def test_a_shot_goes_from_one_cut_to_the_next(
    cuts: tuple[int, ...], expected: list[tuple[float, float]]
) -> None:
    found = shots(pictures(20, cuts))
    assert [pytest.approx((span.start, span.end)) for span in found] == expected


def test_a_long_shot_counts_as_several() -> None:
    found = shots(pictures(700, (650,), rate=10.0))
    parts = [(0, 65 / 3), (65 / 3, 130 / 3), (130 / 3, 65), (65, 70)]
    assert [pytest.approx((span.start, span.end)) for span in found] == parts


def test_a_film_without_pictures_has_no_shots() -> None:
    assert shots([]) == []


def test_a_stretch_is_judged_by_the_picture_in_its_middle() -> None:
    assert middle(Span(1.0, 4.0)) == 2.5
