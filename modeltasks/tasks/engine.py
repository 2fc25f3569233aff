"""Runs a graph of tasks inside this process, on doit's own classes.

`doit.api.run_tasks` would read `pyproject.toml` and `doit.cfg` of the user's current folder, and those
beat what the caller says; the classes below it read nothing. They are not documented API, hence
doit's version is pinned and a test builds this engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from modeltasks.support.cancel import Cancelled, CancelToken


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
    """
    from doit.control import TaskControl
    from doit.dependency import Dependency, SqliteDB, TimestampChecker
    from doit.runner import MThreadRunner, Runner
    from doit.task import Stream

    cancel = cancel or CancelToken()
    report = RunReport()
    control = TaskControl(list(tasks))
    control.process(list(selected))
    # The truth lies with the files; doit's own memory lasts for this run only.
    memory = Dependency(SqliteDB, ":memory:", TimestampChecker)
    arguments = (memory, _Reporter(report), True, False, Stream(0))
    runner = MThreadRunner(*arguments, num_process=jobs) if jobs > 1 else Runner(*arguments)
    try:
        runner.run_all(control.task_dispatcher())
    except BaseException:
        cancel.set()
        raise
    if cancel.is_set:
        raise Cancelled
    return report


class _Reporter:
    """Listens to doit's runner."""

    def __init__(self, report: RunReport) -> None:
        self._report = report

    def initialize(self, tasks: Any, selected_tasks: Any) -> None:
        return

    def get_status(self, task: Any) -> None:
        return

    def execute_task(self, task: Any) -> None:
        if task.actions:
            self._report.executed.append(task.name)

    def add_failure(self, task: Any, fail: Any) -> None:
        # A group whose member failed is 'unmet', which repeats the member's failure.
        if not task.has_subtask:
            self._report.failed[task.name] = fail.get_msg().strip()

    def add_success(self, task: Any) -> None:
        return

    def skip_uptodate(self, task: Any) -> None:
        self._report.current.append(task.name)

    def skip_ignore(self, task: Any) -> None:
        return

    def cleanup_error(self, exception: Any) -> None:
        self._report.failed["cleanup"] = exception.get_msg()

    def runtime_error(self, msg: str) -> None:
        self._report.failed["doit"] = msg

    def teardown_task(self, task: Any) -> None:
        return

    def complete_run(self) -> None:
        return
