"""Models as doit tasks: the one builder behind `doit …` and every programmatic run.

`models:<name>` has the model's files as targets and the config as `file_dep`. doit alone would run it
after any edit of the config; `EntryCurrent` narrows that to the model's own entry and to what is on
disk. All real work happens in actions: doit calls `uptodate` in one thread, whatever `-n` says.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import localtime, monotonic, strftime, time
from typing import Any

from doit.dependency import UptodateCalculator
from doit.exceptions import TaskFailed
from doit.task import Task

from modeltasks.display import size_text
from modeltasks.errors import Cancelled, ModelTasksError
from modeltasks.fetch import provide
from modeltasks.results import ModelResult
from modeltasks.spec import ModelSpec
from modeltasks.store.verify import Verification
from modeltasks.workshop import Workshop

logger = logging.getLogger(__name__)

# With capture on, doit's thread runner mixes up the output of tasks and may leave sys.stdout replaced.
_IO = {"capture": False}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models of a config file (None: made in memory), and the names of those `wanted` by default."""

    specs: tuple[ModelSpec, ...]
    wanted: frozenset[str]
    config: Path | None


class EntryCurrent(UptodateCalculator):  # type: ignore[misc]
    """Up to date when the files on disk are what the model's entry in the config asks for.

    It answers for the config as a whole too: what doit would compare of the file is set to its present
    state, because this check has already compared the one part of it that matters.
    """

    def __init__(self, spec: ModelSpec, workshop: Workshop, *, force: bool = False) -> None:
        super().__init__()
        self._spec = spec
        self._store = workshop.store
        self._force = force
        self._reason: str | None = "not looked at yet"

    def setup(self, dep_manager: Any, tasks_dict: Any) -> None:
        """Called by doit before each check."""
        super().setup(dep_manager, tasks_dict)
        self._doit = dep_manager

    def __call__(self, task: Any, values: Any) -> bool:
        """Called by doit before a run and for `list` and `info`; cheap, and never raises."""
        for config in task.file_dep:
            try:
                state = self._doit.checker.get_state(config, None)
            except OSError:
                continue  # doit reports a missing file_dep itself
            self._doit.backend.set(task.name, config, state)
        self._reason = "forced" if self._force else self._store.why_stale(self._spec)
        return self._reason is None

    def __repr__(self) -> str:
        return f"{self._spec.name}: {self._reason or 'current'}"


def model_tasks(
    catalogue: Catalogue, workshop: Workshop, *, force: bool = False, everything: bool = False
) -> Iterator[Task]:
    """Yield `models` and a `models:<name>` for each entry; the group holds the wanted ones.

    Args:
        catalogue: what the config says.
        workshop: where the files live and how the network is used; collects the results.
        force: fetch again what is current.
        everything: the group holds every entry.
    """
    members = [
        f"models:{spec.name}" for spec in catalogue.specs if everything or spec.name in catalogue.wanted
    ]
    yield _group("models", "fetch what is missing, altered or edited", members)
    for spec in catalogue.specs:
        yield Task(
            f"models:{spec.name}",
            [_action(spec, workshop, force=force)],
            file_dep=[str(catalogue.config)] if catalogue.config else [],
            targets=[str(workshop.store.path(spec, file)) for file in spec.files],
            uptodate=[EntryCurrent(spec, workshop, force=force)],
            clean=[(_clean, [spec, workshop])],
            subtask_of="models",
            doc=_doc(spec),
            io=_IO,
        )


def verify_tasks(catalogue: Catalogue, workshop: Workshop, *, older_than: float = 0.0) -> Iterator[Task]:
    """Yield `verify`, which hashes every model that is here at once, and a `verify:<name>` for each.

    Args:
        catalogue: what the config says.
        workshop: where the files live.
        older_than: leave out current files that were hashed less than this many seconds ago.
    """

    def task(name: str, specs: Sequence[ModelSpec], doc: str) -> Task:
        return Task(
            name,
            [lambda: _verify(specs, workshop, older_than)],
            uptodate=[False],
            has_subtask=name == "verify",
            subtask_of=None if name == "verify" else "verify",
            doc=doc,
            io=_IO,
        )

    # The group hashes all files itself instead of depending on its members: largest first over all
    # models keeps every core busy to the end.
    yield task("verify", catalogue.specs, "hash every model again; put wrong files into quarantine")
    for spec in catalogue.specs:
        yield task(f"verify:{spec.name}", [spec], f"hash {spec.name} again")


def _clean(spec: ModelSpec, workshop: Workshop, dryrun: bool) -> None:
    from modeltasks.store.prune import plan_clean

    for model in workshop.store.usage().models:
        if model.name == spec.name:
            item = plan_clean(model, spec)
            for file in item.files:
                print(f"{'would remove' if dryrun else 'removing'} {file.path}")
            if not dryrun:
                workshop.store.prune([item], workshop.cancel)


def usage_task(catalogue: Catalogue, workshop: Workshop) -> Task:
    """Return `usage`, which tells how much room what takes."""

    def show() -> None:
        inventory = workshop.store.usage()
        known = {spec.name for spec in catalogue.specs}
        for model in sorted(inventory.models, key=lambda each: each.bytes, reverse=True):
            used = strftime("%Y-%m-%d", localtime(model.last_used)) if model.last_used else "never"
            note = "" if model.name in known else "  not in this config"
            print(f"{size_text(model.bytes):>10}  last used {used:<10}  {model.name}{note}")
        for kind in ("partials", "staging", "quarantine", "registry"):
            size = sum(file.bytes for file in getattr(inventory, kind))
            if size:
                print(f"{size_text(size):>10}  {kind}")
        print(f"{size_text(inventory.bytes):>10}  in {workshop.store.root}")

    return Task("usage", [show], uptodate=[False], doc="tell how much room each model takes", io=_IO)


def prune_task(catalogue: Catalogue, workshop: Workshop, *, partial_age: float, yes: bool = False) -> Task:
    """Return `prune`, which tells what nothing needs any more, and with `yes` removes it.

    Args:
        catalogue: the models that stay.
        workshop: where the files live.
        partial_age: seconds after which a download that nobody went on with counts as given up.
        yes: remove it.
    """

    def prune() -> Any:
        from modeltasks.store.prune import plan_prune

        items = plan_prune(workshop.store.usage(), catalogue.specs, partial_age=partial_age, now=time())
        for item in items:
            print(f"{size_text(item.frees):>10}  {item.kind} {item.name}: {item.why}")
        if not items:
            print("nothing to remove")
        elif not yes:
            print(f"{size_text(sum(item.frees for item in items)):>10}  would be freed by `doit prune --yes`")
        else:
            try:
                print(f"{size_text(workshop.store.prune(items, workshop.cancel)):>10}  freed")
            except ModelTasksError as error:
                return TaskFailed(str(error))
        return None

    return Task("prune", [prune], uptodate=[False], doc="tell what nothing needs any more", io=_IO)


def _group(name: str, doc: str, members: Iterable[str]) -> Task:
    return Task(name, None, task_dep=list(members), has_subtask=True, doc=doc)


def _doc(spec: ModelSpec) -> str:
    traits = [f"{spec.size:,} bytes" if spec.size else "size unknown"]
    if spec.license:
        traits.append(spec.license)
    if spec.optional:
        traits.append("optional")
    return ", ".join(traits)


def _action(spec: ModelSpec, workshop: Workshop, *, force: bool) -> Callable[[], Any]:
    def fetch() -> Any:
        started = monotonic()
        with workshop.working():
            try:
                result = provide(spec, workshop, force=force)
            except Cancelled:
                return TaskFailed("stopped; what was fetched is kept for the next run")
            except ModelTasksError as error:
                result = ModelResult(
                    spec.name,
                    "skipped" if spec.optional else "failed",
                    str(workshop.store.directory(spec.name)),
                    seconds=monotonic() - started,
                    error=error,
                )
        workshop.results[spec.name] = result
        for warning in result.warnings:
            logger.warning("%s: %s", spec.name, warning)
        if result.status == "skipped":
            logger.warning("optional model %s is left out: %s", spec.name, result.error)
        return TaskFailed(str(result.error)) if result.status == "failed" else None

    return fetch


def _verify(specs: Sequence[ModelSpec], workshop: Workshop, older_than: float) -> Any:
    from modeltasks.store.verify import verify_files

    wrong = []
    with workshop.working():
        try:
            for file in verify_files(
                workshop.store,
                specs,
                cancel=workshop.cancel,
                progress=workshop.progress,
                older_than=older_than,
            ):
                line = _verdict(file)
                (logger.info if file.state in {"ok", "missing"} else logger.error)("%s", line)
                if file.state not in {"ok", "missing"}:
                    wrong.append(line)
        except Cancelled:
            return TaskFailed("stopped; what was verified so far is noted")
    return TaskFailed("\n".join(wrong)) if wrong else None


def _verdict(file: Verification) -> str:
    name = f"{file.model}/{file.path}"
    match file.state:
        case "ok":
            return f"{name}: ok"
        case "missing":
            return f"{name}: not here"
        case "mismatch":
            text = (
                f"{name}: wrong content: its checksum is {file.actual}, the config asks for {file.expected}."
            )
            place = f" It was moved to {file.quarantined}." if file.quarantined else f" {file.error}."
            return f"{text}{place} `doit models:{file.model}` repairs it"
        case "changing":
            return f"{name}: another process replaced it meanwhile; verify it again"
        case "unreadable":
            return f"{name}: {file.error}"
