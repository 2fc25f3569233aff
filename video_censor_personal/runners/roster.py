"""The workers of a Dask scheduler: which there are, what speaks against each, how many films they take."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from modeltasks.support.cancel import CancelToken
from video_censor_personal.errors import ClusterError
from video_censor_personal.runners.dask_task import POLL
from video_censor_personal.runners.hosts import HostUnfit
from video_censor_personal.runners.runner import Job
from video_censor_personal.shipped import manual_page

if TYPE_CHECKING:
    from distributed import Client

logger = logging.getLogger(__name__)

FILM = "film"
"""The resource of a Dask worker that says how many films it takes at once."""
LOOK = 1.0
"""Seconds for which it is taken as known which workers there are."""
_ALIKE = (
    *("video-censor-personal", "av", "numpy", "onnxruntime", "faster-whisper", "ctranslate2", "pocketsphinx"),
    "distributed",
)
"""Packages of which all machines must have the same version, or the same film may have other findings."""


class ConnectionLost(Exception):
    """The scheduler does not respond any more."""


class Roster:
    """Which workers there are, what speaks against each, and how many films are under way."""

    def __init__(self, client: Client, address: str, patience: float) -> None:
        self._client = client
        self._address = address
        self._patience = patience
        self._guard = threading.RLock()
        self._workers: dict[str, Any] = {}
        self._looked = float("-inf")
        self._alike: dict[str, str | None] = {}
        self._lacking: dict[tuple[str, str], HostUnfit] = {}
        self._under_way = 0
        self._most_seen = 0

    def present(self) -> set[str]:
        """Return the addresses of the workers that there are."""
        with self._guard:
            if time.monotonic() - self._looked > LOOK and self._client.status == "running":
                self._look()
            return set(self._workers)

    def most(self) -> int:
        """Return how many films the workers take at once."""
        with self._guard:
            return sum(self._room(each) for each in self.present() if self._why_other(each) is None)

    @contextmanager
    def placed(self, job: Job, cancel: CancelToken) -> Iterator[list[str]]:
        """Wait until a worker has room for a job, and give the workers that may do it.

        Raises:
            ClusterError: there is none.
            ConnectionLost: the scheduler is gone.
            Cancelled: the user asked to stop.
        """
        workers = self._wait_for_room(job, cancel)
        try:
            yield workers
        finally:
            with self._guard:
                self._under_way -= 1

    def refused(self, worker: str, error: HostUnfit) -> None:
        """Note that a worker cannot do jobs that need what it lacks."""
        with self._guard:
            if (worker, error.lacking) not in self._lacking:
                self._lacking[worker, error.lacking] = error
                logger.warning("%s", error)

    def _wait_for_room(self, job: Job, cancel: CancelToken) -> list[str]:
        until = time.monotonic() + self._patience
        is_fresh = False
        while True:
            cancel.check()
            with self._guard:
                self.present()
                if self._client.status == "closed":
                    raise ConnectionLost("it does not respond")
                against = {each: self._why_not(each, job) for each in self._workers}
                fit = [each for each, why in against.items() if why is None]
                if self._under_way < sum(map(self._room, fit)):
                    self._under_way += 1
                    return fit
                # One that is gone may come back: its nanny starts it again.
                expected = len(against) < max(1, self._most_seen)
            if fit:
                until = time.monotonic() + self._patience
            elif not expected or time.monotonic() > until:
                if is_fresh:
                    raise self._nobody(job, [why for why in against.values() if why])
                with self._guard:  # a worker may have come since it was last looked
                    self._looked = float("-inf")
                is_fresh = True
                continue
            cancel.sleep(POLL)

    def _look(self) -> None:
        # Not `scheduler_info`: what it returns may have been replaced by a summary without workers.
        told = self._client.sync(self._client.scheduler.identity, n_workers=-1)
        self._workers = dict(told["workers"])
        self._looked = time.monotonic()
        self._most_seen = max(self._most_seen, len(self._workers))
        unknown = [each for each in self._workers if each not in self._alike]
        if unknown:
            self._compare(unknown)

    def _compare(self, workers: list[str]) -> None:
        versions = self._client.get_versions(packages=list(_ALIKE))
        ours = versions["client"]["packages"]
        for each in workers:
            if (theirs := versions["workers"].get(each)) is None:
                continue  # it is going, or did not respond: asked again next time
            self._alike[each] = why = _difference(ours, theirs["packages"])
            if why is not None:
                logger.warning("The worker %s gets no films: %s", self._called(each), why)

    def _called(self, worker: str) -> str:
        name = str(self._workers[worker].get("name", worker))
        return name if name == worker or name.isdigit() else f"{name} ({worker})"

    def _room(self, worker: str) -> int:
        return int(self._workers[worker].get("resources", {}).get(FILM, 0))

    def _why_other(self, worker: str) -> str | None:
        return self._alike.get(worker, "its versions are not known yet")

    def _why_not(self, worker: str, job: Job) -> str | None:
        """Return what speaks against a worker for this job, or None."""
        if (why := self._why_other(worker)) is not None:
            return f"{self._called(worker)}: {why}"
        offered = self._workers[worker].get("resources", {})
        for name, count in {FILM: 1, **job.needs}.items():
            if offered.get(name, 0) < count:
                return f"{self._called(worker)}: it offers no {name} (--resources '{name}={count:g}')"
        needed = [job.film, job.film.parent, *job.folders, *(spec.name for spec in job.models)]
        for each in needed:
            if (error := self._lacking.get((worker, str(each)))) is not None:
                return f"{self._called(worker)}: {error.why}. {error.fix}"
        return None

    def _nobody(self, job: Job, reasons: list[str]) -> ClusterError:
        if not reasons:
            return ClusterError(
                f"{job.film} was not begun",
                f"the scheduler {self._address} has no workers",
                "Start some: dask worker ADDRESS --nthreads 1 --resources 'film=1'",
            )
        return ClusterError(
            f"{job.film} can be done by no worker",
            "\n".join(sorted(reasons)),
            f"What a worker must have is in {manual_page('cluster.md')}",
        )


def _difference(ours: Mapping[str, str | None], theirs: Mapping[str, str | None]) -> str | None:
    """Return what has another version there, in words."""
    pairs = {name: (theirs.get(name), ours.get(name)) for name in _ALIKE}
    pairs["python"] = _release(theirs), _release(ours)
    parts = [
        f"{name} is {there or 'not installed'} there, {here or 'not installed'} here"
        for name, (there, here) in pairs.items()
        if there != here
    ]
    return "; ".join(parts) or None


def _release(versions: Mapping[str, str | None]) -> str:
    """Return which Python it is, as far as it matters: 3.11."""
    return ".".join(str(versions.get("python")).split(".")[:2])


def first_line(error: BaseException | None) -> str:
    """Return the first line of an error's text, or its class where it has none."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
