"""Jobs that try a worker: quick, slow, deaf, deadly."""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeltasks.errors import Failure
from modeltasks.support.cancel import CancelToken
from modeltasks.support.commands import command
from tests.support.waiting import AGES, wait_until
from video_censor_personal.detectors.base import inference_threads
from video_censor_personal.errors import VideoCensorError
from video_censor_personal.runners.runner import Job, JobContext

FILM = Path("films/Blue.mkv")


@dataclass(frozen=True)
class Echo(Job):
    """Returns what it was given."""

    value: Any = None
    film: Path = FILM

    def run(self, context: JobContext) -> Any:
        return self.value


@dataclass(frozen=True)
class Calls(Job):
    """Returns what a function of this module returns; it is given the context."""

    what: str
    film: Path = FILM

    def run(self, context: JobContext) -> Any:
        function: Callable[[JobContext], Any] = globals()[self.what]
        return function(context)


@dataclass(frozen=True)
class Raises(Job):
    """Raises an error, perhaps with something in it that no pickle can hold."""

    error: BaseException
    spoil: str = ""
    film: Path = FILM

    def run(self, context: JobContext) -> Any:
        if self.spoil:
            setattr(self.error, self.spoil, threading.Lock())
        raise self.error


@dataclass(frozen=True)
class Meets(Job):
    """Writes its process's number to a file of its own, then waits for another file."""

    begun: Path
    go: Path
    film: Path = FILM

    def run(self, context: JobContext) -> Any:
        say(self.begun)
        while not self.go.exists():
            context.cancel.sleep(0.005)
        return os.getpid()


@dataclass(frozen=True)
class Deaf(Job):
    """Does not hear that it is to stop."""

    begun: Path
    film: Path = FILM

    def run(self, context: JobContext) -> Any:
        say(self.begun)
        time.sleep(AGES)


@dataclass(frozen=True)
class HoldsTheLock(Job):
    """Waits in a library that lets no other thread run meanwhile."""

    begun: Path
    film: Path = FILM

    def run(self, context: JobContext) -> Any:
        say(self.begun)
        ctypes.PyDLL(None).sleep(int(AGES))


@dataclass(frozen=True)
class LeavesOne(Job):
    """Starts a process that lives on with all that this one has open, and dies."""

    pid: Path
    film: Path = FILM

    def run(self, context: JobContext) -> Any:
        child = os.fork()
        if child == 0:
            while True:
                time.sleep(AGES)
        say(self.pid, child)
        os.kill(os.getpid(), 9)


@dataclass(frozen=True)
class Shows(Job):
    """Shows progress: many small steps, and one that it never closes."""

    steps: int
    film: Path = FILM

    def run(self, context: JobContext) -> Any:
        sight = context.progress.begin("looking", 10.0, 2.0, "seconds")
        for _ in range(self.steps):
            sight.advance(8.0 / self.steps)
        sight.close()
        context.progress.begin("listening", None).advance(3)


class Unreadable:
    """A result that cannot be read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("no number",)


class Local(VideoCensorError):
    """A failure with a value of its own."""

    kind = "detector"

    def __init__(self, number: int) -> None:
        super().__init__(f"Number {number}", "it is wrong", "Take another")
        self.number = number


def say(path: Path, number: int | None = None) -> None:
    """Write a number, this process's by default; whoever sees the file sees all of it."""
    beside = path.with_suffix(".part")
    beside.write_text(str(number or os.getpid()))
    beside.replace(path)


def pid(context: JobContext) -> int:
    return os.getpid()


def null_read(context: JobContext) -> None:
    ctypes.string_at(0)


def killed(context: JobContext) -> None:
    os.kill(os.getpid(), 9)


def aborted(context: JobContext) -> None:
    os.abort()


def exits(context: JobContext) -> None:
    os._exit(3)


def leaves_quietly(context: JobContext) -> None:
    sys.exit(4)


def prints(context: JobContext) -> str:
    libc = ctypes.CDLL(None)
    libc.puts(b"from C")
    libc.fflush(None)
    os.write(1, b"from the system call")
    print("from Python", flush=True)
    return sys.stdin.read()


def a_function(context: JobContext) -> Any:
    return lambda: None


def unreadable(context: JobContext) -> Any:
    return Unreadable()


def a_local_failure(context: JobContext) -> None:
    class Hidden(Failure):
        pass

    raise Hidden("Hidden", "nobody can import it", "Nothing")


def logs(context: JobContext) -> None:
    logger = logging.getLogger("film.worker")
    logger.debug("not wanted")
    logger.info("%s of %d", 1, 2)
    try:
        raise ValueError("a detail")
    except ValueError:
        logger.exception("it went wrong")
    logging.getLogger("chatty").info("nobody asked")


def detectors(context: JobContext) -> int:
    return id(context.detectors)


def threads(context: JobContext) -> int:
    return inference_threads()


def path_and_modules(context: JobContext) -> tuple[list[str], str | None, str]:
    import av

    return sys.path, av.__file__, str(Path.cwd())


def starts_one(context: JobContext) -> int:
    return subprocess.run([sys.executable, "-c", "print(1)"], check=True, capture_output=True).returncode


def run_in_the_background(runner: Any, job: Job, progress: Any, cancel: CancelToken) -> Callable[[], Any]:
    """Run a job in a thread; return what gives its result, or raises what it raised."""
    from modeltasks.support.threads import in_threads
    from tests.support.waiting import PATIENCE

    (future,) = in_threads([lambda: runner.run(job, progress, cancel)], 1, "test")
    return lambda: future.result(PATIENCE)


def is_gone(number: int) -> bool:
    """Whether a process has ended; one that nobody asks for any more counts as ended."""
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] in "ZX"


def number_in(path: Path) -> int:
    """Wait for a file that `say` writes, and return what it says."""
    wait_until(path.exists)
    return int(path.read_text())


def advice(_context: JobContext) -> str | None:
    """How a model is verified, as a message of this process names it."""
    return command("verify:open-nsfw")


def folder(_context: JobContext) -> Path:
    """Where relative paths start."""
    return Path.cwd()
