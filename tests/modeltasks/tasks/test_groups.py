"""A program may call the groups and tasks as it likes: names, dependencies and messages follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from doit.task import Task

from modeltasks.errors import ConfigError
from modeltasks.provision.session import Session
from modeltasks.spec import HubRef, ModelSpec
from modeltasks.tasks.catalogue import Catalogue
from modeltasks.tasks.engine import run
from modeltasks.tasks.housekeeping import prune_task, usage_task
from modeltasks.tasks.hub import licenses_task, lock_task, outdated_task, registry_tasks
from modeltasks.tasks.models import model_tasks
from modeltasks.tasks.verify import verify_tasks
from tests.modeltasks.tasks.kit import catalogue, model, session

__all__ = ["session"]
HUB = ModelSpec("m", (), ("hf:acme/m@main/",), HubRef("acme/m"))
GROUPS: list[Callable[..., Iterable[Task]]] = [model_tasks, verify_tasks, registry_tasks]
TASKS: list[Callable[..., Task]] = [lock_task, outdated_task, licenses_task, usage_task, prune_task]


@pytest.fixture
def models(tmp_path: Path) -> Catalogue:
    """A model in a folder, two of one repository, and one with a mistake."""
    found = catalogue(model(tmp_path, "a"), HUB, replace(HUB, name="n"), wanted=("a",))
    return replace(found, unusable={"bad": ConfigError("What", "why", "Fix it")})


@pytest.mark.parametrize("builder", GROUPS)
def test_a_group_and_its_members_follow_its_name(
    models: Catalogue, session: Session, builder: Callable[..., Iterable[Task]]
) -> None:
    group, *members = builder(models, session, group="mine")
    assert group.name == "mine"
    assert {task.name.partition(":")[0] for task in members} == {"mine"}
    assert {task.subtask_of for task in members} == {"mine"}
    named = {dependency for task in (group, *members) for dependency in task.task_dep}
    assert named <= {task.name for task in members}


@pytest.mark.parametrize("builder", TASKS)
def test_a_task_has_the_name_that_it_is_given(
    models: Catalogue, session: Session, builder: Callable[..., Task]
) -> None:
    assert builder(models, session, name="mine").name == "mine"


def test_a_group_of_another_name_is_made(models: Catalogue, session: Session) -> None:
    for executed in (["weights:a"], []):
        report = run(model_tasks(models, session, group="weights"), ["weights"])
        assert (report.executed, report.failed) == (executed, {})
