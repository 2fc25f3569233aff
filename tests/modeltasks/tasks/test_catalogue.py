from __future__ import annotations

from pathlib import Path

import pytest
from doit.task import Task

from modeltasks.tasks.catalogue import failed, force_option, is_forced
from tests.modeltasks.tasks.kit import catalogue, model


def test_entries_are_found_by_name(tmp_path: Path) -> None:
    spec = model(tmp_path, "a")
    assert catalogue(spec, model(tmp_path, "b")).find("a") is spec
    assert catalogue(spec).find("b") is None


def test_a_failure_shows_no_escape_sequence_of_a_stranger() -> None:
    assert failed("server said \x1b[2J\nthen left").message == "server said \\x1b[2J\nthen left"


@pytest.mark.parametrize(
    ("default", "arguments", "forced"),
    [(False, [], False), (True, [], True), (False, ["--force"], True)],
)
def test_force_is_that_of_the_group_or_of_the_task(default: bool, arguments: list[str], forced: bool) -> None:
    task = Task("models:a", None, params=[force_option("fetch again", default)])
    task.init_options(arguments)
    assert is_forced(task) == forced
