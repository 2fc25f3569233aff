"""The task graph for doit: `doit` fetches models, `doit list --all --status` shows what there is."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from doit import get_initial_workdir, get_var
from doit.task import Task

from video_censor_personal.cli.console import tell
from video_censor_personal.cli.fast_path import asks_doit_for_models_only, models_in_place

DOIT_CONFIG = {
    # What is up to date is read off the files and their receipts; doit keeps no notes of its own.
    "backend": "sqlite3",
    "dep_file": ":memory:",
    "check_file_uptodate": "timestamp",
    "default_tasks": ["models"],
    "continue": True,
    "num_process": 4,
    "par_type": "thread",
    "verbosity": 2,
}

# When only the models are asked for and nothing has changed since they were found right, there is nothing
# to plan: the whole graph would take longer to build than doit takes to walk it.
_in_place = None
if asks_doit_for_models_only(sys.argv[1:]):
    _in_place = models_in_place(get_var("config"), get_initial_workdir())

if _in_place is not None:
    _models, _warnings = _in_place
    for _warning in _warnings:
        tell(f"warning: {_warning}")

    def task_models() -> Iterator[Task]:
        """Fetch the models that the enabled detectors need."""
        members = [f"models:{name}" for name, _ in _models]
        yield Task("models", None, task_dep=members, has_subtask=True)
        for member in members:
            yield Task(member, None, uptodate=[True], subtask_of="models")

else:
    from demo.tasks import task_demo  # noqa: F401 - doit looks for it here
    from video_censor_personal.task_graph import *  # noqa: F403
