"""Who carries out the work on films: processes here, or those of a cluster."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from modeltasks.report.progress import Progress
from modeltasks.support.cancel import CancelToken


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a process gives to the jobs that it does: where to show progress, and the token that stops it."""

    progress: Progress
    cancel: CancelToken


class Job(ABC):
    """Work on one film, in a process of its own. It and what it returns can be pickled, and are small.

    `film` is the file. It may be done again after it was broken off, and loses nothing by that.
    """

    film: Path

    @property
    def needs(self) -> Mapping[str, float]:
        """What a worker of a cluster must offer, by name, such as `gpu`."""
        return {}

    @abstractmethod
    def run(self, context: JobContext) -> Any:
        """Do it. Raises Failure where it cannot be done, Cancelled when it was stopped."""


class Runner(Protocol):
    """Does jobs, several at once when called from several threads."""

    def run(self, job: Job, progress: Progress, cancel: CancelToken) -> Any:
        """Return what the job returns; wait as long as it takes.

        Raises:
            Failure: what the job raised, or that its process died.
            Cancelled: `cancel` was set; nothing of the job runs on.
        """

    def close(self) -> None:
        """End all processes."""
