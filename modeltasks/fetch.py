"""Making the files of a model be what they should be: kept, linked or fetched, one by one."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from modeltasks.errors import Cancelled, UnsafeFormat
from modeltasks.results import ModelResult, Status
from modeltasks.sources import mirrors_of
from modeltasks.spec import ModelFile, ModelSpec
from modeltasks.workshop import Workshop


@dataclass(frozen=True, slots=True)
class _FileOutcome:
    status: Status
    bytes_fetched: int = 0
    source: str | None = None


def bring_up_to_date(spec: ModelSpec, workshop: Workshop, *, force: bool = False) -> ModelResult:
    """Bring a model up to date and say how; files that are right already cost at most a hash.

    Args:
        spec: what its files should be.
        workshop: store and network.
        force: fetch files again that are right.

    Raises:
        ModelTasksError: a file could not be had; the others, and what there was before, stay.
        Cancelled: a stop was asked for; what was fetched is kept for the next time.
    """
    started = monotonic()
    store = workshop.store
    with store.lock(spec.name, workshop.cancel):
        # Whoever held the lock before may have done the work.
        due = [file for file in spec.files if force or store.why_file_stale(spec, file) is not None]
        outcomes = _each_file(spec, due, workshop, force=force)
        store.stamp(spec)
    return ModelResult(
        name=spec.name,
        status=_status(outcomes),
        path=str(workshop.store.opened(spec)),
        bytes_fetched=sum(outcome.bytes_fetched for outcome in outcomes),
        source=next((outcome.source for outcome in outcomes if outcome.source), None),
        seconds=monotonic() - started,
    )


def _status(outcomes: Iterable[_FileOutcome]) -> Status:
    """The model's status is that of the file that took most."""
    found = {outcome.status for outcome in outcomes}
    order: tuple[Status, ...] = ("fetched", "linked", "kept")
    return next((status for status in order if status in found), "current")


def _each_file(
    spec: ModelSpec, files: list[ModelFile], workshop: Workshop, *, force: bool
) -> list[_FileOutcome]:
    """All files are tried, also when one fails: what can be had now need not be had later."""
    if len(files) < 2:
        return [_file(spec, file, workshop, force=force) for file in files]
    largest_first = sorted(files, key=lambda file: file.size or 0, reverse=True)
    with ThreadPoolExecutor(min(len(files), workshop.network.connections)) as pool:
        futures = [pool.submit(_file, spec, file, workshop, force=force) for file in largest_first]
    errors = [error for future in futures if (error := future.exception()) is not None]
    if errors:
        raise next((error for error in errors if isinstance(error, Cancelled)), errors[0])
    return [future.result() for future in futures]


def _file(spec: ModelSpec, file: ModelFile, workshop: Workshop, *, force: bool) -> _FileOutcome:
    workshop.cancel.check()
    store = workshop.store
    if not force:
        if store.keep(spec, file, workshop.cancel):
            return _FileOutcome("kept")
        origin = store.link_equal(spec, file, workshop.cancel)
        if origin is not None:
            _check_format(spec, file, store.path(spec, file))
            return _FileOutcome("linked", source=origin)
    return _fetch(spec, file, workshop)


def _fetch(spec: ModelSpec, file: ModelFile, workshop: Workshop) -> _FileOutcome:
    from modeltasks.transfer import Wanted

    label = spec.name if len(spec.files) == 1 else f"{spec.name}/{file.path}"
    workshop.store.prepare_partials()
    wanted = Wanted(label, file.checksum, file.size)
    fetched = workshop.transfer.fetch(wanted, mirrors_of(spec, file, workshop.shelf))
    _check_format(spec, file, fetched.path)
    workshop.store.publish(fetched.path, spec, file, fetched.source)
    return _FileOutcome("fetched", fetched.bytes_fetched, fetched.source)


def _check_format(spec: ModelSpec, file: ModelFile, path: Path) -> None:
    """Remove a file that would run code when it is opened, unless the config trusts it."""
    if spec.allow_pickle:
        return
    from modeltasks.formats import refuse_pickle

    try:
        refuse_pickle(path, f"{spec.name}/{file.path}")
    except UnsafeFormat:
        path.unlink()
        raise
