from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

from modeltasks.support.cancel import Cancelled, CancelToken
from tests.support.waiting import PROMPT
from video_censor_personal.clips.newest_first import NewestFirst


class _Held:
    """Work that goes on until it is let go, or stopped."""

    def __init__(self, order: list[str], name: str) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.stopped = threading.Event()
        self._order = order
        self._name = name

    def __call__(self, cancel: CancelToken) -> str:
        self._order.append(self._name)
        self.begun.set()
        while not self.let_go.wait(0.005):
            if cancel.is_set:
                self.stopped.set()
                raise Cancelled
        return self._name


async def _happened(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, PROMPT)


def _held(*names: str) -> tuple[list[str], dict[str, _Held]]:
    order: list[str] = []
    return order, {name: _Held(order, name) for name in names}


def test_the_newest_is_done_first_so_many_at_once() -> None:
    order, work = _held("a", "b", "c", "d")

    async def ask() -> list[Any]:
        queue = NewestFirst(2)
        tasks = []
        for name in "abcd":
            tasks.append(asyncio.create_task(queue.done(name, work[name])))
            await asyncio.sleep(0)
            if name in "ab":  # both are at work before others wait
                await _happened(work[name].begun)
        assert sorted(order) == ["a", "b"]
        for each in work.values():
            each.let_go.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(ask()) == list("abcd")
    assert order[2] == "d"


def test_equal_requests_are_done_once_and_end_with_the_last_who_waits() -> None:
    order, work = _held("a")

    async def ask() -> None:
        queue = NewestFirst(1)
        one, other = (asyncio.create_task(queue.done("a", work["a"])) for _ in range(2))
        await _happened(work["a"].begun)
        one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one
        assert not work["a"].stopped.is_set()
        other.cancel()
        await _happened(work["a"].stopped)

    asyncio.run(ask())
    assert order == ["a"]


def test_nobody_is_told_how_work_ended_that_nobody_waits_for() -> None:
    told: list[object] = []
    _, work = _held("a")

    async def leave(queue: NewestFirst) -> None:
        task = asyncio.create_task(queue.done("a", work["a"]))
        await _happened(work["a"].begun)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def ask() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
        queue = NewestFirst(1)
        await leave(queue)
        assert await queue.done("b", lambda _cancel: "b") == "b"  # by then the other one has ended
        gc.collect()

    asyncio.run(ask())
    assert told == []


def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    order, work = _held("a", "b")

    async def ask() -> None:
        queue = NewestFirst(1)
        first = asyncio.create_task(queue.done("a", work["a"]))
        await _happened(work["a"].begun)
        second = asyncio.create_task(queue.done("b", work["b"]))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        work["a"].let_go.set()
        await first
        assert await queue.done("c", lambda _cancel: "c") == "c"

    asyncio.run(ask())
    assert order == ["a"]


def test_a_failure_is_for_those_who_wait_and_the_next_is_done() -> None:
    def fail(_cancel: CancelToken) -> None:
        raise ValueError("no")

    async def ask() -> None:
        queue = NewestFirst(1)
        with pytest.raises(ValueError, match="no"):
            await queue.done("a", fail)
        assert await queue.done("a", lambda _cancel: 1) == 1

    asyncio.run(ask())


def test_closing_stops_what_is_at_work_and_what_waits() -> None:
    _, work = _held("a", "b")

    async def ask() -> None:
        queue = NewestFirst(1)
        tasks = [asyncio.create_task(queue.done("a", work["a"]))]
        await _happened(work["a"].begun)
        tasks.append(asyncio.create_task(queue.done("b", work["b"])))
        await asyncio.sleep(0)
        queue.close()
        for task in tasks:
            with pytest.raises(Cancelled):
                await task
        with pytest.raises(Cancelled):
            await queue.done("c", _never)

    asyncio.run(ask())


def _never(_cancel: CancelToken) -> None:
    pytest.fail("it was begun")
