"""The task graph for doit: `doit` fetches models, `doit list --all --status` shows what there is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from doit import get_initial_workdir, get_var
from doit.task import Task

from modeltasks.report.console import print_err
from modeltasks.tasks.catalogue import DOIT_CONFIG  # noqa: F401 - doit looks for it here
from video_censor_personal.cli.fast_path import asks_doit_for_models_only, models_in_place

if TYPE_CHECKING:
    from modeltasks.provision.session import Session
    from modeltasks.tasks.catalogue import Catalogue

# When only the models are asked for and nothing has changed since they were found right, their tasks are made
# from the note of that run: reading the config would take longer than doit takes in all.
_in_place = None
_where = (get_var("config"), get_initial_workdir(), str(Path.cwd()))
if asks_doit_for_models_only(sys.argv[1:], *_where):
    _in_place = models_in_place(*_where)

if _in_place is not None:
    from modeltasks.tasks.models import remembered_tasks

    _config, _models, _warnings = _in_place
    for _warning in _warnings:
        print_err(f"warning: {_warning}")

    def task_models() -> Iterator[Task]:
        """Fetch the models that the enabled detectors need."""
        outlines = [(name, doc, files) for name, _, doc, files in _models]
        yield from remembered_tasks(outlines, _config, _load)

    def _load() -> tuple[Catalogue, Session]:
        from video_censor_personal.task_graph import load

        return load()

else:
    from demo.tasks import task_demo  # noqa: F401 - doit looks for it here
    from video_censor_personal.task_graph import *  # noqa: F403
