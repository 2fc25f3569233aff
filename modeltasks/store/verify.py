"""Hash every file again, whatever the receipts say: the only way to find rot that no stat shows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from modeltasks.checksum import Hashed, HashJob, hash_files
from modeltasks.errors import LocalError, ModelTasksError
from modeltasks.report.os_errors import explain, explained
from modeltasks.report.progress import Progress
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.examine import HashBar, evidence_of, make_settled
from modeltasks.store.freshness import status_of
from modeltasks.store.platform import wait_for_disk
from modeltasks.store.publish import quarantine
from modeltasks.store.store import Store
from modeltasks.support.cancel import CancelToken
from modeltasks.support.identity import same_but_names, stat_identity

State = Literal["ok", "missing", "mismatch", "changing", "unreadable"]


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying one file gave.

    Args:
        model: its name.
        path: of the file in the model.
        state: `changing` when another process replaced it meanwhile.
        expected: the checksum of the config.
        actual: the one found, when it was read.
        seconds: spent hashing.
        quarantined: where a wrong file is now.
        error: why it could not be read or moved.
    """

    model: str
    path: str
    state: State
    expected: Checksum
    actual: Checksum | None = None
    seconds: float = 0.0
    quarantined: Path | None = None
    error: ModelTasksError | None = None


def verify_files(
    store: Store,
    specs: Iterable[ModelSpec],
    *,
    cancel: CancelToken,
    progress: Progress,
    older_than: float = 0.0,
) -> Iterator[Verification]:
    """Hash the files of models over all cores, the largest first, and yield each result as it comes.

    A right file is stamped; a wrong one is quarantined and its record dropped, so that the next fetch
    repairs it.

    Args:
        store: where they are.
        specs: the models.
        cancel: stops; what was found until then is kept.
        progress: hears of bytes, a bar a file.
        older_than: seconds; current files that were hashed since then are left out.

    Raises:
        Cancelled: `cancel` was set meanwhile.
    """
    due: list[tuple[ModelSpec, ModelFile]] = []
    for spec, file in ((each, file) for each in specs for file in each.files):
        path = store.path(spec, file)
        if status_of(path) is None:
            yield Verification(spec.name, file.path, "missing", file.checksum)
        elif older_than <= 0 or not _hashed_within(store, spec, file, older_than):
            make_settled(store.layout, path)
            due.append((spec, file))
    bars = [HashBar(progress, spec, file, store.path(spec, file)) for spec, file in due]
    jobs = [
        HashJob(store.path(spec, file), file.checksum.algorithm, bar.advance)
        for (spec, file), bar in zip(due, bars, strict=True)
    ]
    try:
        for index, result in hash_files(jobs, cancel=cancel):
            bars[index].close()
            yield _judge(store, *due[index], result, cancel)
    finally:
        for bar in bars:
            bar.close()


def _judge(
    store: Store, spec: ModelSpec, file: ModelFile, result: Hashed | OSError, cancel: CancelToken
) -> Verification:
    path = store.path(spec, file)
    verdict = partial(Verification, spec.name, file.path, expected=file.checksum)
    if isinstance(result, FileNotFoundError):
        return verdict("missing")
    if isinstance(result, OSError):
        return verdict("unreadable", error=explain(result, path))
    actual = Checksum(file.checksum.algorithm, result.hexdigest)
    verdict = partial(verdict, actual=actual, seconds=result.seconds)
    if actual == file.checksum:
        # Somebody else is at work on it, or the store is read-only: its receipt can stay as it is.
        with suppress(LocalError), store.locks.model_lock(spec.name, cancel, timeout=0):
            with explained(path):
                wait_for_disk(path)
            store.receipts.stamp(spec, {file.path: evidence_of(store, spec, file, result)})
        return verdict("ok")
    try:
        with store.locks.model_lock(spec.name, cancel):
            # Another name of the same bad bytes may just have been quarantined.
            status = status_of(path)
            if status is None or not same_but_names(stat_identity(status), stat_identity(result.stat)):
                return verdict("changing")
            return verdict("mismatch", quarantined=quarantine(store, spec, file, actual))
    except LocalError as error:
        return verdict("mismatch", error=error)


def _hashed_within(store: Store, spec: ModelSpec, file: ModelFile, seconds: float) -> bool:
    evidence = store.file_evidence(spec, file)
    return not isinstance(evidence, str) and evidence.hashed_ns > time.time_ns() - seconds * 1e9
