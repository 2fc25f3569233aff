"""Durations as people write them."""

from __future__ import annotations

import pytest

from modeltasks.support.units import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("500ms", 0.5),
        ("2s", 2),
        ("1.5min", 90),
        ("12h", 43_200),
        (" 30d ", 2_592_000),
        ("2w", 1_209_600),
    ],
)
def test_a_number_with_a_unit_is_a_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "-1d", "3 fortnights", "nan", "inf", "1e400", "1,5h"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration: write it like 30d, 12h or 90s"):
        parse_duration(text)
