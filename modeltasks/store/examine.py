"""Reading files that are in the store already, to learn whether they have the right content.

Receipts may be lost, damaged or outdated by a restart, a copy, a restore or a `touch`. That is doubt, not
a missing model: doubtful files are hashed once, and what is found is noted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from modeltasks.checksum import Hashed, HashJob, hash_now
from modeltasks.errors import LocalError, LockTimeout
from modeltasks.report.os_errors import explained
from modeltasks.report.progress import FileProgress, Progress
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.freshness import RACY_NS, Evidence, status_of
from modeltasks.store.layout import Layout
from modeltasks.store.platform import wait_for_disk
from modeltasks.store.publish import put_back_mtime
from modeltasks.store.receipts import Receipts
from modeltasks.store.store import Store
from modeltasks.support.cancel import CancelToken
from modeltasks.support.identity import stat_identity

_TRIES = 2


@dataclass(frozen=True, slots=True)
class Examined:
    """What is known of a model's files when no doubt is left.

    Args:
        right: what proves that a file is what it should be, by its path.
        wrong: why a file is not, by its path; nothing of a model that can be used.
        doubted: receipts alone did not tell.
    """

    right: Mapping[str, Evidence] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    doubted: bool = False


def examine(store: Store, spec: ModelSpec, cancel: CancelToken, progress: Progress) -> Examined:
    """Return which files of a model are right; those in doubt are hashed, and the right ones noted.

    The note is the model's receipt; in a store that cannot be written (a read-only mount, another user's)
    it is this user's own.

    Raises:
        UnsafeFormat: a file would run code when it is opened, and the entry does not allow that.
        PermissionRefused, LocalError: a file cannot be read.
        LockTimeout: another process works on the model.
        Cancelled: `cancel` was set meanwhile.
    """
    known = store.evidence(spec)
    if isinstance(known, dict):
        return Examined(known)
    there = [file for file in spec.files if status_of(store.path(spec, file)) is not None]
    if not there:
        return Examined(wrong={file.path: "missing" for file in spec.files}, doubted=True)
    with ExitStack() as held:
        try:
            held.enter_context(store.locks.model_lock(spec.name, cancel))
        except LockTimeout:
            raise
        except LocalError:
            return _examine(store, store.own_receipts, spec, cancel, progress)
        return _examine(store, store.receipts, spec, cancel, progress)


def _examine(
    store: Store, receipts: Receipts, spec: ModelSpec, cancel: CancelToken, progress: Progress
) -> Examined:
    right: dict[str, Evidence] = {}
    wrong: dict[str, str] = {}
    for file in spec.files:
        found = store.file_evidence(spec, file)
        if isinstance(found, str):
            with closing(HashBar(progress, spec, file, store.path(spec, file))) as bar:
                found = _hash(store, spec, file, cancel, bar.advance)
        if isinstance(found, Evidence):
            right[file.path] = found
        else:
            wrong[file.path] = found
    if not spec.allow_pickle:
        from modeltasks.store.pickles import refuse_pickle  # 7 ms, for doubtful files only

        for path in right:
            refuse_pickle(store.layout.file(spec.name, path), f"{spec.name}/{path}")
    try:
        receipts.stamp(spec, right)
    except LocalError:
        # A full disk, or a folder of receipts that is not ours.
        store.own_receipts.stamp(spec, right)
    return Examined(right, wrong, doubted=True)


def _hash(
    store: Store, spec: ModelSpec, file: ModelFile, cancel: CancelToken, on_bytes: Callable[[int], None]
) -> Evidence | str:
    """Hash a file; return what proves that it is right, or why it is not."""
    path = store.path(spec, file)
    known = store.receipts.record(spec.name, file.path)
    if known and _is_other(known.checksum, file.checksum) and store.receipts.is_current(known):
        return "checksum differs"
    with explained(path):
        if status_of(path) is None:
            return "missing"
        hashed = _hash_at_rest(store.layout, HashJob(path, file.checksum.algorithm, on_bytes), cancel)
        if hashed is None:
            return "another program is writing to it"
        if hashed.hexdigest != file.checksum.hexdigest:
            return f"wrong content: its checksum is {file.checksum.algorithm}:{hashed.hexdigest}"
        wait_for_disk(path)
    return evidence_of(store, spec, file, hashed)


def _hash_at_rest(layout: Layout, job: HashJob, cancel: CancelToken) -> Hashed | None:
    """Hash a file, once more if it is written to meanwhile; None if it is written to again."""
    for _ in range(_TRIES):
        make_settled(layout, job.path)
        hashed = hash_now(job, cancel)
        if stat_identity(job.path.stat()) == stat_identity(hashed.stat):
            return hashed
    return None


def _is_other(recorded: str, wanted: Checksum) -> bool:
    return recorded != str(wanted) and recorded.startswith(f"{wanted.algorithm}:")


def make_settled(layout: Layout, path: Path) -> None:
    """Put the mtime of a file back that changed a moment ago, so that its coming hash proves something.

    Before hashing, never after: a write meanwhile must show. Not when the file has other names, or lies
    behind a link, for then it may be somebody else's too. Where it cannot be done, the file is hashed once
    more at its next use.
    """
    status = status_of(path)
    if status is None or status.st_nlink > 1 or status.st_mtime_ns <= time.time_ns() - RACY_NS:
        return
    if layout.is_inside(path):
        with suppress(OSError):
            put_back_mtime(path)


def evidence_of(store: Store, spec: ModelSpec, file: ModelFile, hashed: Hashed) -> Evidence:
    """Return what a right hash proves; where the bytes came from stays as it was on record."""
    known = store.receipts.record(spec.name, file.path)
    source = known.evidence.source if known and known.checksum == str(file.checksum) else "found in place"
    stat = stat_identity(hashed.stat, store.layout.platform.has_ctime)
    return Evidence(stat, hashed.started_ns, source)


class HashBar:
    """The progress of a file that is hashed; it is shown from its first bytes on."""

    def __init__(self, progress: Progress, spec: ModelSpec, file: ModelFile, path: Path) -> None:
        self._progress = progress
        self._label = spec.label(file)
        self._path = path
        self._shown: FileProgress | None = None
        self._closed = False

    def advance(self, count: float) -> None:
        """Note that `count` more bytes are hashed."""
        if self._shown is None:
            self._shown = self._progress.begin(self._label, self._path.stat().st_size)
        self._shown.advance(count)

    def close(self) -> None:
        """Stop showing it; harmless where that was never begun, or is over."""
        if self._shown is not None and not self._closed:
            self._closed = True
            self._shown.close()
