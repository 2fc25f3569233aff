"""Jobs on several machines, through a Dask scheduler: placed, waited for, stopped, placed again."""

from __future__ import annotations

import asyncio
import logging
import pickle
import queue
import socket
import threading
import time
import warnings
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from modeltasks.errors import Failure
from modeltasks.report.progress import FileProgress, Progress
from modeltasks.support.cancel import Cancelled, CancelToken
from video_censor_personal.config.values import ModelsConfig
from video_censor_personal.errors import ClusterError, UsageError
from video_censor_personal.runners.dask_task import POLL, TOPIC, Outcome, carry_out
from video_censor_personal.runners.hosts import HostJob, HostUnfit, Marks
from video_censor_personal.runners.roster import FILM, LOOK, ConnectionLost, Roster, first_line
from video_censor_personal.runners.runner import Job
from video_censor_personal.shipped import manual_page

if TYPE_CHECKING:
    from distributed import Client, Future

logger = logging.getLogger(__name__)

_SCHEMES = ("tcp", "tls", "ws", "wss")
_TRIES = 3
"""How many workers a film may lose before it is given up."""
_CONNECT = 10.0
_RESULT = 60.0
_MOMENT = 0.005
_STOPPED = 20.0
"""Seconds that a job may take to stop."""


class Cluster:
    """A Runner whose jobs are done by the workers of a Dask scheduler.

    A worker takes films when it offers the resource `film` and has the same versions as this machine. One
    that lacks a folder or a model gets no more films that need it; another one does them.

    Args:
        address: of the scheduler, such as `tcp://host:8786`.
        paths: what folders of this machine are called on the workers (`library.paths`).
        settings: how workers may use the network, and how much room models may take there.
        patience: seconds to wait for a worker while there is none.

    Raises:
        UsageError: the address makes no sense, `distributed` is not installed, or TLS has no certificates.
        ClusterError: no scheduler is there.
    """

    def __init__(
        self, address: str, paths: Mapping[str, str], settings: ModelsConfig, *, patience: float = 30.0
    ) -> None:
        self._address = address
        self._paths = {Path(here).expanduser(): Path(there) for here, there in paths.items()}
        self._settings = settings
        self._client = _connected(address)
        self._roster = Roster(self._client, address, patience)
        self._marks = Marks()
        self._guard = threading.Lock()
        self._id = uuid4().hex
        self._under_way: dict[str, _Attempt] = {}
        # A program that ends without closing leaves nothing running and no mark behind either.
        self._finish = weakref.finalize(self, _let_go, self._client, self._marks, self._under_way)

    @property
    def most(self) -> int:
        """How many films the workers take at once, now."""
        return self._roster.most()

    def run(self, job: Job, progress: Progress, cancel: CancelToken) -> Any:
        """Have a worker do a job; wait as long as it takes.

        Raises:
            Failure: what the job raised. ClusterError: no worker did it, or the scheduler is gone.
            Cancelled: `cancel` was set.
        """
        content = pickle.dumps(self._packed(job))
        lost = 0
        while True:
            try:
                attempt, outcome = self._attempt(job, content, progress, cancel)
            except (Failure, Cancelled):
                raise
            except Exception as error:  # of many kinds, as Dask's parts notice it
                raise self._gone(job, error) from error
            ended = outcome is not None and isinstance(outcome.error, Cancelled)
            if outcome is None or ended:  # nobody here asked it to stop: its worker is being ended
                lost += 1
                if lost == _TRIES:
                    raise _given_up(job, attempt.host)
                logger.warning("%s: the worker %s is gone; another one takes it", job.film, attempt.host)
            elif isinstance(outcome.error, HostUnfit):
                self._roster.refused(outcome.address, outcome.error)
            elif outcome.error is not None:
                raise outcome.error
            else:
                return outcome.result

    def _attempt(
        self, job: Job, content: bytes, progress: Progress, cancel: CancelToken
    ) -> tuple[_Attempt, Outcome | None]:
        attempt = _Attempt(self._client, self._roster, progress, cancel)
        with self._roster.placed(job, cancel) as workers, self._noted(attempt):
            # A client that was connected anew is subscribed to nothing.
            self._client.subscribe_topic(TOPIC, self._receive)
            return attempt, attempt.run(job, content, self._id, workers)

    def close(self) -> None:
        """Stop what is under way, and let go of the scheduler."""
        self._finish()

    def _packed(self, job: Job) -> HostJob:
        size = None
        with suppress(OSError):
            size = job.film.stat().st_size
        with self._guard:
            marks = self._marks.of(job.folders)
        return HostJob(job.film, job, self._paths, marks, size, self._settings)

    @contextmanager
    def _noted(self, attempt: _Attempt) -> Iterator[None]:
        with self._guard:
            self._under_way[attempt.key] = attempt
        try:
            yield
        finally:
            with self._guard:
                self._under_way.pop(attempt.key, None)

    def _receive(self, event: tuple[float, list[Any]]) -> None:
        """Pass a worker's message on; called by Dask's own thread."""
        sender, key, *message = event[1]
        if sender != self._id:
            return
        if message[0] == "log":
            _, name, level, text, host = message
            logging.getLogger(name).log(level, "%s: %s", host, text)
            return
        with self._guard:
            attempt = self._under_way.get(key)
        if attempt is not None:
            attempt.mail.put(tuple(message))

    def _gone(self, job: Job, error: Exception) -> ClusterError:
        return ClusterError(
            f"{job.film} was not finished on the cluster",
            f"the connection to the scheduler {self._address} was lost ({first_line(error)})",
            "Start the scheduler and its workers again and run again: what was found so far is kept",
        )


class _Attempt:
    """One try to have a job done: its task in Dask, and what its worker sends meanwhile."""

    def __init__(self, client: Client, roster: Roster, progress: Progress, cancel: CancelToken) -> None:
        self.key = f"film-{uuid4().hex}"
        self.mail: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.host = "that had it"
        self._client = client
        self._roster = roster
        self._progress = progress
        self._cancel = cancel
        self._bars: dict[int, FileProgress] = {}
        self._future: Future[Outcome] | None = None
        self._worker: str | None = None
        self._ended = False
        self._is_cancelled = False

    def run(self, job: Job, content: bytes, sender: str, workers: list[str]) -> Outcome | None:
        """Return what became of the job; None when its worker died, or all `workers` did.

        Raises:
            Cancelled: the user asked to stop, and it has stopped.
            Exception: of Dask, when the scheduler is gone.
        """
        future = self._future = self._client.submit(
            carry_out,
            content,
            self.key,
            sender,
            logger.getEffectiveLevel(),
            key=self.key,
            workers=workers,
            allow_other_workers=False,
            resources={FILM: 1, **job.needs},
            retries=0,
            pure=False,
        )
        try:
            return self._wait(job, future, workers)
        except (Cancelled, KeyboardInterrupt):
            self.cancel()
            self.wait_until_stopped()
            raise
        finally:
            for bar in self._bars.values():
                bar.close()
            self._bars.clear()
            # Its result is here, or not wanted: Dask must not make it again when the worker dies later.
            self.cancel()

    def cancel(self) -> None:
        """Tell Dask that nobody waits for the job any more."""
        self._is_cancelled = True
        with suppress(Exception):
            if self._future is not None:
                self._future.cancel()

    def wait_until_stopped(self) -> None:
        """Wait until the worker of a cancelled job says that it has stopped, as long as that may take."""
        until = time.monotonic() + _STOPPED
        with suppress(Exception):
            while self._worker in self._roster.present() and not self._ended and time.monotonic() < until:
                self._read()

    def _wait(self, job: Job, future: Future[Outcome], workers: list[str]) -> Outcome | None:
        look = time.monotonic()
        while not future.done():
            self._cancel.check()
            self._read()
            if time.monotonic() - look >= LOOK:
                look = time.monotonic()
                there = self._roster.present()
                if not there & ({self._worker} if self._worker else set(workers)) and not future.done():
                    return None
        if self._is_cancelled:  # by who closes the cluster
            raise Cancelled
        return self._outcome(job, future)

    def _read(self) -> None:
        """Act on the next message, if one comes; when the last one has come, the job is done in no time."""
        with suppress(queue.Empty):
            self._take(*self.mail.get(timeout=_MOMENT if self._ended else POLL))

    def _take(self, what: str, *told: Any) -> None:
        match what:
            case "started":
                self._worker, self.host = told
                self._ended = False
                logger.debug("%s begins on %s", self.key, self.host)
            case "begin":
                number, label, total, done, unit = told
                self._bars[number] = self._progress.begin(label, total, done, unit)
            case "advance" if told[0] in self._bars:
                self._bars[told[0]].advance(told[1])
            case "close" if told[0] in self._bars:
                self._bars.pop(told[0]).close()
            case "ended":
                self._ended = True

    def _outcome(self, job: Job, future: Future[Outcome]) -> Outcome | None:
        from distributed import KilledWorker

        if future.status == "finished":
            outcome: Outcome = future.result(timeout=_RESULT)
            return outcome
        if future.status == "error":
            error = future.exception()
            if isinstance(error, KilledWorker):
                raise _given_up(job, self.host)
            raise ClusterError(
                f"{job.film} was refused by a worker",
                f"it could not take the job ({first_line(error)})",
                "Install the same version of video-censor-personal on all machines",
            )
        raise ConnectionLost("its tasks are gone")


def _let_go(client: Client, marks: Marks, under_way: dict[str, _Attempt]) -> None:
    attempts = list(under_way.values())
    for attempt in attempts:
        attempt.cancel()
    for attempt in attempts:
        attempt.wait_until_stopped()
    marks.close()
    with suppress(Exception):
        client.close(timeout=2)


def _connected(address: str) -> Client:
    place = _host_and_port(address)
    try:
        from distributed import Client
        from distributed.versions import VersionMismatchWarning
    except ImportError as error:
        raise UsageError(
            f"The scheduler {address} cannot be asked",
            f"the package `distributed` is not installed ({error})",
            "Install it with: pip install 'video-censor-personal[cluster]'",
        ) from error
    try:
        # Dask would ask again and again for long, and say little.
        socket.create_connection(place, _CONNECT).close()
    except OSError as error:
        raise _no_scheduler(address, error) from error
    # It would tell of its troubles in its own words, beside ours.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore", VersionMismatchWarning)
    try:
        # A client that cannot connect is not got rid of in less than half a minute, so this comes first.
        asyncio.run(_check_scheduler(address))
        return Client(address, timeout=_CONNECT, set_as_default=False, name="video-censor")
    except ImportError as error:
        raise ClusterError(
            f"The scheduler {address} has another version of Dask",
            first_line(error),
            "Install the same version of video-censor-personal[cluster] on all machines",
        ) from error
    except (OSError, TimeoutError) as error:
        raise _no_scheduler(address, error) from error
    except (TypeError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"The scheduler {address} cannot be asked",
            first_line(error),
            f"For tls:// name the certificate files, as {manual_page('cluster.md')} says",
        ) from error


async def _check_scheduler(address: str) -> None:
    from distributed import rpc
    from distributed.security import Security

    security = Security().get_connection_args("client")
    async with rpc(address, timeout=_CONNECT, connection_args=security) as there:
        kind = (await asyncio.wait_for(there.identity(), _CONNECT))["type"]
    if kind != "Scheduler":
        raise OSError(f"what listens there is a {kind}")


def _host_and_port(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None or port is None or parts.scheme not in _SCHEMES:
        raise UsageError(
            f"{address} cannot be the runner",
            "it is neither `local` nor the address of a Dask scheduler",
            "Write it as tcp://host:8786, or tls://host:8786",
        )
    return host, port


def _no_scheduler(address: str, error: Exception) -> ClusterError:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return ClusterError(
        f"There is no scheduler at {address}",
        why.partition("\n")[0] or "what listens there does not respond as one",
        "Start it with `dask scheduler`, correct `library.runner`, or use --runner local",
    )


def _given_up(job: Job, host: str) -> ClusterError:
    return ClusterError(
        f"{job.film} was given up",
        f"the workers that had it died, one after the other, the last one on {host}",
        "See the logs of the workers: perhaps they have too little memory",
    )
