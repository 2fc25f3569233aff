"""Shared limits."""

from __future__ import annotations

import threading

import pytest

from modeltasks.support.cancel import Cancelled, CancelToken
from modeltasks.transfer.limits import FAR, LOCAL_RATE, ConnectionBudget, RateLimit
from modeltasks.transfer.mirror import UrlMirror
from tests.modeltasks.transfer.conftest import Bench, wanted_of
from tests.modeltasks.transfer.servers import files
from tests.support.waiting import PROMPT, once, wait_until


def test_an_extra_connection_yields_to_a_file_that_has_none() -> None:
    budget = ConnectionBudget(2)
    budget.responded(FAR)
    cancel = CancelToken()
    budget.acquire(cancel)
    assert budget.try_acquire_extra()
    assert not budget.try_acquire_extra()

    waiting = threading.Thread(target=budget.acquire, args=(cancel,))
    waiting.start()
    wait_until(lambda: budget.contended)
    budget.release()
    waiting.join(PROMPT)

    assert not waiting.is_alive()
    assert not budget.contended
    assert not budget.try_acquire_extra()


def test_waiting_for_a_connection_can_be_cancelled() -> None:
    budget = ConnectionBudget(1)
    cancel = CancelToken()
    budget.acquire(cancel)
    once(lambda: budget.contended, cancel.set)

    with pytest.raises(Cancelled):
        budget.acquire(cancel)
    assert not budget.contended


def test_a_connection_that_no_thread_could_use_is_given_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.tune(connections=1)
    server, transfer = bench.serve(files({"/file": b"bytes"})), bench.transfer()
    mirrors, wanted = [UrlMirror(server.url(), "x")], wanted_of(b"bytes")

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            transfer.fetch(wanted, mirrors)
    giving_up = threading.Timer(PROMPT, bench.cancel.set)
    giving_up.start()
    assert transfer.fetch(wanted, mirrors).bytes_fetched == len(b"bytes")
    giving_up.cancel()


@pytest.mark.parametrize(
    ("seconds", "arrived", "open_at_once"),
    [
        (0.01, 0, 1),  # too early to tell
        (0.05, 0, 4),  # nothing comes: a slow or distant server
        (0.05, LOCAL_RATE // 100, 4),
        (0.05, LOCAL_RATE // 10, 1),  # this machine is the limit
    ],
)
def test_connections_grow_while_the_link_is_the_limit(
    seconds: float, arrived: int, open_at_once: int
) -> None:
    now = [0.0]
    budget = ConnectionBudget(8, cores=2, clock=lambda: now[0])
    budget.acquire(CancelToken())
    assert not budget.try_acquire_extra()

    budget.arrived(arrived)
    now[0] += seconds

    assert 1 + sum(budget.try_acquire_extra() for _ in range(8)) == open_at_once


def test_files_have_a_connection_each_as_far_as_there_are_cores() -> None:
    budget = ConnectionBudget(8, cores=3, clock=lambda: 0.0)
    for _ in range(3):
        budget.acquire(CancelToken())
    cancel = CancelToken()
    once(lambda: budget.contended, cancel.set)
    with pytest.raises(Cancelled):
        budget.acquire(cancel)


@pytest.mark.parametrize(("seconds", "open_at_once"), [(FAR / 2, 0), (FAR, 8), (1.0, 8)])
def test_a_far_server_gets_all_connections_at_once(seconds: float, open_at_once: int) -> None:
    budget = ConnectionBudget(8, cores=2, clock=lambda: 0.0)
    budget.responded(seconds)
    assert sum(budget.try_acquire_extra() for _ in range(20)) == open_at_once


@pytest.mark.parametrize("connections", [1, 2, 3, 8])
def test_connections_never_exceed_the_setting(connections: int) -> None:
    now = [0.0]
    budget = ConnectionBudget(connections, cores=2, clock=lambda: now[0])
    taken = 0
    for _ in range(40):
        taken += budget.try_acquire_extra()
        now[0] += 1.0
    assert taken == connections


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
