"""When to ask again: a pure function of what failed, how often, and what the server asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from modeltasks.errors import ModelTasksError

LONGEST_WAIT = 300.0
"""Seconds. Hubs count requests in windows of five minutes, so no honest request to wait is longer;
a server that asks for more is not waited for at all."""

JITTER = 0.25
"""At most this part of a pause is added at random, so that many clients do not come back together."""


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
