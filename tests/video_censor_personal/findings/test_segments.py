from __future__ import annotations

import pytest

from tests.video_censor_personal.examples import segment
from video_censor_personal.findings.segments import segment_id, with_unique_ids
from video_censor_personal.findings.timecode import format_time, parse_time


@pytest.mark.parametrize(
    ("category", "start", "expected"),
    [
        ("Profanity", 12.34, "profanity-12.3"),
        ("Sexual Theme", 0.0, "sexual-theme-0.0"),
        ("Überfall", 3600.06, "überfall-3600.1"),
        ("!!", 1.0, "segment-1.0"),
    ],
)
def test_an_id_is_the_category_and_the_tenth_of_a_second(category: str, start: float, expected: str) -> None:
    assert segment_id(category, start) == expected


def test_segments_that_share_an_id_are_numbered_in_time_order() -> None:
    found = with_unique_ids([segment(1.04, 1.5), segment(1.01, 1.02), segment(1.03, 1.2)])
    assert [(each.start, each.id) for each in found] == [
        (1.01, "profanity-1.0"),
        (1.03, "profanity-1.0-2"),
        (1.04, "profanity-1.0-3"),
    ]


def test_numbering_steps_over_an_id_that_is_taken() -> None:
    found = with_unique_ids(
        [segment(1.0, 2.0, id="a"), segment(1.1, 2.0, id="a-2"), segment(1.2, 2.0, id="a")]
    )
    assert [each.id for each in found] == ["a", "a-2", "a-3"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:00:00.000", 0.0),
        ("01:02:03.004", 3723.004),
        ("02:03", 123.0),
        ("2:03.5", 123.5),
        ("100:00:00", 360000.0),
        ("90:00", 5400.0),
        ("75.25", 75.25),
        ("75,25", 75.25),
        (" 00:10 ", 10.0),
        (12, 12.0),
        (12.5, 12.5),
    ],
)
def test_times_are_read_as_people_write_them(text: object, seconds: float) -> None:
    assert parse_time(text) == pytest.approx(seconds, abs=1e-9)


@pytest.mark.parametrize(
    "value",
    [
        *("", "abc", "-1", "00:-1", "1:2:3:4", "00:61", "01:60:00", "1e3", "9" * 400),
        *(True, None, [], -0.5, float("nan"), float("inf"), 10**400),
    ],
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller words it
        parse_time(value)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "00:00:00.000"),
        (59.9996, "00:01:00.000"),
        (3599.9999, "01:00:00.000"),
        (90061.5, "25:01:01.500"),
    ],
)
def test_times_are_written_rounded_to_the_millisecond(seconds: float, text: str) -> None:
    assert format_time(seconds) == text
