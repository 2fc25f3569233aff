"""What doit prints of each task, beside bars."""

from __future__ import annotations

from typing import Any, TextIO

from doit.exceptions import UnmetDependency
from doit.reporter import ConsoleReporter

from modeltasks.report.console import WholeLines


class Reporter(ConsoleReporter):  # type: ignore[misc]
    """doit's own console output, in lines that do not tear bars and are not torn by them."""

    def __init__(self, outstream: TextIO, options: dict[str, Any]) -> None:
        super().__init__(WholeLines(outstream), options)

    def add_failure(self, task: Any, fail: Any) -> None:
        """Print a failure; that a task was not tried since another one failed is told by that one's."""
        if not isinstance(fail, UnmetDependency):
            super().add_failure(task, fail)

    def skip_uptodate(self, task: Any) -> None:
        """Print that a task is up to date; a group is where its members are."""
        if task.actions:
            super().skip_uptodate(task)

    def complete_run(self) -> None:
        """Print what is told at the end."""
        super().complete_run()
        self.outstream.end()
