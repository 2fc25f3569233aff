"""What all task builders share: the models they build from, and how doit runs what they build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.exceptions import TaskFailed

from modeltasks.support.text import clean
from modeltasks.tasks.reporter import Reporter

if TYPE_CHECKING:
    from modeltasks.errors import ConfigError
    from modeltasks.spec import ModelSpec

DOIT_SETTINGS = {
    # What is up to date is read off the files and their receipts; doit's own records last for one run.
    "backend": "sqlite3",
    "dep_file": ":memory:",
    "check_file_uptodate": "timestamp",
    "continue": True,
    "par_type": "thread",
}
"""How doit is to run the tasks, in a program or from the command line."""

DOIT_CONFIG = {
    **DOIT_SETTINGS,
    "default_tasks": ["models"],
    "num_process": 4,
    "verbosity": 2,
    "reporter": Reporter,
}
"""What a `dodo.py` exports for doit's command line: `doit` alone makes the models."""

# With capture on, doit's thread runner mixes up the output of tasks and may leave sys.stdout replaced.
IO = {"capture": False}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models of a config file (None: made in memory), and the names of those `wanted` by default.

    `unusable` are entries with mistakes that nothing wanted needs, by name, each with what is wrong.
    """

    specs: tuple[ModelSpec, ...]
    wanted: frozenset[str]
    config: Path | None
    unusable: Mapping[str, ConfigError] = field(default_factory=dict)

    def find(self, name: str) -> ModelSpec | None:
        """Return the entry of that name."""
        return next((spec for spec in self.specs if spec.name == name), None)


def failed(text: object) -> TaskFailed:
    """Return what an action returns for doit to print; whoever wrote parts of the text."""
    return TaskFailed(clean(text))


def force_option(help: str, default: bool) -> dict[str, object]:
    """Return `--force` for one task of a group; `default` is the option of the group."""
    return {"name": "force", "long": "force", "type": bool, "default": default, "help": help}


def is_forced(task: Any) -> bool:
    """Whether a task with a `force_option` is to do again what is done already."""
    # doit asks whether a member of a group is up to date before it reads that member's options.
    task.init_options()
    return bool(task.options.get("force"))
