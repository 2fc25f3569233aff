"""`registry`, `lock`, `outdated` and `licenses`: what is known of models of a hub."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from doit.task import Task

from modeltasks.errors import ConfigError, ModelTasksError
from modeltasks.provision.session import Session
from modeltasks.registry.advice import advise, alternatives, is_gone
from modeltasks.registry.metadata import ModelMetadata
from modeltasks.report.console import print_out
from modeltasks.resolve.lockfile import Lock, LockEntry, check_lock, lock_path, write_lock
from modeltasks.resolve.outdated import OUTDATED_HEADINGS, outdated, table
from modeltasks.spec import HubRef, ModelSpec
from modeltasks.support.cancel import Cancelled
from modeltasks.support.commands import offer
from modeltasks.support.text import one_line
from modeltasks.tasks.catalogue import IO, Catalogue, failed, force_option, is_forced

logger = logging.getLogger(__name__)


class RecordFresh:
    """Up to date while the record of a model is younger than a day and of the same repository."""

    def __init__(self, hub: HubRef, session: Session) -> None:
        self._hub = hub
        self._registry = session.registry

    def __call__(self, task: Any, values: Any) -> bool:
        """Called by doit; reads one small file."""
        return not is_forced(task) and self._registry.is_fresh(self._hub.repo, self._hub.revision)

    def __repr__(self) -> str:
        return one_line(f"record of {self._hub.repo}@{self._hub.revision} younger than a day")


def registry_tasks(
    catalogue: Catalogue, session: Session, *, group: str = "registry", force: bool = False
) -> Iterator[Task]:
    """Yield the group and a `<group>:<name>` for each model of a hub: one call a model a day.

    Args:
        catalogue: what the config says.
        session: where records are kept and how the network is used.
        group: what the group is called.
        force: ask again what was asked today.
    """
    of_a_hub = [(spec, spec.hub) for spec in catalogue.specs if spec.hub is not None]
    members = {spec.name: f"{group}:{spec.name}" for spec, _ in of_a_hub}
    offer("registry", group, set(members))
    doc = "ask the hub what is new, once a day"
    yield Task(group, None, task_dep=list(members.values()), has_subtask=True, doc=doc)
    first: dict[HubRef, str] = {}
    for spec, hub in of_a_hub:
        name = members[spec.name]
        doc = one_line(f"{hub.repo} at {hub.revision}")
        if first.setdefault(hub, name) != name:
            # Models that share a repository share its record, and a target is of one task only.
            yield Task(name, None, task_dep=[first[hub]], subtask_of=group, doc=doc)
            continue
        yield Task(
            name,
            [(_refresh, [spec, hub, session])],
            params=[force_option("ask even if it was asked today", force)],
            targets=[str(session.registry.cache.path(hub.repo, hub.revision))],
            uptodate=[RecordFresh(hub, session)],
            clean=True,
            subtask_of=group,
            doc=doc,
            io=IO,
        )


def lock_task(catalogue: Catalogue, session: Session, *, name: str = "lock", check: bool = False) -> Task:
    """Return a task that pins every model of a hub by commit and digests, or with `check` only compares.

    Args:
        catalogue: what the config says; the lock lies beside it.
        session: how the hub is asked.
        name: what the task is called.
        check: change nothing, fail when the lock does not say what the config asks for.
    """

    def compare() -> Any:
        resolver = session.resolver
        lines = check_lock(catalogue.specs, resolver.lock)
        contradictions = ((spec.name, resolver.lock_contradiction(spec)) for spec in catalogue.specs)
        lines += [f"{model}: {error}" for model, error in contradictions if error is not None]
        return failed("\n".join(lines)) if lines else None

    def write() -> Any:
        entries, failures = {}, []
        try:
            path = _lock_path(catalogue)
            for spec in catalogue.specs:
                if spec.hub is None:
                    continue
                try:
                    entries[spec.name] = _locked(spec, spec.hub, session)
                except ModelTasksError as error:
                    failures.append(f"{spec.name}: {_advised(error, spec, session)}")
            if failures:
                return failed("\n".join((*failures, "The lock is as it was")))
            write_lock(path, Lock(entries))
        except Cancelled:
            return failed("stopped; the lock is as it was")
        except ModelTasksError as error:
            return failed(error)
        print_out(f"{path}: {len(entries)} models locked")
        return None

    doc = "pin every model of a hub by commit and digests"
    offer("lock", name)
    return Task(name, [compare if check else write], uptodate=[False], doc=doc, io=IO)


def outdated_task(catalogue: Catalogue, session: Session, *, name: str = "outdated") -> Task:
    """Return a task, `name`, that shows what is newer than what is pinned."""

    def show() -> Any:
        try:
            rows = outdated(catalogue.specs, session.resolver.lock, session.registry)
        except Cancelled:
            return failed("stopped")
        print_out("\n".join(table(OUTDATED_HEADINGS, [row.cells() for row in rows])))
        errors = [f"{row.name}: {row.error}" for row in rows if row.error is not None]
        return failed("\n".join(errors)) if errors else None

    offer("outdated", name)
    return Task(name, [show], uptodate=[False], doc="show what is newer than what is pinned", io=IO)


def licenses_task(catalogue: Catalogue, session: Session, *, name: str = "licenses") -> Task:
    """Return a task, `name`, that lists the licence of every model, as far as it is known here."""

    def show() -> None:
        known = [session.resolver.known(spec) for spec in catalogue.specs]
        print_out("\n".join(table(("model", "licence"), [(s.name, s.license or "not known") for s in known])))

    offer("licenses", name)
    return Task(name, [show], uptodate=[False], doc="list the licence of every model", io=IO)


def _refresh(spec: ModelSpec, hub: HubRef, session: Session, force: bool) -> Any:
    with session.working():
        try:
            metadata = session.registry.query(hub.repo, hub.revision, force)
        except Cancelled:
            return failed("stopped")
        except ModelTasksError as error:
            return failed(_advised(error, spec, session))
    _warn(spec, metadata)
    return None


def _locked(spec: ModelSpec, hub: HubRef, session: Session) -> LockEntry:
    entry, metadata = session.resolver.entry_for_lock(spec, hub)
    _warn(spec, metadata)
    return entry


def _advised(error: ModelTasksError, spec: ModelSpec, session: Session) -> ModelTasksError:
    return advise(error, alternatives(spec, error, session.registry)) if is_gone(error) else error


def _warn(spec: ModelSpec, metadata: ModelMetadata) -> None:
    for notice in metadata.notices:
        logger.warning("%s: %s", spec.name, notice)


def _lock_path(catalogue: Catalogue) -> Path:
    if catalogue.config is None:
        raise ConfigError(
            "There is nothing to put a lock file beside",
            "the config was made in memory",
            "Keep the config in a file",
        )
    return lock_path(catalogue.config)
