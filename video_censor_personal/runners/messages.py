"""What a worker process and the program that started it tell each other: pickles, each after its length.

A job, its result and its error travel as pickles within these: what cannot be read is then the matter of
one job, and not of the connection.
"""

from __future__ import annotations

import pickle
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from modeltasks.report.progress import Unit
from modeltasks.support.commands import TaskCommands

GREETING = b"\0video-censor worker\0"
"""The first that a worker writes; what Python itself may have printed before is no message."""
_LENGTH = struct.Struct(">Q")
_LONGEST_NOISE = 1 << 20
"""Bytes before the greeting."""


@dataclass(frozen=True, slots=True)
class Start:
    """Do a job.

    Args:
        number: the job's, by which its end is known.
        job: a pickle.
        cores: how many it may use; None: all.
        levels: those from which on a log record counts, by logger.
        folder: where relative paths start; None: it is gone.
        commands: how tasks are run where the user is, as messages name it.
    """

    number: int
    job: bytes
    cores: int | None
    levels: Mapping[str, int]
    folder: str | None
    commands: TaskCommands | None


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the job that was sent last."""


@dataclass(frozen=True, slots=True)
class Began:
    """The job shows a progress; `number` is its own for as long as the process lives."""

    number: int
    label: str
    total: float | None
    done: float
    unit: Unit


@dataclass(frozen=True, slots=True)
class Advanced:
    """A progress came farther."""

    number: int
    count: float


@dataclass(frozen=True, slots=True)
class Closed:
    """A progress has ended."""

    number: int


@dataclass(frozen=True, slots=True)
class Logged:
    """A log record, by its attributes."""

    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Returned:
    """The job is done; `result` is a pickle."""

    result: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ended with a `Failure`, as a pickle."""

    error: bytes


@dataclass(frozen=True, slots=True)
class Stopped:
    """The job was stopped."""


@dataclass(frozen=True, slots=True)
class Broke:
    """The job ended with an error that is a mistake of ours."""

    error: str
    traceback: str


Outcome = Returned | Failed | Stopped | Broke


@dataclass(frozen=True, slots=True)
class Ended:
    """The job of that number has ended, in this way."""

    number: int
    outcome: Outcome


class Sender:
    """Writes messages; from any thread."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, message: object) -> None:
        """Write a message; that nobody reads any more is found by who reads the answer."""
        content = pickle.dumps(message)
        try:
            with self._lock:
                self._stream.write(_LENGTH.pack(len(content)) + content)
                self._stream.flush()
        except (OSError, ValueError):  # the other side is gone; closed on this side
            return

    def greet(self) -> None:
        """Write what comes before the first message."""
        with self._lock:
            self._stream.write(GREETING)
            self._stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Return the next message; None when there is no whole one any more."""
    try:
        head = stream.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack(head)
        content = stream.read(length)
        return pickle.loads(content) if len(content) == length else None  # noqa: S301 - from our own process
    except (OSError, ValueError):
        return None


def skip_to_greeting(stream: IO[bytes]) -> bool:
    """Read up to the first message; False when there is none."""
    last = b""
    for _ in range(_LONGEST_NOISE):
        byte = stream.read(1)
        last = (last + byte)[-len(GREETING) :]
        if last == GREETING:
            return True
        if not byte:
            break
    return False
