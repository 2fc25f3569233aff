"""What a Dask worker does with a job: a process for it, progress and log lines sent back, a stop."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from socket import gethostname
from typing import TYPE_CHECKING, Any

from modeltasks.errors import Failure, Unexpected
from modeltasks.report.progress import FileProgress, Unit
from modeltasks.support.cancel import Cancelled, CancelToken
from video_censor_personal.runners.hosts import HostJob

if TYPE_CHECKING:
    from distributed import Worker

    from video_censor_personal.runners.runner import Runner

TOPIC = "video-censor"
"""Where messages are sent. One for all: a scheduler forgets no topic, but the older messages of each."""
POLL = 0.25
"""Seconds between two looks whether the job is still wanted."""
_PAUSE = 0.5
"""Seconds between two messages on the progress of one thing."""
_OVER = ("closing", "closed", "failed")
_WANTED = ("executing", "long-running", "resumed")

_LOGGERS = ("video_censor_personal", "modeltasks")

_guard = threading.Lock()
_processes: dict[int, Runner] = {}
_listeners: dict[str, tuple[logging.Handler, int]] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job, and where; the `error` is a Failure or Cancelled."""

    address: str
    host: str
    result: Any = None
    error: Exception | None = None


def carry_out(job: bytes, key: str, sender: str, level: int) -> Outcome:
    """Do a job in a process of this worker's; called by Dask.

    Args:
        job: the HostJob, pickled: Dask must not look into it.
        key: of this task.
        sender: who waits for it, and is sent messages meanwhile.
        level: the least level of log lines that are.
    """
    from distributed import get_worker

    worker = get_worker()
    host = _name(worker)
    send = partial(_send, worker, sender, key)
    send("started", worker.address, host)
    cancel, done = CancelToken(), threading.Event()
    watch = threading.Thread(target=_watch, args=(worker, key, cancel, done), name="watch", daemon=True)
    watch.start()
    try:
        with _forwarded_log(sender, _SentLog(send, level, host)):
            given: HostJob = replace(pickle.loads(job), host=host)  # noqa: S301 - Dask runs any code anyway
            result = _runner(worker).run(given, _SentProgress(send), cancel)
    except (Failure, Cancelled) as error:
        error.add_note(f"This was on {host}")
        return Outcome(worker.address, host, error=error)
    except Exception as error:
        logging.getLogger(__name__).exception("a job broke down")
        return Outcome(worker.address, host, error=Unexpected(f"The worker {host}", repr(error)))
    else:
        return Outcome(worker.address, host, result)
    finally:
        done.set()
        send("ended")


def _name(worker: Worker) -> str:
    """Return what to call a worker: the name that it was given, else that of its machine."""
    name = str(worker.name)
    return gethostname() if "://" in name or name.isdigit() else name


def _runner(worker: Worker) -> Runner:
    """Return the processes of this worker; they live as long as it does."""
    from video_censor_personal.runners.workers import LocalWorkers

    most = worker.state.nthreads
    with _guard:
        if most not in _processes:
            _processes[most] = LocalWorkers(most)
        return _processes[most]


def _watch(worker: Worker, key: str, cancel: CancelToken, done: threading.Event) -> None:
    """Stop a job that nobody waits for any more.

    Dask ends no thread. When a task is cancelled, its client is gone or the scheduler is, only the state
    that the worker keeps of it says so.
    """
    while not done.wait(POLL):
        task = worker.state.tasks.get(key)
        if task is None or task.state not in _WANTED or worker.status.name in _OVER:
            cancel.set()
            return


def _send(worker: Worker, sender: str, key: str, *message: object) -> None:
    """Send a message to whoever waits for a job; where the scheduler is gone, nobody does."""
    try:
        worker.log_event(TOPIC, [sender, key, *message])
    except Exception:  # of many kinds, and none of them is a failure of the job
        logging.getLogger(__name__).debug("a message could not be sent", exc_info=True)


class _SentProgress:
    """Sends progress to the machine that the job came from."""

    def __init__(self, send: Callable[..., None]) -> None:
        self._send = send
        self._numbers = count()

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        number = next(self._numbers)
        self._send("begin", number, label, total, done, unit)
        return _SentFile(self._send, number)


class _SentFile:
    """Sends the progress of one file, not more often than people read."""

    def __init__(self, send: Callable[..., None], number: int) -> None:
        self._send = send
        self._number = number
        self._guard = threading.Lock()
        self._kept = 0.0
        self._sent = time.monotonic()

    def advance(self, count: float) -> None:
        with self._guard:
            self._kept += count
            if time.monotonic() - self._sent >= _PAUSE:
                self._flush()

    def close(self) -> None:
        with self._guard:
            self._flush()
        self._send("close", self._number)

    def _flush(self) -> None:
        self._sent = time.monotonic()
        if self._kept:
            self._send("advance", self._number, self._kept)
            self._kept = 0.0


class _SentLog(logging.Handler):
    """Sends log lines to the machine that the job came from."""

    def __init__(self, send: Callable[..., None], level: int, host: str) -> None:
        super().__init__(level)
        self._sender = send
        self._host = host

    def emit(self, record: logging.LogRecord) -> None:
        self._sender("log", record.name, record.levelno, record.getMessage(), self._host)


@contextmanager
def _forwarded_log(sender: str, sent: logging.Handler) -> Iterator[None]:
    """Send the log lines of this program, each once a sender, however many jobs of it are under way."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    with _guard:
        handler, jobs = _listeners.get(sender, (sent, 0))
        _listeners[sender] = handler, jobs + 1
        for logger in loggers:
            logger.addHandler(handler)
            # A Dask worker lets warnings through, and no less.
            logger.setLevel(min(sent.level, logger.level or logging.WARNING))
    try:
        yield
    finally:
        with _guard:
            handler, jobs = _listeners.pop(sender)
            if jobs > 1:
                _listeners[sender] = handler, jobs - 1
            else:
                for logger in loggers:
                    logger.removeHandler(handler)
