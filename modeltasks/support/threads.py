"""Threads that Python does not wait for when it ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def in_threads(work: Sequence[Callable[[], T]], threads: int, name: str) -> list[Future[T]]:
    """Call functions in threads, in order, and return their futures at once.

    Not an executor: when Python ends, it waits for an executor's threads before it runs what is to
    stop them, so that after Ctrl-C all of the work would be done first.

    Args:
        work: what to call.
        threads: how many at once.
        name: of the threads.
    """
    futures: list[Future[T]] = [Future() for _ in work]
    todo = deque(zip(futures, work, strict=True))

    def run() -> None:
        while todo:
            try:
                future, function = todo.popleft()
            except IndexError:
                return
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                future.set_exception(error)
            else:
                future.set_result(result)

    for _ in range(min(threads, len(work))):
        Thread(target=run, name=name, daemon=True).start()
    return futures
