"""Headers as strangers write them: read strictly, or not at all."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from modeltasks.transfer.headers import (
    content_encoding,
    content_length,
    content_range,
    retry_after,
    whole_number,
)
from modeltasks.transfer.mirrors import LONGEST_WAIT

NOW = datetime(2026, 9, 25, 8, 0, 0, tzinfo=UTC)
LONG = "9" * (sys.get_int_max_str_digits() + 700)
MALFORMED = [
    "²",
    "१२",
    "٣",
    LONG,
    "9" * 19,
    "1e5",
    "+5",
    "-1",
    "0x10",
    "NaN",
    "inf",
    "1_0",
    "5 6",
    "5.0",
    "five",
]


@pytest.mark.parametrize("text", [*MALFORMED, "", " 5", "5 ", "5\n"])
def test_what_is_no_number(text: str) -> None:
    assert whole_number(text) is None


@pytest.mark.parametrize("text", ["0", "7", "007", "123456789012345678"])
def test_what_is_a_number(text: str) -> None:
    assert whole_number(text) == int(text)


@pytest.mark.parametrize(("value", "expected"), [("36", 36), (" 36 ", 36), ("36, 36", 36), ("0", 0)])
def test_content_length(value: str, expected: int) -> None:
    assert content_length({"Content-Length": value}) == expected
    assert content_length({}) is None


@pytest.mark.parametrize("value", [*MALFORMED, "", "36, 37", "36,", "36, x"])
def test_a_content_length_that_is_none_is_told_in_short(value: str) -> None:
    with pytest.raises(ValueError, match="Content-Length") as caught:
        content_length({"Content-Length": value})
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    "form", ["bytes {}-35/36", "bytes 0-{}/99999", "bytes 0-0/{}", "bytes {0}-{0}/{0}", "bytes */{}"]
)
@pytest.mark.parametrize("number", [*MALFORMED, ""])
def test_a_content_range_with_a_number_that_is_none_says_nothing(form: str, number: str) -> None:
    assert content_range({"Content-Range": form.format(number)}) == (None, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes 10-35/36", ((10, 36), 36)),
        ("Bytes 5-5/6", ((5, 6), 6)),
        ("bytes 0-99/*", ((0, 100), None)),
        ("bytes */200", (None, 200)),
        ("bytes 0-99", (None, None)),
        ("items 0-99/200", (None, None)),
        ("", (None, None)),
        ("bytes 10-35/36, bytes 10-35/36", ((10, 36), 36)),
        ("bytes 10-35/36, bytes 0-9/36", (None, None)),
        ("bytes 35-10/36", (None, None)),
        ("bytes 10-36/36", (None, None)),
        ("bytes 10-35/0", (None, None)),
    ],
)
def test_content_range(value: str, expected: object) -> None:
    assert content_range({"Content-Range": value}) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", ""), ("identity", ""), ("GZip", "gzip"), ("gzip, br", "gzip, br"), (" , identity ,br", "br")],
)
def test_content_encoding(value: str, expected: str) -> None:
    assert content_encoding({"Content-Encoding": value}) == expected


@pytest.mark.parametrize("number", MALFORMED)
@pytest.mark.parametrize("form", ["{}", "Fri, 25 Sep {} 08:01:30 GMT", "Fri, 25 Sep 2026 {}:01:30 GMT"])
def test_a_wait_that_is_no_number_is_none_or_bounded(form: str, number: str) -> None:
    wait = retry_after({"Retry-After": form.format(number)}, NOW)
    assert wait is None or 0 <= wait <= LONGEST_WAIT or form != "{}"
    assert retry_after({"RateLimit": f'"api";r=0;t={number}'}, NOW) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5, 5", 5.0),
        ("5, 9", 9.0),
        ("5, x", 5.0),
        ("Fri, 25 Sep 2026 08:01:30 GMT, Fri, 25 Sep 2026 08:01:30 GMT", 90.0),
        ("Fri, 99 Sep 2026 08:01:30 GMT", None),
        ("Fri, 25 Sep 2026 08:01:30 +9999999999", None),
        (", ,", None),
    ],
)
def test_several_waits_and_strange_dates(value: str, expected: float | None) -> None:
    assert retry_after({"Retry-After": value}, NOW) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": "Fri, 25 Sep 2026 08:01:30 GMT"}, 90.0),
        ({"Retry-After": "Fri, 25 Sep 2026 08:01:30 -0000"}, 90.0),
        ({"Retry-After": "Fri, 25 Sep 2026 07:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"RateLimit": '"api";r=0;t=295'}, 295.0),
        ({"RateLimit": '"api";r=499;t=295'}, None),
        ({"RateLimit": '"api"; r=0; t=12'}, 12.0),
        ({"RateLimit": '"api";r=4;t=295, "resolvers";r=0;t=17'}, 17.0),
        ({"RateLimit": '"api";r=0;t=295, "resolvers";r=0;t=17'}, 295.0),
        ({"RateLimit": '"api";r=0'}, None),
        ({"RateLimit": "nonsense"}, None),
        ({"RateLimit": '"api";r=0;t=20', "Retry-After": "3"}, 20.0),
        ({"RateLimit": '"api";r=0;t=3', "Retry-After": "20"}, 20.0),
    ],
)
def test_asked_wait(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers, NOW) == expected
