"""`models:<name>`: the files of a model as targets, the config as `file_dep`.

doit alone would run such a task after any edit of the config; `EntryCurrent` narrows that to the model's
own entry and to what is on disk. All real work happens in actions: doit calls `uptodate` in one thread,
whatever `-n` says.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from doit.dependency import UptodateCalculator
from doit.task import Task

from modeltasks.errors import ConfigError
from modeltasks.provision.provide import provide
from modeltasks.provision.session import Session
from modeltasks.report.display import say
from modeltasks.spec import ModelSpec
from modeltasks.support.cancel import Cancelled
from modeltasks.support.text import one_line
from modeltasks.tasks.catalogue import IO, Catalogue, failed, force_option, is_forced

logger = logging.getLogger(__name__)


_LONGEST_LICENCE = 60


class EntryCurrent(UptodateCalculator):  # type: ignore[misc]
    """Up to date when the files on disk are what the model's entry in the config asks for.

    doit would also compare the whole config, a `file_dep`, with what it was after the last run, of which it
    has no record. So the task is recorded as done with the config as it is: the one part of it that matters
    is compared here.
    """

    def __init__(self, spec: ModelSpec, session: Session) -> None:
        super().__init__()
        self.spec = spec
        self._session = session
        self._reason: str | None = "not looked at yet"

    def setup(self, dep_manager: Any, tasks_dict: Any) -> None:
        """Called by doit before each check."""
        super().setup(dep_manager, tasks_dict)
        self._records = dep_manager
        self._session.quota.expect(lambda: _selected(tasks_dict, self._session))

    def __call__(self, task: Any, values: Any) -> bool:
        """Called by doit before a run and for `list` and `info`; cheap, and never raises."""
        with suppress(OSError):  # doit reports a missing file_dep itself
            self._records.save_success(task)
        self._reason = "forced" if is_forced(task) else why_stale(self.spec, self._session)
        return self._reason is None

    def __repr__(self) -> str:
        return one_line(f"{self.spec.name}: {self._reason or 'current'}")


def _selected(tasks: Mapping[str, Any], session: Session) -> list[tuple[ModelSpec, bool]]:
    """Return the models of this run of doit, with whether each is fetched in any case.

    doit gives options to the tasks that it was asked for, by default or by name, before it runs any.
    """
    waiting = [name for name, task in tasks.items() if task.options is not None]
    reached: dict[str, None] = {}
    while waiting:
        name = waiting.pop()
        if name not in reached and name in tasks:
            reached[name] = None
            waiting += [*tasks[name].task_dep, *tasks[name].setup_tasks]
    chosen = [tasks[name] for name in tasks if name in reached]
    return [
        (session.resolver.known(check.spec), is_forced(task))
        for task in chosen
        for check, *_ in task.uptodate
        if isinstance(check, EntryCurrent)
    ]


def why_stale(spec: ModelSpec, session: Session) -> str | None:
    """Return why a model must be looked after, or None. Cheap; asks nobody, hashes nothing, never raises."""
    reason = session.store.why_stale(session.resolver.known(spec))
    if reason is None and not session.resolver.is_settled(spec):
        reason = "its branch has moved, or nobody asked for a day"
    return reason


def model_tasks(
    catalogue: Catalogue, session: Session, *, force: bool = False, everything: bool = False
) -> Iterator[Task]:
    """Yield `models` and a `models:<name>` for each entry; the group holds the wanted ones.

    Args:
        catalogue: what the config says.
        session: where the files live and how the network is used; collects the results.
        force: fetch again what is current.
        everything: the group holds every entry.
    """
    names = [spec.name for spec in catalogue.specs if everything or spec.name in catalogue.wanted]
    session.quota.protect(names)
    members = [f"models:{name}" for name in (*names, *(catalogue.unusable if everything else ()))]
    yield _group("models", "fetch what is missing, altered or edited", members)
    for spec in catalogue.specs:
        yield model_task(spec, catalogue, session, force=force)
    for name, error in catalogue.unusable.items():
        yield _unusable_task(name, error)


def model_task(spec: ModelSpec, catalogue: Catalogue, session: Session, *, force: bool = False) -> Task:
    """Return `models:<name>`; arguments as for `model_tasks`."""
    known = session.resolver.known(spec)
    return Task(
        f"models:{spec.name}",
        [_action(spec, catalogue, session)],
        params=[force_option("fetch it even if it is current", force)],
        file_dep=[str(catalogue.config)] if catalogue.config else [],
        targets=[str(session.store.path(known, file)) for file in known.files],
        uptodate=[EntryCurrent(spec, session)],
        clean=[(_clean, [known, session])],
        subtask_of="models",
        doc=_doc(known),
        io=IO,
    )


def _unusable_task(name: str, error: ConfigError) -> Task:
    def fail() -> Any:
        return failed(error)

    doc = "cannot be used: its entry has mistakes"
    return Task(f"models:{name}", [fail], uptodate=[False], subtask_of="models", doc=doc, io=IO)


def _group(name: str, doc: str, members: Iterable[str]) -> Task:
    return Task(name, None, task_dep=list(members), has_subtask=True, doc=doc)


def _doc(spec: ModelSpec) -> str:
    traits = [f"{spec.size:,} bytes" if spec.size else "size unknown"]
    if spec.license:
        traits.append(one_line(spec.license, _LONGEST_LICENCE))
    if spec.optional:
        traits.append("optional")
    return ", ".join(traits)


def _action(spec: ModelSpec, catalogue: Catalogue, session: Session) -> Callable[[bool], Any]:
    def fetch(force: bool) -> Any:
        with session.working():
            try:
                result = provide(spec, session, catalogue.find, force=force)
            except Cancelled:
                return failed("stopped; what was fetched is kept for the next run")
        session.results[spec.name] = result
        for notice in result.warnings:
            logger.warning("%s: %s", spec.name, notice)
        if result.status == "skipped":
            logger.warning("optional model %s is left out: %s", spec.name, result.error)
        return failed(result.error) if result.status == "failed" else None

    return fetch


def _clean(spec: ModelSpec, session: Session, dryrun: bool) -> None:
    from modeltasks.store.prune import plan_clean

    for model in session.store.usage().models:
        if model.name == spec.name:
            item = plan_clean(model, spec)
            for file in item.files:
                say(f"{'would remove' if dryrun else 'removing'} {file.path}")
            if not dryrun:
                session.store.prune([item], session.cancel)
