"""`registry`, `lock`, `outdated` and `licenses`, as tasks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.provision.session import Session
from modeltasks.registry import Registry
from modeltasks.resolve.installed import Installed
from modeltasks.resolve.lockfile import lock_path, read_lock
from modeltasks.resolve.resolver import Resolver
from modeltasks.spec import HubRef, ModelSpec
from modeltasks.store import Store
from modeltasks.tasks.engine import run
from modeltasks.tasks.hub import licenses_task, lock_task, outdated_task, registry_tasks
from tests.modeltasks.tasks.kit import QUICK, catalogue, model, session
from tests.support.hub_server import HubServer

__all__ = ["session"]
SPEC = ModelSpec("m", (), ("hf:acme/m@main/",), HubRef("acme/m"))
FILES = {"config.json": b"{}\n"}


@pytest.fixture
def config(hub: HubServer, tmp_path: Path) -> Path:
    """A config beside which a lock may lie; the hub has the model."""
    hub.add("acme/m", FILES)
    return tmp_path / "config.yaml"


def test_the_hub_is_asked_once_a_day_and_once_a_repository(
    hub: HubServer, session: Session, tmp_path: Path, config: Path
) -> None:
    models = catalogue(SPEC, replace(SPEC, name="n"), model(tmp_path, "elsewhere"))
    tasks = list(registry_tasks(models, session))
    assert [task.name for task in tasks] == ["registry", "registry:m", "registry:n"]
    assert run(tasks, ["registry"]).executed == ["registry:m"]
    assert hub.count("/api/models/acme/m") == 1
    again = run(registry_tasks(models, session), ["registry"])
    assert (again.executed, hub.count("/api/models/acme/m")) == ([], 1)
    assert run(registry_tasks(models, session, force=True), ["registry"]).executed == ["registry:m"]
    assert hub.count("/api/models/acme/m") == 2


def test_a_model_that_the_hub_does_not_have_is_a_failure(hub: HubServer, session: Session) -> None:
    (why,) = run(registry_tasks(catalogue(SPEC), session), ["registry"]).failed.values()
    assert "acme/m" in why


def test_lock_writes_what_check_then_accepts(hub: HubServer, tmp_path: Path, config: Path) -> None:
    models = catalogue(SPEC, config=config)

    def lock(*, check: bool) -> dict[str, str]:
        store = Store(tmp_path / "store")
        installed = Installed(store.layout.installed)
        resolver = Resolver(read_lock(lock_path(config)), Registry(store.root, QUICK), installed)
        session = Session(store, QUICK, resolver=resolver)
        return run([lock_task(models, session, check=check)], ["lock"]).failed

    assert "m" in lock(check=True)["lock"]
    assert not lock_path(config).exists()
    assert lock(check=False) == {}
    assert read_lock(lock_path(config)).models["m"].commit == hub.repos["acme/m"].head
    assert lock(check=True) == {}


def test_a_lock_stays_as_it_was_where_one_model_cannot_be_had(
    hub: HubServer, session: Session, config: Path
) -> None:
    models = catalogue(SPEC, replace(SPEC, name="gone", hub=HubRef("acme/gone")), config=config)
    failed = run([lock_task(models, session)], ["lock"]).failed["lock"]
    assert "gone: " in failed
    assert failed.endswith("The lock is as it was")
    assert not lock_path(config).exists()


def test_a_config_in_memory_has_no_lock(session: Session) -> None:
    failed = run([lock_task(catalogue(), session)], ["lock"]).failed["lock"]
    assert "made in memory" in failed


def test_outdated_prints_a_row_for_each_model(
    hub: HubServer, session: Session, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pinned = hub.repos["acme/m"].head
    hub.repos["acme/m"].commit(FILES | {"more": b"1"})
    spec = replace(SPEC, hub=HubRef("acme/m", pinned))
    assert run([outdated_task(catalogue(spec), session)], ["outdated"]).ok
    assert "1 commit" in capsys.readouterr().out
    gone = replace(SPEC, name="gone", hub=HubRef("acme/gone"))
    assert "gone: " in run([outdated_task(catalogue(gone), session)], ["outdated"]).failed["outdated"]


def test_licenses_are_listed_as_far_as_they_are_known(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = catalogue(model(tmp_path, "a", license="MIT"), model(tmp_path, "b"))
    assert run([licenses_task(models, session)], ["licenses"]).ok
    rows = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert ["a", "MIT"] in rows
    assert ["b", "not known"] in rows
