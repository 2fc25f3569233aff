from __future__ import annotations

import pytest

from video_censor_personal.findings.certainty import Bounds, least_sure


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((0.5, None, None), ["sure", None, None, None]),
        ((0.5, 0.3, None), ["sure", "doubtful", None, None]),
        ((0.5, 0.3, 0.2), ["sure", "doubtful", "weak", None]),
        ((0.5, None, 0.2), ["sure", "weak", "weak", None]),
        ((0.5, 0.7, None), ["sure", None, None, None]),
    ],
)
def test_a_score_is_as_sure_as_the_bounds_say(
    given: tuple[float, float | None, float | None], expected: list[str | None]
) -> None:
    bounds = Bounds.of(*given)
    assert [bounds.certainty(score) for score in (0.5, 0.3, 0.2, 0.1)] == expected


def test_a_label_with_a_threshold_of_its_own_keeps_the_proportions() -> None:
    scaled = Bounds(0.8, 0.4, 0.2).scaled(0.4)
    assert (scaled.sure, scaled.doubtful, scaled.weak) == pytest.approx((0.4, 0.2, 0.1))


def test_the_least_sure_of_some() -> None:
    assert least_sure("sure", "weak", "doubtful") == "weak"
