"""`usage` and `prune`: what they print, and what goes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modeltasks.errors import ConfigError
from modeltasks.provision.session import Session
from modeltasks.store.usage import Extra
from modeltasks.support.commands import TaskCommands, use
from modeltasks.tasks.catalogue import Catalogue
from modeltasks.tasks.engine import run
from modeltasks.tasks.housekeeping import prune_task, usage_task
from modeltasks.tasks.models import model_tasks
from tests.modeltasks.tasks.kit import catalogue, model, session, stored

__all__ = ["session"]
AGE = 3600.0


@pytest.fixture
def in_place(session: Session, tmp_path: Path) -> Catalogue:
    """Two models, both in place."""
    models = catalogue(model(tmp_path, "a", b"a" * 1500), model(tmp_path, "b", b"b" * 2500))
    run(model_tasks(models, session), ["models"])
    return models


def without_b(models: Catalogue) -> Catalogue:
    return catalogue(*(spec for spec in models.specs if spec.name != "b"))


def test_usage_lists_the_largest_first_and_what_no_config_knows(
    in_place: Catalogue, session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "one").write_bytes(b"n" * 700)
    extra = Extra("observations", tmp_path / "notes", AGE, 10**9)
    assert run([usage_task(without_b(in_place), session, extras=[extra])], ["usage"]).ok
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert re.fullmatch(r"2\.5 kB last used .* b not in this config", lines[0])
    assert re.fullmatch(r"1\.5 kB last used \S+ a", lines[1])
    assert "700 B observations" in lines
    assert lines[-1].endswith(f"in {session.store.root}")


def test_prune_removes_nothing_without_yes(
    in_place: Catalogue, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    left = without_b(in_place)
    use(TaskCommands("doit"))
    for yes, expected in ((False, "would be freed by `doit prune --yes`"), (True, "freed")):
        assert run([prune_task(left, session, partial_age=AGE, yes=yes)], ["prune"]).ok
        out = capsys.readouterr().out
        assert "model b: not in the config" in out
        assert out.rstrip().endswith(expected)
        assert stored(session, in_place.specs[1]).exists() != yes
    assert stored(session, in_place.specs[0]).exists()
    assert run([prune_task(left, session)], ["prune"]).ok
    assert capsys.readouterr().out == "nothing to remove\n"


def test_a_mistake_in_an_entry_costs_no_file(
    in_place: Catalogue, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    mistake = {"b": ConfigError("What", "why", "Fix it")}
    models = Catalogue(without_b(in_place).specs, frozenset({"a"}), None, mistake)
    assert run([prune_task(models, session, partial_age=AGE, yes=True)], ["prune"]).ok
    assert capsys.readouterr().out == "nothing to remove\n"
    assert stored(session, in_place.specs[1]).exists()
