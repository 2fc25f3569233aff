"""Space for what a run fetches: what is free on the disk, and `max_size`, for which unused models go."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from modeltasks.errors import DiskFull, LockTimeout, ModelTasksError
from modeltasks.report.display import size_text
from modeltasks.report.notice import Notice
from modeltasks.report.os_errors import no_room
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.freshness import status_of
from modeltasks.store.links import huggingface_blobs
from modeltasks.store.prune import plan_evictions, prune
from modeltasks.store.store import Store
from modeltasks.store.usage import take_inventory, total, touch_used
from modeltasks.support.cancel import CancelToken
from modeltasks.support.filesystem import free_bytes
from modeltasks.transfer.partial import held_by_name, partial_name

logger = logging.getLogger(__name__)
_PATIENCE = 1.0
"""Seconds to wait for a model that another process holds. Longer would let two processes, each of which
holds what the other wants to remove, wait for each other."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is to be fetched.

    Args:
        bytes: how many of its bytes are still missing.
        size: how many it has.
        parts: bytes of its parts that are missing: they lie beside it until it is whole; None: it has none.
    """

    bytes: int
    size: int
    parts: int | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What is to be fetched for a model.

    Args:
        name: the model's.
        files: by checksum.
        optional: the run can do without it.
    """

    name: str
    files: Mapping[Checksum, Download]
    optional: bool = False

    def exceeds(self, planned: Need | None) -> bool:
        """Whether more is to be fetched than was planned."""
        known = planned.files if planned else {}
        return any(key not in known or known[key].bytes < file.bytes for key, file in self.files.items())

    def without(self, checksums: Iterable[Checksum]) -> Need:
        """Return what is left when these files are found on the same disk."""
        gone = set(checksums)
        left = {key: file for key, file in self.files.items() if key not in gone}
        return Need(self.name, left, self.optional)


def bytes_needed(needs: Iterable[Need]) -> int:
    """Return how many bytes must be free for these models to be fetched.

    All bytes that are missing, equal files once; and the largest file once more. A file is renamed into
    place, which needs no space, but where a model's folder is on another disk it is copied there. Of files
    that may have to be joined, the parts that are missing too.
    """
    files = {key: file for need in needs for key, file in need.files.items() if file.bytes}
    once_more = max((file.size for file in files.values() if file.parts is None), default=0)
    parts = sum(file.parts or 0 for file in files.values())
    return sum(file.bytes for file in files.values()) + max(once_more, parts)


def refusals(needs: Sequence[Need], free: int | None) -> dict[str, int]:
    """Return the models that do not fit, each with the bytes that would have to be free.

    The required ones are fetched together or not at all: some of them are of no use. Optional ones are
    fetched as far as there is space beside those. A model that needs no bytes is never refused.

    Args:
        needs: of all models of the run.
        free: bytes on the disk; None: unknown.
    """
    if free is None:
        return {}
    coming = [need for need in needs if bytes_needed([need])]
    required = [need for need in coming if not need.optional]
    if bytes_needed(required) > free:
        return {need.name: bytes_needed(required) for need in coming}
    taken, refused = required, {}
    for need in coming:
        if need.optional:
            needed = bytes_needed([*taken, need])
            if needed > free:
                refused[need.name] = needed
            else:
                taken = [*taken, need]
    return refused


class Quota:
    """Reserves space in a store for what one run fetches.

    Args:
        store: where the models are.
        cancel: stops it.
        max_size: bytes that all models together may have; None: no limit.
        protected: names of models that are never removed.
    """

    def __init__(
        self, store: Store, cancel: CancelToken, max_size: int | None, protected: Collection[str]
    ) -> None:
        self._store = store
        self._cancel = cancel
        self._max_size = max_size
        self._protected = set(protected)
        self._guard = threading.Lock()
        self._coming: dict[object, int] = {}
        self._expected: tuple[tuple[ModelSpec, bool], ...] | None = None
        self._waiting: dict[str, Need] | None = None
        self._started: dict[object, tuple[ModelSpec, bool]] = {}
        self._refused: dict[str, DiskFull] = {}

    def expect(self, models: Callable[[], Iterable[tuple[ModelSpec, bool]]]) -> None:
        """Plan for these models of a run, each with whether it is fetched even if it is there.

        Only the first call counts.
        """
        with self._guard:
            if self._expected is None:
                self._expected = tuple(models())

    def protect(self, names: Iterable[str]) -> None:
        """Never remove these models either."""
        with self._guard:
            self._protected.update(names)

    @contextmanager
    def reserved(self, spec: ModelSpec, *, force: bool = False) -> Iterator[tuple[Notice, ...]]:
        """Reserve space for the files of a model during the block, which fetches them.

        Yields what the user should know: which models were removed, or that `max_size` is exceeded all the
        same. A file of unknown size counts as empty.

        Args:
            spec: the model, with its files.
            force: they are fetched even if they are there.

        Raises:
            DiskFull: this model and those still expected do not fit on the disk.
        """
        reservation = object()
        notices: tuple[Notice, ...] = ()
        try:
            with self._guard:
                self._protected.add(spec.name)
                self._check_free_space(spec, force)
                self._started[reservation] = spec, force
                if self._max_size is not None:
                    self._coming[reservation] = self._growth(spec)
                    notices = self._evict(self._max_size) if self._coming[reservation] else ()
            yield notices
            if self._max_size is not None:
                # Else what was fetched today would be removed first tomorrow.
                touch_used(self._store.layout, [spec.name])
        finally:
            with self._guard:
                self._coming.pop(reservation, None)
                self._started.pop(reservation, None)

    def _check_free_space(self, spec: ModelSpec, force: bool) -> None:
        """Raise DiskFull for a model that does not fit; the first call decides for all expected ones."""
        partials = held_by_name(self._store.layout.partials)
        first = self._waiting is None
        if self._waiting is None:
            self._waiting = {
                each.name: self._need(each, forced, partials) for each, forced in self._expected or ()
            }
        planned = self._waiting.pop(spec.name, None)
        need = self._need(spec, force, partials)
        if spec.name not in self._refused and (first or need.exceeds(planned)):
            started = (self._need(each, forced, partials) for each, forced in self._started.values())
            self._plan([need, *self._waiting.values(), *started])
        if spec.name in self._refused:
            raise self._refused[spec.name]

    def _plan(self, needs: list[Need]) -> None:
        free = free_bytes(self._store.root)
        refused = refusals(needs, free)
        if refused:
            # Only now is it worth finding out what could be removed, and what is on this disk already.
            found = self._on_this_disk({key: file for need in needs for key, file in need.files.items()})
            needs = [need.without(found) for need in needs]
            free = (free or 0) + self._evictable(needs)
            refused = refusals(needs, free)
        for name, needed in refused.items():
            self._refused[name] = no_room(self._store.root, needed, free)
            if self._waiting is not None:
                self._waiting.pop(name, None)

    def _need(self, spec: ModelSpec, force: bool, partials: Mapping[str, int]) -> Need:
        files = {}
        for file in spec.files:
            if force or not self._seems_right(spec, file):
                size = file.size or 0
                there = partials.get(partial_name(file.checksum), 0)
                files[file.checksum] = Download(max(0, size - there), size, _missing_of_parts(file, partials))
        return Need(spec.name, files, spec.optional)

    def _seems_right(self, spec: ModelSpec, file: ModelFile) -> bool:
        """Whether a file may be right: one in doubt is hashed before it is fetched, and most often kept."""
        status = status_of(self._store.path(spec, file))
        if status is None or file.size not in (None, status.st_size):
            return False
        record = self._store.receipts.record(spec.name, file.path)
        is_other = record is not None and record.checksum != str(file.checksum)
        return record is None or not (is_other and self._store.receipts.is_current(record))

    def _on_this_disk(self, files: Mapping[Checksum, Download]) -> set[Checksum]:
        """Return which of these other models, or the Hugging Face client, have on this disk."""
        receipts = self._store.receipts
        found = set()
        for checksum, download in files.items():
            file = ModelFile("file", checksum, download.size or None)
            blobs = huggingface_blobs(file)
            stored = any(receipts.is_current(record) for record in receipts.with_checksum(checksum))
            if stored or any(_same_disk(blob, self._store.root) for blob in blobs):
                found.add(checksum)
        return found

    def _evictable(self, needs: Iterable[Need]) -> int:
        """Return how many bytes will be freed to keep the store below `max_size` with these models."""
        if self._max_size is None:
            return 0
        coming = sum(file.bytes for need in needs for file in need.files.values())
        protected = self._protected | {need.name for need in needs}
        try:
            items = plan_evictions(take_inventory(self._store), self._max_size - coming, protected)
        except ModelTasksError:
            return 0
        return sum(item.frees for item in items)

    def _growth(self, spec: ModelSpec) -> int:
        """Return by how many bytes the model will grow."""
        growth = 0
        for file in spec.files:
            path = self._store.path(spec, file)
            there = path.stat().st_size if path.is_file() else 0
            growth += max(0, (file.size or 0) - there)
        return growth

    def _evict(self, max_size: int) -> tuple[Notice, ...]:
        coming = sum(self._coming.values())
        try:
            inventory = take_inventory(self._store)
        except ModelTasksError as error:
            return (Notice("over-size", f"it is not known whether the models fit in max_size: {error}"),)
        size = total(file for model in inventory.models for file in model.files) + coming
        notices = []
        for item in plan_evictions(inventory, max_size - coming, self._protected):
            try:
                prune(self._store, [item], self._cancel, timeout=_PATIENCE)
            except LockTimeout as error:
                logger.debug("%s stays: %s", item.name, error)
                continue
            except ModelTasksError as error:
                notices.append(Notice("over-size", f"{item.name} could not be removed: {error}"))
                continue
            size -= item.frees
            why = f"{item.name} was removed to stay below max_size ({size_text(max_size)}): it was"
            notices.append(Notice("evicted", f"{why} unused for longest, and is not needed"))
        if size > max_size:
            limits = f"{size_text(size)}, more than max_size ({size_text(max_size)})"
            notices.append(Notice("over-size", f"the models take {limits}, and none of them can go"))
        return tuple(notices)


def _missing_of_parts(file: ModelFile, partials: Mapping[str, int]) -> int | None:
    if not file.parts:
        return None
    return sum(max(0, each.size - partials.get(partial_name(each.checksum), 0)) for each in file.parts)


def _same_disk(one: Path, other: Path) -> bool:
    while not other.exists() and other != other.parent:
        other = other.parent
    try:
        return one.stat().st_dev == other.stat().st_dev
    except OSError:
        return False
