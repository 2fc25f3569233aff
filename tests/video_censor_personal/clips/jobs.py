"""Jobs as the review page gives them to worker processes: counted, or with others in their place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeltasks.report.progress import Progress
from modeltasks.support.cancel import CancelToken
from tests.support.waiting import AGES
from video_censor_personal.runners.runner import Job, JobContext
from video_censor_personal.runners.workers import LocalWorkers


class Counted:
    """Worker processes, with the jobs that they were given.

    `instead` is done in place of the next one, or of the next of the kind `instead_of`.
    """

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.instead: Job | None = None
        self.instead_of: type = Job
        self._workers = LocalWorkers(3)

    def run(self, job: Job, progress: Progress, cancel: CancelToken) -> Any:
        self.jobs.append(job)
        if self.instead is not None and isinstance(job, self.instead_of):
            job, self.instead = self.instead, None
        return self._workers.run(job, progress, cancel)

    def close(self) -> None:
        self._workers.close()


@dataclass(frozen=True)
class Crash(Job):
    film: Path

    def run(self, context: JobContext) -> None:
        os.abort()


@dataclass(frozen=True)
class Forever(Job):
    film: Path

    def run(self, context: JobContext) -> None:
        context.cancel.sleep(AGES)  # until it is stopped
