"""Models as doit tasks: the one builder behind `doit …` and every programmatic run."""

from modeltasks.tasks.catalogue import Catalogue
from modeltasks.tasks.housekeeping import prune_task, usage_task
from modeltasks.tasks.hub import licenses_task, lock_task, outdated_task, registry_tasks
from modeltasks.tasks.models import EntryCurrent, model_tasks
from modeltasks.tasks.verify import verify_tasks

__all__ = [
    "Catalogue",
    "EntryCurrent",
    "licenses_task",
    "lock_task",
    "model_tasks",
    "outdated_task",
    "prune_task",
    "registry_tasks",
    "usage_task",
    "verify_tasks",
]
