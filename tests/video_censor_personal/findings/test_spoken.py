from __future__ import annotations

import pytest

from video_censor_personal.findings.observations import Observation
from video_censor_personal.findings.spoken import LANGUAGE, Spoken

HEARD = (
    Observation(300, 340, LANGUAGE, 0.9, "en"),
    Observation(10, 100, LANGUAGE, 0.9, "en"),
    Observation(12, 13, "word", 0.9, "hello"),
    Observation(120.5, 230, LANGUAGE, 0.8, "es"),
)


@pytest.mark.parametrize(
    ("time", "language"), [(0, None), (10, "en"), (119, "en"), (120.5, "es"), (229, "es"), (310, "en")]
)
def test_the_language_at_a_time(time: float, language: str | None) -> None:
    assert Spoken.of(HEARD).at(time) == language


def test_the_language_that_is_spoken_most() -> None:
    assert Spoken.of(HEARD).most() == "en"
    assert Spoken.of(HEARD[2:]).most() == "es"
    assert Spoken.of(HEARD[2:3]).most() is None
