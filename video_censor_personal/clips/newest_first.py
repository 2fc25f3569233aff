"""Does what was asked for last first: whoever jumps around waits for where he is, not for where he was."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from modeltasks.support.cancel import Cancelled, CancelToken


class _Task:
    """Work that somebody waits for; with the last of these it ends."""

    def __init__(self, key: object, work: Callable[[CancelToken], Any]) -> None:
        self.key = key
        self.work = work
        self.cancel = CancelToken()
        self.future: Future[Any] = Future()
        self.waiting = 0


class NewestFirst:
    """Does work in threads, so much at once; for equal requests once.

    Args:
        most: how much at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._guard = threading.Lock()
        self._stack: list[_Task] = []
        self._known: dict[object, _Task] = {}
        self._at_work = 0
        self._is_closed = False

    async def done(self, key: object, work: Callable[[CancelToken], Any]) -> Any:
        """Return what `work` returns, or raise what it raises; it is stopped when nobody waits any more.

        Args:
            key: what is done; what has the same key is not done twice at the same time.
            work: is called in a thread, with a token that stops it.

        Raises:
            Cancelled: it was stopped by `close`.
        """
        task = self._joined(key, work)
        try:
            waited = asyncio.wrap_future(task.future)
            waited.add_done_callback(_is_told)
            return await asyncio.shield(waited)
        finally:
            self._left(task)

    def close(self) -> None:
        """Stop all that is at work, and begin nothing more."""
        with self._guard:
            self._is_closed = True
            waiting, self._stack = self._stack, []
            at_work = [task for task in self._known.values() if task not in waiting]
        for task in at_work:
            task.cancel.set()
        for task in waiting:
            task.future.set_exception(Cancelled())

    def _joined(self, key: object, work: Callable[[CancelToken], Any]) -> _Task:
        with self._guard:
            if self._is_closed:
                raise Cancelled
            task = self._known.get(key)
            if task is None:
                task = self._known[key] = _Task(key, work)
            elif task in self._stack:
                self._stack.remove(task)
            else:
                task.waiting += 1
                return task
            task.waiting += 1
            self._stack.append(task)
            if self._at_work < self._most:
                self._at_work += 1
                threading.Thread(target=self._work, name="media", daemon=True).start()
            return task

    def _left(self, task: _Task) -> None:
        with self._guard:
            task.waiting -= 1
            if task.waiting or task.future.done():
                return
            task.cancel.set()
            # Who asks for the same from now on gets it anew.
            if self._known.get(task.key) is task:
                del self._known[task.key]
            with suppress(ValueError):
                self._stack.remove(task)

    def _work(self) -> None:
        while (task := self._next()) is not None:
            try:
                result = task.work(task.cancel)
            except BaseException as error:  # noqa: BLE001 - it is for those who wait
                self._forget(task)
                task.future.set_exception(error)
            else:
                self._forget(task)
                task.future.set_result(result)

    def _next(self) -> _Task | None:
        with self._guard:
            if not self._stack:
                self._at_work -= 1
                return None
            return self._stack.pop()

    def _forget(self, task: _Task) -> None:
        with self._guard:
            if self._known.get(task.key) is task:
                del self._known[task.key]


def _is_told(future: asyncio.Future[Any]) -> None:
    """Take a failure of what nobody waits for any more as told: asyncio would print it."""
    if not future.cancelled():
        future.exception()
