"""The order of checks, and the line at the end."""

from __future__ import annotations

import pytest

from video_censor_personal.doctor.check import Check, State, in_order, verdict


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ([], "All is well."),
        (["ok", "ok"], "All is well."),
        (["warning", "ok"], "Nothing will fail. 1 thing to know: a."),
        (["ok", "failed", "warning"], "1 thing will fail: b."),
        (["failed", "ok", "failed", "failed"], "3 things will fail: a, c, d."),
    ],
)
def test_the_verdict(states: list[State], said: str) -> None:
    assert verdict([Check(name, state, "") for name, state in zip("abcdef", states, strict=False)]) == said


def test_a_name_that_comes_often_is_counted() -> None:
    assert (
        verdict([Check("a", "failed", "")] * 3 + [Check("b", "failed", "")])
        == "4 things will fail: a (3), b."
    )


def test_problems_come_first_and_the_rest_stays_as_it_came() -> None:
    states: list[State] = ["ok", "warning", "failed", "ok", "failed"]
    checks = [Check(name, state, "") for name, state in zip("abcde", states, strict=True)]
    assert [check.name for check in in_order(checks)] == ["c", "e", "b", "a", "d"]
