"""When to ask again: pure functions of what failed, how often, and what the server asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from modeltasks.errors import ModelTasksError

LONGEST_WAIT = 300.0
"""Seconds. Hubs count requests in windows of five minutes, so no honest request to wait is longer;
a server that asks for more is not waited for at all."""

JITTER = 0.25
"""At most this part of a pause is added at random, so that many clients do not come back together."""

_LIMIT = re.compile(r'"[^"]*"((?:\s*;\s*[a-z]+=[^;,]+)*)', re.IGNORECASE)


def asked_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a server asks to wait, or None.

    `Retry-After` (RFC 9110 §10.2.3) in seconds or as a date, and `RateLimit`
    (draft-ietf-httpapi-ratelimit-headers) where a bucket is empty; the longest of them.

    Args:
        headers: of the response; looked up without regard to case if the mapping does so.
        now: the present time, aware of its zone.
    """
    waits = [_retry_after(headers.get("Retry-After", ""), now), *_empty_buckets(headers.get("RateLimit", ""))]
    return max((wait for wait in waits if wait is not None), default=None)


def _retry_after(value: str, now: datetime) -> float | None:
    value = value.strip()
    if not value:
        return None
    if value.isdigit():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def _empty_buckets(value: str) -> list[float]:
    waits = []
    for bucket in _LIMIT.finditer(value):
        fields = dict(part.strip().split("=", 1) for part in bucket[1].split(";") if "=" in part)
        left, reset = fields.get("r", "").strip(), fields.get("t", "").strip()
        if left == "0" and reset.isdigit():
            waits.append(float(reset))
    return waits


def delay(
    failed_rounds: int,
    error: ModelTasksError,
    asked: float | None,
    backoff: Sequence[float],
    rng: Callable[[], float],
) -> float | None:
    """Return the seconds to wait before asking this mirror again, or None: it is of no use.

    Args:
        failed_rounds: how many rounds have failed, this one included; from 1.
        error: why the mirror failed.
        asked: what the server asked to wait, in seconds: the least that is waited.
        backoff: seconds to wait after each failed round; the last one is used from there on.
        rng: gives a number from 0 up to 1.
    """
    if not error.transient or (asked is not None and asked > LONGEST_WAIT):
        return None
    base = backoff[min(failed_rounds, len(backoff)) - 1] if backoff else 0.0
    pause = max(base, asked or 0.0)
    return pause + base * JITTER * rng()
