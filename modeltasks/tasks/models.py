"""`models:<name>`, or `<group>:<name>`: the files of a model as targets, the config as `file_dep`.

doit alone would run such a task after any edit of the config; `EntryCurrent` narrows that to the model's
own entry and to what is on disk. All real work happens in actions: doit calls `uptodate` in one thread,
whatever `-n` says. What only an action needs is imported by the action, so that a run that finds everything
current does not pay for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

from doit.dependency import UptodateCalculator
from doit.task import Task

from modeltasks.support.text import one_line
from modeltasks.tasks.catalogue import IO, Catalogue, failed, force_option, is_forced

if TYPE_CHECKING:
    from modeltasks.errors import ConfigError
    from modeltasks.provision.session import Session
    from modeltasks.spec import ModelSpec

_LONGEST_LICENCE = 60

Outline = tuple[str, str, list[str]]
"""The name of a model or its task, what `doit list` says of it, and the paths of its files."""


_SIGNATURE = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("task", "values")])


class Remembered(UptodateCalculator):  # type: ignore[misc]
    """Up to date, because a run found it so and nothing has changed since.

    doit would also compare the whole config, a `file_dep`, with what it was after the last run, of which it
    has no record. So the task is recorded as done with the config as it is: the one part of it that matters
    is compared here.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        # doit asks each for its signature before each call, which takes longer than the call.
        self.__signature__ = _SIGNATURE
        self._name = name
        self._reason: str | None = "not looked at yet"

    def setup(self, dep_manager: Any, tasks_dict: Any) -> None:
        """Called by doit before each check."""
        super().setup(dep_manager, tasks_dict)
        self._records = dep_manager

    def why_stale(self) -> str | None:
        """Return why the task must run, or None."""
        return None

    def __call__(self, task: Any, values: Any) -> bool:
        """Called by doit before a run and for `list` and `info`; cheap, and never raises."""
        with suppress(OSError):  # doit reports a missing file_dep itself
            self._records.save_success(task)
        self._reason = "forced" if is_forced(task) else self.why_stale()
        return self._reason is None

    def __repr__(self) -> str:
        return one_line(f"{self._name}: {self._reason or 'current'}")


class EntryCurrent(Remembered):
    """Up to date when the files on disk are what the model's entry in the config asks for."""

    def __init__(self, spec: ModelSpec, session: Session) -> None:
        super().__init__(spec.name)
        self.spec = spec
        self._session = session

    def setup(self, dep_manager: Any, tasks_dict: Any) -> None:
        """Called by doit before each check."""
        super().setup(dep_manager, tasks_dict)
        self._session.quota.expect(lambda: _selected(tasks_dict, self._session))

    def why_stale(self) -> str | None:
        """Return why the model must be looked after, or None."""
        return self._session.why_stale(self.spec)


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


def model_tasks(
    catalogue: Catalogue,
    session: Session,
    *,
    group: str = "models",
    force: bool = False,
    everything: bool = False,
) -> Iterator[Task]:
    """Yield the group and a `<group>:<name>` for each entry; the group holds the wanted ones.

    Args:
        catalogue: what the config says.
        session: where the files live and how the network is used; collects the results.
        group: what the group is called.
        force: fetch again what is current.
        everything: the group holds every entry.
    """
    from modeltasks.support.commands import offer

    names = [spec.name for spec in catalogue.specs if everything or spec.name in catalogue.wanted]
    session.quota.protect(names)
    offer("models", group, {spec.name for spec in catalogue.specs})
    yield _group(group, (*names, *(catalogue.unusable if everything else ())))
    for spec in catalogue.specs:
        yield model_task(spec, catalogue, session, group=group, force=force)
    for name, error in catalogue.unusable.items():
        yield _unusable_task(group, name, error)


def model_task(
    spec: ModelSpec, catalogue: Catalogue, session: Session, *, group: str = "models", force: bool = False
) -> Task:
    """Return `<group>:<name>`; arguments as for `model_tasks`."""
    known = session.resolver.known(spec)
    return _task(
        EntryCurrent(spec, session),
        (
            f"{group}:{spec.name}",
            describe(known),
            [str(session.store.path(known, file)) for file in known.files],
        ),
        None if catalogue.config is None else str(catalogue.config),
        lambda: (spec, catalogue, session),
        force=force,
    )


def remembered_tasks(
    models: Iterable[Outline], config: str, load: Callable[[], tuple[Catalogue, Session]]
) -> Iterator[Task]:
    """Yield the tasks of `model_tasks` for models that are known to be current, without a session.

    Args:
        models: the wanted models.
        config: path of the config.
        load: gives what actions need, should one run after all.
    """
    outlines = list(models)
    yield _group("models", (name for name, _, _ in outlines))
    for name, doc, files in outlines:
        yield _task(Remembered(name), (f"models:{name}", doc, files), config, partial(_load, name, load))


def _load(name: str, load: Callable[[], tuple[Catalogue, Session]]) -> tuple[ModelSpec, Catalogue, Session]:
    catalogue, session = load()
    return next(spec for spec in catalogue.specs if spec.name == name), catalogue, session


def describe(spec: ModelSpec) -> str:
    """Return what `doit list` says of a model."""
    traits = [f"{spec.size:,} bytes" if spec.size else "size unknown"]
    if spec.license:
        traits.append(one_line(spec.license, _LONGEST_LICENCE))
    if spec.optional:
        traits.append("optional")
    return ", ".join(traits)


def _group(group: str, names: Iterable[str]) -> Task:
    members = [f"{group}:{name}" for name in names]
    doc = "fetch what is missing, altered or edited"
    return Task(group, None, task_dep=members, has_subtask=True, doc=doc)


def _task(
    check: Remembered,
    outline: Outline,
    config: str | None,
    loaded: Callable[[], tuple[ModelSpec, Catalogue, Session]],
    *,
    force: bool = False,
) -> Task:
    name, doc, targets = outline

    def fetch(force: bool) -> Any:
        from modeltasks.tasks.model_actions import fetch

        return fetch(*loaded(), force=force)

    return Task(
        name,
        [fetch],
        params=[force_option("fetch it even if it is current", force)],
        file_dep=[] if config is None else [config],
        targets=targets,
        uptodate=[check],
        clean=[(remove_files, [loaded])],
        subtask_of=name.rpartition(":")[0],
        doc=doc,
        io=IO,
    )


def remove_files(loaded: Callable[[], tuple[ModelSpec, Catalogue, Session]], dryrun: bool) -> None:
    """Remove the files of a model; `doit clean` prints this name."""
    from modeltasks.tasks.model_actions import clean

    spec, _, session = loaded()
    clean(spec, session, dryrun=dryrun)


def _unusable_task(group: str, name: str, error: ConfigError) -> Task:
    def fail() -> Any:
        return failed(error)

    doc = "cannot be used: its entry has mistakes"
    return Task(f"{group}:{name}", [fail], uptodate=[False], subtask_of=group, doc=doc, io=IO)
