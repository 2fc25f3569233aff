"""A worker process, from within: does one job after the other, until nobody listens to it any more.

`process.py` has the other end. What is said between the two is in `messages.py`.
"""

from __future__ import annotations

import faulthandler
import itertools
import logging
import os
import pickle
import signal
import threading
import time
import traceback
from contextlib import suppress
from queue import SimpleQueue
from types import FrameType
from typing import IO, Any

from modeltasks.errors import Failure
from modeltasks.report.progress import FileProgress, Unit
from modeltasks.support import commands
from modeltasks.support.cancel import Cancelled, CancelToken
from video_censor_personal.analysis.open_detectors import OpenDetectors
from video_censor_personal.machine import share_cores
from video_censor_personal.runners.messages import (
    Advanced,
    Began,
    Broke,
    Closed,
    Ended,
    Failed,
    Logged,
    Outcome,
    Returned,
    Sender,
    Start,
    Stop,
    Stopped,
    receive,
)
from video_censor_personal.runners.runner import Job, JobContext

ENDS_WITHIN = 5.0
"""Seconds in which a worker ends once nobody listens to it, whatever it is in the middle of."""
_SHOWN_EVERY = 0.1
"""Seconds between two messages of one progress."""


class _Terminated(BaseException):
    """The system told the process to end: what is half written is taken away first."""


def main() -> None:
    """Do jobs as they come on standard input, and answer on what was standard output."""
    faulthandler.enable()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        _work()
    except _Terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Terminated


def _work() -> None:
    requests, answers = _take_streams()
    sender = Sender(answers)
    sender.greet()
    logging.getLogger().addHandler(_Forwarding(sender))
    Worker(requests, sender).work()


def _take_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Return standard input and output as streams of our own; what is printed goes to standard error."""
    requests, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


class Worker:
    """Does the jobs that come in, one after the other, and keeps models loaded between them."""

    def __init__(self, requests: IO[bytes], sender: Sender) -> None:
        self._requests = requests
        self._sender = sender
        self._todo: SimpleQueue[tuple[Start, CancelToken] | None] = SimpleQueue()
        self._detectors = OpenDetectors()

    def work(self) -> None:
        """Do jobs until there can be no more."""
        threading.Thread(target=self._listen, name="requests", daemon=True).start()
        while (todo := self._todo.get()) is not None:
            request, cancel = todo
            self._sender.send(Ended(request.number, self._done(request, cancel)))
        self._detectors.close()

    def _listen(self) -> None:
        """Take what is asked for; the end of it stops all."""
        cancel = CancelToken()
        while (message := receive(self._requests)) is not None:
            if isinstance(message, Start):
                cancel = CancelToken()
                self._todo.put((message, cancel))
            elif isinstance(message, Stop):
                cancel.set()
        # Needs no lock of the interpreter, which a library may hold for ever.
        faulthandler.dump_traceback_later(ENDS_WITHIN, exit=True)
        cancel.set()
        self._todo.put(None)

    def _done(self, request: Start, cancel: CancelToken) -> Outcome:
        for name, level in request.levels.items():
            logging.getLogger(name).setLevel(level)
        share_cores(request.cores)
        commands.use(request.commands)
        if request.folder is not None:
            with suppress(OSError):  # what is named relative to it cannot be found then, as the job will say
                os.chdir(request.folder)
        try:
            job: Job = pickle.loads(request.job)  # noqa: S301 - from the program that started us
            result = job.run(JobContext(_Reported(self._sender), cancel, self._detectors))
            return Returned(pickle.dumps(result))
        except Cancelled:
            return Stopped()
        except _Terminated:
            raise
        except Failure as error:
            return _failed(error)
        except BaseException as error:  # noqa: BLE001 - whatever a job raises ends that job alone
            return _broke(error)


def _failed(error: Failure) -> Outcome:
    """Return what tells of a failure, without what it holds besides where that cannot be handed over."""
    try:
        return Failed(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - pickle raises whatever the object at hand does
        error.__dict__ = {name: value for name, value in error.__dict__.items() if _can_be_pickled(value)}
    try:
        return Failed(pickle.dumps(error))
    except Exception as wrong:  # noqa: BLE001
        return _broke(wrong)


def _can_be_pickled(value: object) -> bool:
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001
        return False
    return True


def _broke(error: BaseException) -> Broke:
    (*_, last) = traceback.format_exception_only(error)
    return Broke(last.strip(), "".join(traceback.format_exception(error)).rstrip())


class _Reported:
    """Progress that is shown by the program which started this one."""

    _numbers = itertools.count()

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        number = next(self._numbers)
        self._sender.send(Began(number, label, total, done, unit))
        return _ReportedFile(self._sender, number)


class _ReportedFile:
    def __init__(self, sender: Sender, number: int) -> None:
        self._sender = sender
        self._number = number
        self._lock = threading.Lock()
        self._count = 0.0
        self._sent = time.monotonic()

    def advance(self, count: float) -> None:
        with self._lock:
            self._count += count
            if time.monotonic() - self._sent >= _SHOWN_EVERY:
                self._send()

    def close(self) -> None:
        with self._lock:
            self._send()
            self._sender.send(Closed(self._number))

    def _send(self) -> None:
        if self._count:
            self._sender.send(Advanced(self._number, self._count))
        self._count, self._sent = 0.0, time.monotonic()


class _Forwarding(logging.Handler):
    """Sends log records, as texts, to the program that started this one."""

    _KEPT = (
        "name",
        "levelno",
        "levelname",
        "created",
        "msecs",
        "threadName",
        "process",
        "pathname",
        "lineno",
    )

    def __init__(self, sender: Sender) -> None:
        super().__init__()
        self._sender = sender

    def emit(self, record: logging.LogRecord) -> None:
        try:
            attributes: dict[str, Any] = {name: getattr(record, name) for name in self._KEPT}
            attributes["msg"] = record.getMessage()
            if record.exc_info:
                attributes["exc_text"] = logging.Formatter().formatException(record.exc_info)
            self._sender.send(Logged(attributes))
        except Exception:  # noqa: BLE001 - as all handlers of logging do
            self.handleError(record)
