"""A worker process, seen by the program that started it: given jobs, listened to, and ended."""

from __future__ import annotations

import itertools
import logging
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

from modeltasks.errors import Failure, Unexpected
from modeltasks.report.os_errors import Use, explained
from modeltasks.report.progress import FileProgress, Progress
from modeltasks.support import commands
from modeltasks.support.cancel import HURRY, Cancelled, CancelToken
from video_censor_personal.errors import ProcessDied
from video_censor_personal.machine import Machine
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
    receive,
    skip_to_greeting,
)
from video_censor_personal.runners.runner import Job

_BOOT = (
    # Ctrl-C, and that it was closed, reach all processes of a terminal: it is for the one that started this
    # to say what follows.
    "import signal, sys; ignored = ('SIGINT', 'SIGHUP'); "
    "[signal.signal(getattr(signal, each), signal.SIG_IGN) for each in ignored if hasattr(signal, each)]; "
    # It imports what the program would that started it, and not what lies in the folder that it is in.
    "sys.path[:] = sys.argv[1:]; from video_censor_personal.runners.worker import main; main()"
)
STOPS_WITHIN = 5.0
"""Seconds that a job may take to stop by itself; then its process is ended."""
_ENDS_WITHIN = 2.0
"""Seconds that a process may take to end when it is told to by the system; then it is killed."""
_LOOK_UP = 0.1
"""Seconds between two looks at whether a stop was asked for."""
_LAST_WORDS = 10
"""Lines that are remembered of what a process wrote to standard error."""
_WINDOWS_ENDS = {
    0xC0000005: "an access violation",
    0xC0000374: "a damaged heap",
    0xC0000017: "no memory left",
}
_AGAIN = "Run again: it goes on where it was. If it ends so again, see whether the film plays in a player"
_ROOM = "Close other programs, or work on fewer films at once, and run again: it goes on where it was"

_START = Use(
    "No process can be started with {path}",
    "No process can be started with {path}",
    "Close other programs, then run again",
    *("Install the program anew",) * 3,
)

logger = logging.getLogger(__name__)


class WorkerProcess:
    """One process; `do` is for one thread at a time, `end` for any.

    Raises:
        Failure: it cannot be started.
    """

    def __init__(self) -> None:
        with explained(Path(sys.executable or "python"), use=_START):
            self._process = subprocess.Popen(
                [sys.executable, *_interpreter_flags(), "-c", _BOOT, *_import_path()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        assert self._process.stdin
        assert self._process.stdout
        assert self._process.stderr
        self._sender = Sender(self._process.stdin)
        self._numbers = itertools.count()
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._last_words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._readers = [
            threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._overhear, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can do jobs."""
        return self._process.poll() is None

    def do(self, job: Job, cores: int | None, progress: Progress, cancel: CancelToken) -> Any:
        """Return what a job returns.

        Args:
            job: what to do.
            cores: how many it may use; None: all.
            progress: where to show it.
            cancel: stops it.

        Raises:
            Failure: what the job raised, or that the process died.
            Cancelled: a stop was asked for; the process may live on, the job does not.
        """
        number = next(self._numbers)
        try:
            request = Start(number, pickle.dumps(job), cores, _levels(), _folder(), commands.current())
        except Exception as error:
            raise Unexpected(f"The work on {job.film}", f"it cannot be handed over: {error}") from error
        shown = _Shown(progress)
        killed = Machine().kills()
        try:
            self._sender.send(request)
            outcome = self._outcome(number, shown, cancel)
        except BaseException:
            self._stop(number)
            raise
        finally:
            shown.close()
        if outcome is None:
            cancel.check()
            raise self._death(job.film, Machine().kills() > killed)
        return _result(job.film, outcome)

    def end(self) -> None:
        """End the process and wait for that; a job that it is doing is broken off."""
        self.let_go()
        if not self._ends_in_order():
            self._kill()
        for reader in self._readers:
            # A process that the job left behind may hold the other end for long.
            reader.join(_LOOK_UP)

    def let_go(self) -> None:
        """Tell it that nothing more comes, and to end; return at once."""
        assert self._process.stdin
        try:
            self._process.stdin.close()
        except OSError:  # what was still to be written cannot be: it is gone already
            return

    def _outcome(self, number: int, shown: _Shown, cancel: CancelToken) -> Outcome | None:
        """Pass on what is told until the job has ended; None when the process ended before."""
        while True:
            cancel.check()
            try:
                message = self._inbox.get(timeout=_LOOK_UP)
            except Empty:
                if self.is_alive:
                    continue
                # Another process may hold the pipe open, so that its end is never read.
                message = self._rest()
            match message:
                case None:
                    return None
                case Ended(ended, outcome) if ended == number:
                    return outcome
                case Logged(attributes):
                    _log(attributes)
                case _:
                    shown.take(message)

    def _rest(self) -> Any:
        try:
            return self._inbox.get(timeout=_LOOK_UP)
        except Empty:
            return None

    def _stop(self, number: int) -> None:
        """Stop a job, in good order if it can be, and the process with it if not."""
        try:
            self._sender.send(Stop())
            if self._stops(number):
                return
        except BaseException:
            self._kill()
            raise
        self._kill()

    def _stops(self, number: int) -> bool:
        until = time.monotonic() + STOPS_WITHIN
        while (left := until - time.monotonic()) > 0 and not HURRY.is_set():
            try:
                message = self._inbox.get(timeout=min(left, _LOOK_UP))
            except Empty:
                continue
            match message:
                case None:
                    return False
                case Ended(ended) if ended == number:
                    return True
                case Logged(attributes):
                    _log(attributes)
        return False

    def _kill(self) -> None:
        self._process.terminate()
        if not self._ends(_ENDS_WITHIN):
            self._process.kill()
            self._process.wait()

    def _ends(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _ends_in_order(self) -> bool:
        until = time.monotonic() + STOPS_WITHIN
        while time.monotonic() < until and not HURRY.is_set():
            if self._ends(_LOOK_UP):
                return True
        return not self.is_alive

    def _death(self, film: Path, for_memory: bool) -> ProcessDied:
        """Return how it ended; when it lives and tells nothing any more, that is its end too."""
        if not self._ends(_ENDS_WITHIN):
            self._kill()
            return ProcessDied(film, "did not answer any more, and was ended", _AGAIN)
        self._readers[1].join(_LOOK_UP)
        last = self._last_words[-1] if self._last_words else ""
        return death(film, self._process.returncode, for_memory, last)

    def _listen(self, stream: IO[bytes]) -> None:
        """Take in what it tells, then that this was all."""
        with stream:
            try:
                if skip_to_greeting(stream):
                    while (message := receive(stream)) is not None:
                        self._inbox.put(message)
            except Exception:
                logger.debug("process %d", self.pid, exc_info=True)
            self._inbox.put(None)

    def _overhear(self, stream: IO[bytes]) -> None:
        """Log what libraries print, and what is known of a crash."""
        with stream:
            for line in iter(lambda: stream.readline(1 << 16), b""):
                text = line.decode(errors="backslashreplace").rstrip()
                self._last_words.append(text)
                logger.debug("process %d: %s", self.pid, text)


class _Shown:
    """The progress that a job shows, as long as it goes on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._files: dict[int, FileProgress] = {}

    def take(self, message: object) -> None:
        """Show what a message tells."""
        match message:
            case Began(number, label, total, done, unit):
                self._files[number] = self._progress.begin(label, total, done, unit)
            case Advanced(number, count) if number in self._files:
                self._files[number].advance(count)
            case Closed(number) if number in self._files:
                self._files.pop(number).close()

    def close(self) -> None:
        """Close the progress of a job that did not."""
        while self._files:
            self._files.popitem()[1].close()


def _log(attributes: Mapping[str, Any]) -> None:
    """Log what a worker would have, where it is wanted."""
    record = logging.makeLogRecord(dict(attributes))
    its_logger = logging.getLogger(record.name)
    if its_logger.isEnabledFor(record.levelno):
        its_logger.handle(record)


def death(film: Path, code: int, for_memory: bool, last: str) -> ProcessDied:
    """Return the failure for a process that ended in mid-job.

    Args:
        film: the one that it worked on.
        code: its exit code; negative: the signal that ended it.
        for_memory: whether the system killed a process of our group for want of memory meanwhile.
        last: the last line that it wrote to standard error.
    """
    if code >= 0:
        how = f"ended with {_WINDOWS_ENDS[code]}" if code in _WINDOWS_ENDS else f"ended with exit code {code}"
        return ProcessDied(film, f"{how} ({last})" if last and code else how, _AGAIN)
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if name == "SIGKILL":
        who = "the system had no memory left" if for_memory else "perhaps the system had no memory left"
        return ProcessDied(film, f"was ended by {name}: {who}", _ROOM)
    return ProcessDied(film, f"was ended by {name}", _AGAIN)


def _folder() -> str | None:
    try:
        return str(Path.cwd())
    except OSError:
        return None


def _result(film: Path, outcome: Outcome) -> Any:
    """Return what the job returned, or raise what it raised."""
    match outcome:
        case Returned(result):
            return _unpickled(film, result)
        case Failed(error):
            failure = _unpickled(film, error)
            assert isinstance(failure, Failure)
            raise failure
        case Broke(error, traceback):
            logger.error("%s", traceback)
            raise Unexpected(f"The work on {film}", error)
        case _:
            raise Cancelled


def _unpickled(film: Path, content: bytes) -> Any:
    try:
        return pickle.loads(content)  # noqa: S301 - from our own process
    except Exception as error:
        logger.exception("%s", film)
        detail = f"what came of it cannot be read: {type(error).__name__}: {error}"
        raise Unexpected(f"The work on {film}", detail) from error


def _levels() -> dict[str, int]:
    """Return the levels that were set, by logger."""
    known = {name: logging.getLogger(name) for name in list(logging.root.manager.loggerDict)}
    levels = {name: each.level for name, each in known.items() if each.level != logging.NOTSET}
    return {"": max(logging.root.level, logging.root.manager.disable + 1), **levels}


def _import_path() -> list[str]:
    return [entry for entry in sys.path if isinstance(entry, str)]


def _interpreter_flags() -> list[str]:
    """Return the options with which the interpreter starts as this one did; never from the current folder."""
    flags = sys.flags
    given = {
        "-I": flags.isolated,
        "-E": flags.ignore_environment,
        "-s": flags.no_user_site,
        "-S": flags.no_site,
        "-B": flags.dont_write_bytecode,
        "-O": flags.optimize,
    }
    return ["-P", *(flag for flag, on in given.items() if on), "-X", f"utf8={flags.utf8_mode}"]
