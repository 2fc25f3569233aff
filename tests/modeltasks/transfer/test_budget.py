"""Shared limits."""

from __future__ import annotations

import threading

import pytest

from modeltasks.cancel import CancelToken
from modeltasks.errors import Cancelled
from modeltasks.transfer.budget import ConnectionBudget, RateLimit


def test_an_extra_connection_yields_to_a_file_that_has_none() -> None:
    budget = ConnectionBudget(2)
    cancel = CancelToken()
    budget.acquire(cancel)
    assert budget.try_extra()
    assert not budget.try_extra()

    waiting = threading.Thread(target=budget.acquire, args=(cancel,))
    waiting.start()
    while not budget.contended:
        pass
    budget.release()
    waiting.join(5)

    assert not waiting.is_alive()
    assert not budget.contended
    assert not budget.try_extra()


def test_waiting_for_a_connection_can_be_cancelled() -> None:
    budget = ConnectionBudget(1)
    cancel = CancelToken()
    budget.acquire(cancel)
    threading.Timer(0.05, cancel.set).start()

    with pytest.raises(Cancelled):
        budget.acquire(cancel)
    assert not budget.contended


def test_rate_is_shared_and_does_not_save_up() -> None:
    now = [0.0]
    rate = RateLimit(100, lambda: now[0])

    assert rate.take(50) == 0.5
    assert rate.take(100) == 1.5
    now[0] = 10.0
    assert rate.take(50) == 0.5


@pytest.mark.parametrize(
    ("rate", "size"), [(None, 262144), (1_000_000, 100_000), (100, 1024), (10**9, 262144)]
)
def test_reads_are_small_where_the_rate_is(rate: int | None, size: int) -> None:
    assert RateLimit(rate).read_size(262144) == size


def test_no_rate_no_wait() -> None:
    assert RateLimit(None).take(10**12) == 0.0
