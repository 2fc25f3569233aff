"""One mirror's attempt: workers bring bytes, the calling thread hashes them and watches the workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from modeltasks.errors import ConnectionRefused, ContentError, LocalError, ModelTasksError, Timeout
from modeltasks.support.cancel import CancelToken
from modeltasks.transfer.claims import HEARTBEAT
from modeltasks.transfer.exchange import Exchange
from modeltasks.transfer.failure import Failed
from modeltasks.transfer.limits import ConnectionBudget
from modeltasks.transfer.prefix_hash import Follower
from modeltasks.transfer.sink import Sink
from modeltasks.transfer.url import host_of

_TICK = 0.02
_LEAVE = 0.5

LAG = 2 * 1024 * 1024
"""Bytes that the hash may be behind while more connections still help: beyond, the hash is the limit."""


BATCH = 1024 * 1024
"""Bytes for which it is worth waking the hash before its time."""


class Supply(Protocol):
    """What brings the bytes of one mirror into a sink; called on threads of the crew."""

    def lead(self, exchange: Exchange) -> None:
        """Bring all bytes that are missing, or all that no other worker brings."""

    def extra(self, exchange: Exchange) -> None:
        """Bring some of the missing bytes, until none is free or a connection is wanted elsewhere."""

    @property
    def free_parts(self) -> int:
        """How many further calls of `extra` would find bytes to bring now."""


class _Worker:
    """A thread with what it ended in."""

    def __init__(
        self, task: Callable[[Exchange], None], connect_limit: float, done: Callable[[], None]
    ) -> None:
        self.exchange = Exchange(connect_limit)
        self.failure: BaseException | None = None
        self.ended = False
        self._task = task
        self._done = done
        self.thread = threading.Thread(target=self._run, name="transfer", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._task(self.exchange)
        except BaseException as error:  # noqa: BLE001 - carried to the thread that watches
            self.failure = error
        self.ended = True
        self._done()


class Crew:
    """The workers of one attempt.

    Several connections serve a file only while the hash keeps up with them. A worker that fails
    gives its part back to the others, and no further one is hired; the attempt fails with the last.
    """

    def __init__(self, sink: Sink, follower: Follower, budget: ConnectionBudget, cancel: CancelToken) -> None:
        self._sink = sink
        self._follower = follower
        self._budget = budget
        self._cancel = cancel
        self._workers: list[_Worker] = []
        self._last_failure: Failed | None = None

    def run(self, supply: Supply, connect_limit: float) -> None:
        """Fill the sink and hash it to the end.

        Args:
            supply: brings the bytes.
            connect_limit: seconds for finding a host and connecting to it.

        Raises:
            Failed: not all bytes came.
            Cancelled: a stop was asked for.
        """
        self._budget.acquire(self._cancel)
        try:
            self._hire(supply.lead, connect_limit)
            self._watch(supply, connect_limit)
        finally:
            self._dismiss()

    def _watch(self, supply: Supply, connect_limit: float) -> None:
        partial = self._sink.partial
        now = time.monotonic()
        next_hire, next_sign = now + _TICK, now + HEARTBEAT
        while True:
            self._cancel.check()
            hashed = self._follower.step()
            if hashed and self._follower.foresees(self._sink.wanted.checksum.hexdigest, self._cancel):
                # Once more, when nobody writes any longer.
                self._dismiss()
                self._sink.fill()
                while self._follower.step():
                    self._cancel.check()
                return
            now = time.monotonic()
            if now >= next_sign:
                partial.touch()
                next_sign = now + HEARTBEAT
            if not hashed or now >= next_hire:
                self._reap()
                if not self._workers and self._follower.caught_up:
                    if partial.complete:
                        return
                    raise self._last_failure or Failed(self._ended_early())
            if now >= next_hire:
                self._hire_more(supply, connect_limit)
                next_hire = now + _TICK
            if not hashed:
                with partial.changed:
                    if self._follower.caught_up and not any(worker.ended for worker in self._workers):
                        partial.wait_for(self._follower.position + BATCH, _TICK)

    def _ended_early(self) -> ConnectionRefused:
        sink = self._sink
        return ConnectionRefused(sink.wanted.label, f"it ended after {sink.partial.held:,} bytes")

    def _hire(self, task: Callable[[Exchange], None], connect_limit: float) -> None:
        self._workers.append(_Worker(task, connect_limit, self._wake))

    def _hire_more(self, supply: Supply, connect_limit: float) -> None:
        behind = self._sink.partial.prefix - self._follower.position
        if self._last_failure or behind > LAG:
            return
        for _ in range(supply.free_parts):
            if not self._budget.try_extra():
                return
            self._sink.partial.scatter()
            self._hire(supply.extra, connect_limit)

    def _wake(self) -> None:
        with self._sink.partial.changed:
            self._sink.partial.changed.notify_all()

    def _reap(self) -> None:
        """Let go of workers that have ended or cannot reach their host."""
        for worker in list(self._workers):
            overdue = worker.exchange.overdue
            if not worker.ended and not overdue:
                continue
            self._workers.remove(worker)
            self._budget.release()
            self._sink.give_back(worker.exchange)
            failure = worker.failure
            if not worker.ended:
                worker.exchange.end()
                failure = Failed(Timeout(host_of(worker.exchange.url), worker.exchange.connect_limit))
            if isinstance(failure, ModelTasksError) and not isinstance(failure, LocalError):
                failure = Failed(failure)
            if isinstance(failure, Failed):
                failure.reached = worker.exchange.reached
                self._last_failure = failure
            if failure is not None and not (isinstance(failure, Failed) and self._may_be_made_up(failure)):
                raise failure

    def _may_be_made_up(self, failure: Failed) -> bool:
        """Say whether the other workers may still get everything."""
        return bool(self._workers) and not isinstance(failure.error, ContentError)

    def _dismiss(self) -> None:
        self._sink.stop.set()
        for worker in self._workers:
            worker.exchange.end()
        self._wake()
        until = time.monotonic() + _LEAVE
        for worker in self._workers:
            # One that is still looking for its host cannot be woken; it finds `stop` when it gets there.
            if worker.exchange.reached:
                worker.thread.join(max(0.0, until - time.monotonic()))
            self._budget.release()
        self._workers.clear()
