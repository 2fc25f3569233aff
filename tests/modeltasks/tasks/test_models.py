"""`models:<name>`: what makes a model stale, what its task shows, and what its actions do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doit.cmd_base import ModuleTaskLoader
from doit.doit_cmd import DoitMain
from doit.task import Task

from modeltasks.errors import ConfigError
from modeltasks.provision.session import Session
from modeltasks.spec import ModelSpec
from modeltasks.tasks.catalogue import Catalogue
from modeltasks.tasks.engine import RunReport, run
from modeltasks.tasks.models import describe, model_tasks, remembered_tasks
from tests.modeltasks.tasks.kit import catalogue, model, session, stored

__all__ = ["session"]


def bring(models: Catalogue, session: Session, **more: Any) -> RunReport:
    return run(model_tasks(models, session, **more), ["models"], jobs=2)


def test_models_are_brought_once(session: Session, tmp_path: Path) -> None:
    models = catalogue(model(tmp_path, "a"), model(tmp_path, "b", b"other"), wanted=("a",))
    assert bring(models, session).executed == ["models:a"]
    assert session.results["a"].status == "fetched"
    assert bring(models, session).current == ["models:a"]
    assert sorted(bring(models, session, everything=True).executed) == ["models:b"]
    assert bring(models, session, force=True).executed == ["models:a"]


def removed(path: Path) -> None:
    path.unlink()


def altered(path: Path) -> None:
    path.write_bytes(b"WEIGHTS")


@pytest.mark.parametrize("change", [removed, altered])
def test_a_file_that_changed_is_stale_and_repaired(
    change: Callable[[Path], None], session: Session, tmp_path: Path
) -> None:
    spec = model(tmp_path, "a")
    bring(catalogue(spec), session)
    assert session.why_stale(spec) is None
    change(stored(session, spec))
    assert session.why_stale(spec) is not None
    bring(catalogue(spec), session)
    assert stored(session, spec).read_bytes() == b"weights"


def test_a_failure_is_the_result_of_its_task_alone(session: Session, tmp_path: Path) -> None:
    gone, optional = model(tmp_path, "gone", b"1"), model(tmp_path, "optional", b"2", optional=True)
    for name in ("gone", "optional"):
        (tmp_path / "sources" / f"{name}.bin").unlink()
    report = bring(catalogue(gone, optional, model(tmp_path, "a")), session)
    assert list(report.failed) == ["models:gone"]
    states = {name: result.status for name, result in session.results.items()}
    assert states == {"gone": "failed", "optional": "skipped", "a": "fetched"}


def test_an_entry_with_mistakes_fails_only_where_it_is_asked_for(session: Session, tmp_path: Path) -> None:
    spec = model(tmp_path, "a")
    models = Catalogue((spec,), frozenset({"a"}), None, {"bad": ConfigError("What", "why", "Fix it")})
    assert bring(models, session).ok
    assert bring(models, session, everything=True).failed == {"models:bad": "What: why. Fix it"}


@pytest.mark.parametrize("checker", ["md5", "timestamp"])
def test_an_edit_elsewhere_in_the_config_leaves_it_current_whatever_doit_remembers(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checker: str
) -> None:
    """In the `dodo.py` of a stranger, who lets doit keep a database."""
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "config.yaml"
    models = catalogue(model(tmp_path, "a"), config=config)
    settings = {"backend": "json", "dep_file": str(tmp_path / "doit.json"), "check_file_uptodate": checker}

    def doit(*arguments: str) -> str:
        namespace = {
            "DOIT_CONFIG": {**settings, "outfile": "out.txt"},
            "task_models": lambda: model_tasks(models, session),
        }
        assert DoitMain(ModuleTaskLoader(namespace), config_filenames=()).run(list(arguments)) == 0
        return (tmp_path / "out.txt").read_text().strip()

    for number in range(3):
        config.write_text(f"# edit {number}\n" * (number + 1))
        assert doit("run", "models") == (".  models:a" if number == 0 else "-- models:a")


def shown(task: Task) -> dict[str, Any]:
    keys = ("name", "doc", "file_dep", "targets", "task_dep", "params", "subtask_of", "has_subtask")
    return {key: getattr(task, key) for key in keys} | {
        "capture": task.io.capture,
        "actions": len(task.actions),
        "clean": len(task.clean_actions),
        "checks": len(task.uptodate),
    }


def test_remembered_tasks_are_the_same_tasks(session: Session, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("a: 1\n")
    specs = [model(tmp_path, "a", license="MIT"), model(tmp_path, "b", b"other", optional=True)]
    models = catalogue(*specs, config=config)
    bring(models, session)

    def load() -> tuple[Catalogue, Session]:
        raise AssertionError("nothing is to be done")

    outlines = [(spec.name, describe(spec), [str(stored(session, spec))]) for spec in specs]
    remembered = list(remembered_tasks(outlines, str(config), load))
    assert [shown(task) for task in remembered] == [shown(task) for task in model_tasks(models, session)]
    assert sorted(run(remembered, ["models"]).current) == ["models:a", "models:b"]


def test_a_remembered_task_repairs_what_is_gone_all_the_same(session: Session, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("a: 1\n")
    spec = model(tmp_path, "a")
    outline = (spec.name, describe(spec), [str(stored(session, spec))])
    tasks = remembered_tasks([outline], str(config), lambda: (catalogue(spec), session))
    assert run(tasks, ["models"]).executed == ["models:a"]
    assert stored(session, spec).read_bytes() == b"weights"


@pytest.mark.parametrize("dryrun", [True, False])
def test_clean_names_the_files_and_removes_them(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str], dryrun: bool
) -> None:
    spec = model(tmp_path, "a")
    bring(catalogue(spec), session)
    (task,) = (task for task in model_tasks(catalogue(spec), session) if task.name == "models:a")
    task.clean(sys.stdout, dryrun)
    assert str(stored(session, spec)) in capsys.readouterr().out
    assert stored(session, spec).exists() == dryrun


@pytest.mark.parametrize(
    ("license", "optional", "text"),
    [
        (None, False, "7 bytes"),
        ("MIT", True, "7 bytes, MIT, optional"),
        ("\x1b[31mred\nline", False, r"7 bytes, \x1b[31mred\nline"),
    ],
)
def test_what_doit_list_says_of_a_model(
    tmp_path: Path, license: str | None, optional: bool, text: str
) -> None:
    assert describe(model(tmp_path, "a", license=license, optional=optional)) == text
    assert describe(ModelSpec("a", (), ())) == "size unknown"
