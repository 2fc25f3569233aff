"""Who carries out the work on films: processes here, or those of a cluster."""

from __future__ import annotations

import copyreg
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from modeltasks.report.progress import Progress
from modeltasks.spec import ModelSpec
from modeltasks.support.cancel import CancelToken
from video_censor_personal.runners.elsewhere import Elsewhere

if TYPE_CHECKING:
    from video_censor_personal.analysis.open_detectors import OpenDetectors

MEMORY = 700 * 1000 * 1000
"""Bytes that a worker takes as a rule, with its models."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a process gives to the jobs that it does.

    Args:
        progress: where to show it.
        cancel: the token that stops the job.
        detectors: those with loaded models, kept from one job to the next; None: nothing is kept.
    """

    progress: Progress
    cancel: CancelToken
    detectors: OpenDetectors | None = None


class Job(ABC):
    """Work on one film, in a process of its own. It and what it returns can be pickled, and are small.

    `film` is the file. It may be done again after it was broken off, and loses nothing by that.
    """

    film: Path

    @property
    def needs(self) -> Mapping[str, float]:
        """What a worker of a cluster must offer, by name, such as `gpu`."""
        return {}

    @property
    def memory(self) -> int:
        """How many bytes its process takes while it is done."""
        return MEMORY

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The models that it opens, with all their files: a worker of a cluster has its own copies."""
        return ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that it writes to, which a worker of a cluster must see too."""
        return ()

    def moved(self, elsewhere: Elsewhere) -> Job:
        """Return it as it is done on another machine."""
        return elsewhere.moved(self)

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


def _view(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


def _reduced(view: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _view, (dict(view),)


# The values of a config have read-only mappings, which cannot be pickled unless one says how.
copyreg.pickle(MappingProxyType, _reduced)
