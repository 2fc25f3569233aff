"""Films in worker processes of this machine, several at once, which live from one film to the next."""

from __future__ import annotations

import logging
import threading
import weakref
from functools import cache
from typing import Any

from modeltasks.report.progress import Progress
from modeltasks.support.cancel import Cancelled, CancelToken
from video_censor_personal.machine import Machine
from video_censor_personal.runners.process import WorkerProcess
from video_censor_personal.runners.runner import MEMORY, Job

_LOOK_UP = 0.1
"""Seconds between two looks at whether a stop was asked for."""

logger = logging.getLogger(__name__)


def budget(machine: Machine) -> int:
    """Return how many workers a machine has cores and memory for; at least 1."""
    memory = machine.free_memory()
    cores = machine.cores()
    return max(1, cores if memory is None else min(cores, memory // MEMORY))


class LocalWorkers:
    """Does jobs in processes of its own; from several threads, several at once.

    Processes are started when they are needed first. One that dies ends the job that it was doing; the next
    job gets another. They end with this object, or with the program.

    Args:
        most: jobs at once; None: as many as the machine has room for. The cores are shared out among those
            that are at work, so that a film alone has all of them.
        memory: bytes for all of them; a job that takes more than is left waits, unless it is alone. None:
            what the machine has free, or any number where `most` is given.
    """

    def __init__(self, most: int | None = None, memory: int | None = None) -> None:
        machine = Machine()
        if memory is None and most is None:
            memory = machine.free_memory()
        self.most = max(1, budget(machine) if most is None else most)
        self._cores = machine.cores()
        self._room = _Room(self.most, memory)
        self._staff = _Staff()
        self._finish = weakref.finalize(self, self._staff.end)

    def run(self, job: Job, progress: Progress, cancel: CancelToken) -> Any:
        """Return what the job returns; wait while all processes are busy.

        Raises:
            Failure: what the job raised, or that its process died or cannot be started.
            Cancelled: `cancel` was set, or the workers were closed; nothing of the job runs on.
        """
        cancel.check()
        needed = job.memory
        while not self._room.taken(needed):
            cancel.check()
        try:
            process = self._staff.take()
            try:
                return process.do(job, self._share(), progress, cancel)
            except BaseException:
                if self._staff.is_closed:
                    raise Cancelled from None
                raise
            finally:
                self._staff.give_back(process)
        finally:
            self._room.give_back(needed)

    def _share(self) -> int | None:
        """Return how many cores a job has that begins now; None: all."""
        at_work = self._staff.at_work
        return None if at_work == 1 else max(1, self._cores // at_work)

    def close(self) -> None:
        """End all processes; what they are doing is broken off."""
        self._finish()


@cache
def shared_workers() -> LocalWorkers:
    """Return the workers that all of this program shares, which keep their models loaded."""
    return LocalWorkers()


class _Room:
    """The room for jobs: so many at once, and so many bytes."""

    def __init__(self, most: int, memory: int | None) -> None:
        self._most = most
        self._memory = memory
        self._jobs = self._bytes = 0
        self._changed = threading.Condition()

    def taken(self, needed: int) -> bool:
        """Take room for a job that needs so many bytes, if there is any before long."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._has(needed), _LOOK_UP):
                return False
            self._jobs += 1
            self._bytes += needed
            return True

    def give_back(self, needed: int) -> None:
        """Give back the room of a job."""
        with self._changed:
            self._jobs -= 1
            self._bytes -= needed
            self._changed.notify_all()

    def _has(self, needed: int) -> bool:
        if self._jobs == 0:
            return True
        fits = self._memory is None or self._bytes + needed <= self._memory
        return self._jobs < self._most and fits


class _Staff:
    """The processes: those at work, and those that wait for work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._busy: list[WorkerProcess] = []
        self.is_closed = False

    @property
    def at_work(self) -> int:
        """How many processes have a job, at least 1: whoever asks has one."""
        return max(1, len(self._busy))

    def take(self) -> WorkerProcess:
        """Return the process that did the last job, or a new one where all are at work."""
        with self._lock:
            if self.is_closed:
                raise Cancelled
            dead = [each for each in self._idle if not each.is_alive]
            self._idle = [each for each in self._idle if each.is_alive]
            process = self._idle.pop() if self._idle else WorkerProcess()
            self._busy.append(process)
        for each in dead:
            logger.debug("process %d ended while it had nothing to do", each.pid)
            each.end()
        return process

    def give_back(self, process: WorkerProcess) -> None:
        """Keep a process for the next job, if it lives."""
        alive = process.is_alive
        with self._lock:
            if process in self._busy:  # else `end` has it
                self._busy.remove(process)
                if alive:
                    self._idle.append(process)
        if not alive:
            process.end()

    def end(self) -> None:
        """End all of them, and start no more."""
        with self._lock:
            self.is_closed = True
            processes = [*self._idle, *self._busy]
            self._idle, self._busy = [], []
        for each in processes:
            each.let_go()
        for each in processes:
            each.end()
