"""One attempt to fill a partial: workers fetch bytes, the calling thread hashes and watches."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from modeltasks.errors import (
    BadAnswer,
    ConnectionRefused,
    ContentError,
    DiskFull,
    LocalError,
    ModelTasksError,
    SizeMismatch,
    Timeout,
)
from modeltasks.report.os_errors import explain
from modeltasks.support.cancel import CancelToken
from modeltasks.support.files import HEARTBEAT
from modeltasks.transfer.byte_ranges import Span
from modeltasks.transfer.limits import ConnectionBudget
from modeltasks.transfer.mirror import Failed, Stopped, Wanted
from modeltasks.transfer.partial import check_free_space
from modeltasks.transfer.prefix_hash import PrefixHash
from modeltasks.transfer.url import host_of

LARGEST = 500 * 10**9
"""Bytes: no hub takes a file that is larger, so a server that announces more is wrong."""

LAG = 2 * 1024 * 1024
"""Bytes that the hash may be behind while more connections still help: beyond, the hash is the limit."""

BATCH = 1024 * 1024
"""Bytes for which it is worth waking the hash before its time."""

_TICK = 0.02
_POLL = 0.05
_JOIN_TIMEOUT = 0.5


class Worker:
    """A thread with its connection, which another thread can watch and end.

    Args:
        task: what the thread does; it is given the worker.
        connect_limit: seconds for finding a host and connecting to it.
        done: called when the task has ended.
    """

    def __init__(
        self, task: Callable[[Worker], None], connect_limit: float, done: Callable[[], None]
    ) -> None:
        self.connect_limit = connect_limit
        self.reached = False
        self.reused = False
        self.url = ""
        self.failure: BaseException | None = None
        self.ended = False
        self._connecting_since: float | None = None
        self._shut = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self.thread = threading.Thread(target=self._run, args=(task, done), name="transfer", daemon=True)
        self.thread.start()

    def _run(self, task: Callable[[Worker], None], done: Callable[[], None]) -> None:
        try:
            task(self)
        except BaseException as error:  # noqa: BLE001 - carried to the thread that watches
            self.failure = error
        self.ended = True
        done()

    def connecting(self, url: str) -> None:
        """Note that a connection to `url` is being opened."""
        self.url = url
        self.reached = self.reused = False
        self._connecting_since = time.monotonic()

    def connected(self, connection: socket.socket | None, *, fresh: bool = True) -> None:
        """Note the socket that carries the request, and whether it is a new one."""
        with self._lock:
            self.reached = True
            self.reused = not fresh
            self._connecting_since = None
            self._socket = connection
            if self._shut:
                _shut(connection)

    def set_timeout(self, seconds: float) -> None:
        """Set how long one read may wait."""
        with self._lock:
            if self._socket is not None:
                # Closed meanwhile: the next read tells.
                with contextlib.suppress(OSError):
                    self._socket.settimeout(seconds)

    @property
    def overdue(self) -> bool:
        """Whether finding the host and connecting, all its addresses together, take longer than allowed."""
        since = self._connecting_since
        return since is not None and time.monotonic() - since > self.connect_limit

    def shut(self) -> None:
        """Shut the connection: a read that waits returns at once, a request not yet sent fails."""
        with self._lock:
            self._shut = True
            _shut(self._socket)


def _shut(connection: socket.socket | None) -> None:
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


class Attempt:
    """An attempt to fill a partial from one mirror; safe to use from its workers.

    More workers are started only while the hash keeps up with them. When one fails, the others fetch its part
    and no further one is started; when the last one fails, the attempt fails.

    `connect_limit`: seconds for finding a host and connecting to it. `encoded` names the Content-Encoding of
    bytes that are kept as they were sent.
    """

    def __init__(
        self,
        wanted: Wanted,
        prefix_hash: PrefixHash,
        budget: ConnectionBudget,
        cancel: CancelToken,
        connect_limit: float,
    ) -> None:
        self.wanted = wanted
        self.partial = prefix_hash.partial
        self.budget = budget
        self.stop = threading.Event()
        self.looks_like_html = False
        self.encoded = ""
        self._prefix_hash = prefix_hash
        self._cancel = cancel
        self._connect_limit = connect_limit
        self._workers: list[Worker] = []
        self._claims: dict[Worker, Span] = {}
        self._last_failure: Failed | None = None
        self._more: tuple[Callable[[Worker], None], int] | None = None
        if not self.partial.may_have_gaps:
            # The size that an earlier response announced counts no more.
            self.partial.set_size(wanted.size)

    def run(self, task: Callable[[Worker], None]) -> None:
        """Fill the partial and hash it to the end.

        Args:
            task: fetches all bytes that are missing, or all that no other worker fetches.

        Raises:
            Failed: not all bytes came.
            Cancelled: a stop was asked for.
        """
        self.budget.acquire(self._cancel)
        try:
            self._start(task)
            self._watch()
        finally:
            self._stop_workers()

    def allow_more_workers(self, task: Callable[[Worker], None] | None, piece: int) -> None:
        """Let further workers do `task`, one for each piece of `piece` bytes that is free; None: no more."""
        # One assignment: the thread that watches reads it at any time.
        self._more = None if task is None else (task, piece)

    def _watch(self) -> None:
        partial, prefix_hash = self.partial, self._prefix_hash
        now = time.monotonic()
        next_start, next_sign = now + _TICK, now + HEARTBEAT
        while True:
            self._cancel.check()
            hashed = prefix_hash.step()
            if hashed and prefix_hash.would_match(self.wanted.checksum.hexdigest, self._cancel):
                # Hash it again, now that nobody writes any longer.
                self._stop_workers()
                partial.accept_all()
                while prefix_hash.step():
                    self._cancel.check()
                return
            now = time.monotonic()
            if now >= next_sign:
                partial.touch()
                next_sign = now + HEARTBEAT
            if not hashed or now >= next_start:
                self._collect_ended()
                if not self._workers and prefix_hash.caught_up:
                    if partial.complete:
                        return
                    raise self._last_failure or Failed(self._ended_early())
            if now >= next_start:
                self._start_more()
                next_start = now + _TICK
            if not hashed:
                with partial.changed:
                    if prefix_hash.caught_up and not any(worker.ended for worker in self._workers):
                        partial.wait_for(prefix_hash.position + BATCH, _TICK)

    def _ended_early(self) -> ConnectionRefused:
        return ConnectionRefused(self.wanted.label, f"it ended after {self.partial.held:,} bytes")

    def _start(self, task: Callable[[Worker], None]) -> None:
        """Start a worker on a connection of the budget, which is given back if that fails."""
        try:
            if self._workers:
                self.partial.allow_gaps()
            self._workers.append(Worker(task, self._connect_limit, self._wake))
        except BaseException:
            self.budget.release()
            raise

    def _start_more(self) -> None:
        behind = self.partial.prefix - self._prefix_hash.position
        if self._more is None or self._last_failure or behind > LAG:
            return
        task, piece = self._more
        with self.partial.changed:
            free = self.partial.free(list(self._claims.values()))
        for _ in range(-(-free // piece)):
            if not self.budget.try_acquire_extra():
                return
            self._start(task)

    def _wake(self) -> None:
        with self.partial.changed:
            self.partial.changed.notify_all()

    def _collect_ended(self) -> None:
        """Remove workers that have ended or cannot reach their host."""
        for worker in list(self._workers):
            overdue = worker.overdue
            if not worker.ended and not overdue:
                continue
            self._workers.remove(worker)
            self.budget.release()
            self._give_back(worker)
            failure = worker.failure
            if not worker.ended:
                worker.shut()
                failure = Failed(Timeout(host_of(worker.url), worker.connect_limit))
            if isinstance(failure, ModelTasksError) and not isinstance(failure, LocalError):
                failure = Failed(failure)
            if isinstance(failure, Failed):
                failure.reached = worker.reached
                self._last_failure = failure
            if failure is not None and not (isinstance(failure, Failed) and self._others_may_finish(failure)):
                raise failure

    def _others_may_finish(self, failure: Failed) -> bool:
        """Say whether the other workers may still get everything."""
        return bool(self._workers) and not isinstance(failure.error, ContentError)

    def _stop_workers(self) -> None:
        self.stop.set()
        for worker in self._workers:
            worker.shut()
        self._wake()
        until = time.monotonic() + _JOIN_TIMEOUT
        for worker in self._workers:
            # One that is still looking for its host cannot be woken; it finds `stop` when it gets there.
            if worker.reached:
                worker.thread.join(max(0.0, until - time.monotonic()))
            self.budget.release()
        self._workers.clear()

    def write(self, out: BinaryIO, offset: int, data: bytes) -> int:
        """Write `data` at `offset`, the position of `out`; return the offset after it.

        Raises:
            Stopped: the attempt is over.
            LocalError: the disk is full, or the file cannot be written.
        """
        partial, done = self.partial, 0
        while done < len(data):
            if self.stop.is_set():
                raise Stopped
            try:
                written = out.write(memoryview(data)[done:])
            except OSError as error:
                raise explain(error, partial.path, (partial.size or 0) - offset) from error
            partial.mark_received(offset, written)
            offset += written
            done += written
        return offset

    def restart(self, keep: int = 0, size: int | None = None) -> None:
        """Have all but the first `keep` bytes fetched again.

        Args:
            keep: bytes that stay.
            size: what this response announces; what another one announced counts no more.
        """
        if self.stop.is_set():
            raise Stopped
        self.partial.restart(keep, self.wanted.size if size is None else size)

    def learn_size(self, total: int, origin: str) -> None:
        """Note the size that a mirror announces for the whole file.

        Raises:
            SizeMismatch: another size is wanted.
            BadAnswer: no size was known before, and this cannot be true.
            Failed: no size was known before, and there is no room for this one, which may be a lie.
        """
        if self.wanted.size is not None and total != self.wanted.size:
            raise SizeMismatch(self.wanted.label, self.wanted.size, total, origin)
        if self.partial.size == total:
            return
        if total > LARGEST:
            raise BadAnswer(
                origin, self.wanted.label, f"it announces {total:,} bytes, more than any model has"
            )
        if self.partial.size is not None or total < self.partial.held:
            self.restart(size=total)
        try:
            check_free_space(self.partial.path.parent, total, self.partial.held)
        except DiskFull as error:
            error.add_note(f"The size is what {origin} announces; the config names none")
            raise Failed(error) from error
        self.partial.set_size(total)

    def claim(self, worker: Worker, piece: int, at: int | None = None) -> Span | None:
        """Give a worker missing bytes that no other fetches, at most `piece` of them; None: nothing is free.

        Args:
            worker: who will fetch them; what it had before is free again.
            piece: bytes, a multiple of `BLOCK`.
            at: if given, only bytes that begin there will do.
        """
        with self.partial.changed:
            self._claims.pop(worker, None)
            span = self.partial.next_piece(list(self._claims.values()), piece, at)
            if span is not None:
                self._claims[worker] = span
            return span

    def _give_back(self, worker: Worker) -> None:
        """Let others fetch what this worker had."""
        with self.partial.changed:
            self._claims.pop(worker, None)
            self.partial.changed.notify_all()

    def wait_for_others(self) -> bool:
        """Wait a little for a part that another worker may give back; False: no other has one.

        Raises:
            Stopped: the attempt is over.
        """
        with self.partial.changed:
            if not self._claims:
                return False
            if self.stop.is_set():
                raise Stopped
            self.partial.changed.wait(_POLL)
            return True
