"""Runs a graph of tasks inside a program, through doit's own `DoitMain`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from doit.cmd_base import TaskLoader2
from doit.doit_cmd import DoitMain
from doit.reporter import ZeroReporter

from modeltasks.errors import Unexpected
from modeltasks.support.cancel import Cancelled, CancelToken
from modeltasks.tasks.catalogue import DOIT_SETTINGS

_NOT_RUN = 3
"""doit's exit code where something else than a task failed; it has printed what."""


@dataclass(slots=True)
class RunReport:
    """Which tasks ran, were current, or failed, by name; `failed` with doit's text of why."""

    executed: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.failed


def run(
    tasks: Iterable[Any], selected: Sequence[str], *, jobs: int = 4, cancel: CancelToken | None = None
) -> RunReport:
    """Bring `selected` tasks (and what they depend on) up to date, `jobs` at a time, in threads.

    Args:
        tasks: `doit.task.Task` objects, e.g. of `modeltasks.tasks`.
        selected: names of tasks or groups.
        jobs: how many actions run at once.
        cancel: set when the run is interrupted, so that actions under way stop.

    Raises:
        Cancelled: `cancel` was set.
        KeyboardInterrupt: passed on, after `cancel` was set.
        Unexpected: doit itself failed; it has printed why on standard error.
    """
    cancel = cancel or CancelToken()
    report = RunReport()
    settings = {
        **DOIT_SETTINGS,
        "num_process": jobs if jobs > 1 else 0,
        "reporter": _Reporter(report),
        "verbosity": 0,
    }
    # No config files: those of the user's current folder would beat these settings.
    doit = DoitMain(_Loader(list(tasks), settings), config_filenames=())
    try:
        code = doit.run(["run", *selected])
    except BaseException:
        cancel.set()
        raise
    if cancel.is_set:
        raise Cancelled
    if code == _NOT_RUN:
        # Actions may still be under way in threads that doit does not wait for.
        cancel.set()
        raise Unexpected("doit", "it stopped before all tasks were done, as it says above")
    return report


class _Loader(TaskLoader2):  # type: ignore[misc]
    """Hands doit tasks and settings that are made already."""

    def __init__(self, tasks: list[Any], settings: dict[str, Any]) -> None:
        super().__init__()
        self._tasks = tasks
        self._settings = settings

    def load_doit_config(self) -> dict[str, Any]:
        return self._settings

    def load_tasks(self, cmd: Any, pos_args: Any) -> list[Any]:
        return self._tasks


class _Reporter(ZeroReporter):  # type: ignore[misc]
    """Notes in a `RunReport` what doit tells of each task, and prints nothing."""

    def __init__(self, report: RunReport) -> None:
        super().__init__(sys.stderr, {})
        self._report = report

    def execute_task(self, task: Any) -> None:
        if task.actions:
            self._report.executed.append(task.name)

    def add_failure(self, task: Any, fail: Any) -> None:
        # A group without actions only fails since a member did, which is reported already.
        if task.actions or not task.has_subtask:
            self._report.failed[task.name] = fail.get_msg().strip()

    def skip_uptodate(self, task: Any) -> None:
        if task.actions:
            self._report.current.append(task.name)

    def cleanup_error(self, exception: Any) -> None:
        self._report.failed["cleanup"] = exception.get_msg()

    def runtime_error(self, msg: str) -> None:
        self._report.failed["doit"] = msg
