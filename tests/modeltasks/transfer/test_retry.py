"""When to ask again, as a table; and what servers' headers ask for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from modeltasks.errors import (
    ChecksumMismatch,
    ConnectionRefused,
    DnsFailure,
    FileGone,
    HtmlInsteadOfModel,
    HttpStatus,
    ModelTasksError,
    Offline,
    RateLimited,
    SizeMismatch,
    Stalled,
    Timeout,
    TlsFailure,
    TokenRefused,
)
from modeltasks.transfer.headers import asked_wait
from modeltasks.transfer.mirrors import LONGEST_WAIT, delay

NOW = datetime(2026, 9, 25, 8, 0, 0, tzinfo=UTC)
BACKOFF = (2.0, 4.0, 8.0)
RESET = ConnectionRefused("h", "reset")


@pytest.mark.parametrize(
    ("failed", "error", "asked", "rng", "expected"),
    [
        (1, RESET, None, 0.0, 2.0),
        (2, RESET, None, 0.0, 4.0),
        (3, RESET, None, 0.0, 8.0),
        (4, RESET, None, 0.0, 8.0),
        (1, RESET, None, 1.0, 2.5),
        (3, RESET, None, 0.5, 9.0),
        (1, DnsFailure("h", "d"), None, 0.0, 2.0),
        (1, Timeout("h", 1), None, 0.0, 2.0),
        (1, Stalled("f", 1, 2), None, 0.0, 2.0),
        (1, HttpStatus("u", 503), None, 0.0, 2.0),
        (1, HttpStatus("u", 408), None, 0.0, 2.0),
        (1, HttpStatus("u", 503), 1.0, 0.0, 2.0),
        (1, HttpStatus("u", 503), 30.0, 0.0, 30.0),
        (1, HttpStatus("u", 503), 30.0, 1.0, 30.5),
        (1, RateLimited("h", 295), 295.0, 0.0, 295.0),
        (1, RateLimited("h", 0), 0.0, 0.0, 2.0),
        (1, RateLimited("h", LONGEST_WAIT), LONGEST_WAIT, 0.0, LONGEST_WAIT),
        (1, RateLimited("h", 3600), 3600.0, 0.0, None),
        (1, HttpStatus("u", 403), None, 0.0, None),
        (1, HttpStatus("u", 401), None, 0.0, None),
        (1, HttpStatus("u", 501), None, 0.0, None),
        (1, FileGone("h", "p"), None, 0.0, None),
        (1, FileGone("h", "p"), 1.0, 0.0, None),
        (1, TlsFailure("h", "d"), None, 0.0, None),
        (1, TokenRefused("h"), None, 0.0, None),
        (1, ChecksumMismatch("f", "a", "b", "o"), None, 0.0, None),
        (1, SizeMismatch("f", 1, 2, "o"), None, 0.0, None),
        (1, HtmlInsteadOfModel("u"), None, 0.0, None),
        (1, Offline("f", "s"), None, 0.0, None),
    ],
)
def test_delay(
    failed: int, error: ModelTasksError, asked: float | None, rng: float, expected: float | None
) -> None:
    assert delay(failed, error, asked, BACKOFF, lambda: rng) == expected


def test_no_backoff_means_no_pause() -> None:
    assert delay(1, RESET, None, (), lambda: 1.0) == 0.0


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
    assert asked_wait(headers, NOW) == expected
