"""Quota for what a run brings: on the disk, and below `max_size`, for which the longest unused goes."""

from __future__ import annotations

import logging
import os
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
from modeltasks.store.links import huggingface_blobs, huggingface_cache
from modeltasks.store.prune import plan_evictions, prune
from modeltasks.store.store import Store
from modeltasks.store.usage import take_inventory, total, touch_used
from modeltasks.support.cancel import CancelToken
from modeltasks.support.filesystem import free_bytes

logger = logging.getLogger(__name__)
_PATIENCE = 1.0
"""Seconds to wait for a model that another process holds. Longer would let two processes, each of which
holds what the other wants to remove, wait for each other."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A file that is to come.

    Args:
        bytes: how many of its bytes are not here yet.
        size: how many it has.
    """

    bytes: int
    size: int


@dataclass(frozen=True, slots=True)
class Need:
    """What a model has yet to bring.

    Args:
        name: the model's.
        files: those to come, by checksum.
        optional: the run can do without it.
    """

    name: str
    files: Mapping[Checksum, Coming]
    optional: bool = False

    def exceeds(self, planned: Need | None) -> bool:
        """Whether more is to come than was planned for."""
        known = planned.files if planned else {}
        return any(key not in known or known[key].bytes < file.bytes for key, file in self.files.items())

    def without(self, checksums: Iterable[Checksum]) -> Need:
        """Return the need when these files are had from somewhere on the same disk."""
        gone = set(checksums)
        left = {key: file for key, file in self.files.items() if key not in gone}
        return Need(self.name, left, self.optional)


def room_for(needs: Iterable[Need]) -> int:
    """Return how many bytes must be free for these models to come.

    All that is not here yet, equal files once; and the largest of the files once more. A file is renamed
    into place, which takes no room, but where a model's folder is on another disk it is copied there.
    """
    files = {key: file for need in needs for key, file in need.files.items() if file.bytes}
    return sum(file.bytes for file in files.values()) + max((file.size for file in files.values()), default=0)


def not_fitting(needs: Sequence[Need], free: int | None) -> dict[str, int]:
    """Return the models for which there is no room, each with the bytes that would have to be free.

    The required ones come together or not at all: with some of them nothing can be done. Optional ones
    come as far as there is room beside those. What brings nothing is never refused.

    Args:
        needs: of all models of the run.
        free: bytes on the disk; None when nobody knows.
    """
    if free is None:
        return {}
    coming = [need for need in needs if room_for([need])]
    required = [need for need in coming if not need.optional]
    if room_for(required) > free:
        return {need.name: room_for(required) for need in coming}
    taken, refused = required, {}
    for need in coming:
        if need.optional:
            needed = room_for([*taken, need])
            if needed > free:
                refused[need.name] = needed
            else:
                taken = [*taken, need]
    return refused


class Quota:
    """Makes room in a store for what one run brings.

    Args:
        store: where the models are.
        cancel: stops it.
        max_size: bytes that all models together may have; None: as many as they like.
        protected: names of models that stay, whatever happens.
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
        """Plan for these models of a run, each with whether it comes in any case.

        The first call counts.
        """
        with self._guard:
            if self._expected is None:
                self._expected = tuple(models())

    def protect(self, names: Iterable[str]) -> None:
        """Let these models stay too."""
        with self._guard:
            self._protected.update(names)

    @contextmanager
    def reserved(self, spec: ModelSpec, *, force: bool = False) -> Iterator[tuple[Notice, ...]]:
        """Hold room for the files of a model during the block, in which they come.

        Gives what the user should know: which models went for it, or that `max_size` is exceeded all the
        same. A size that nobody knows takes no room.

        Args:
            spec: the model, with its files.
            force: they come even if they are there.

        Raises:
            DiskFull: this model and those still expected do not fit on the disk.
        """
        visit = object()
        notices: tuple[Notice, ...] = ()
        with self._guard:
            self._protected.add(spec.name)
            self._check_disk(spec, force)
            self._started[visit] = spec, force
            if self._max_size is not None:
                self._coming[visit] = self._growth(spec)
                notices = self._make_room(self._max_size) if self._coming[visit] else ()
        try:
            yield notices
            if self._max_size is not None:
                # Else what came today would be the first to go tomorrow.
                touch_used(self._store.layout, [spec.name])
        finally:
            with self._guard:
                self._coming.pop(visit, None)
                del self._started[visit]

    def _check_disk(self, spec: ModelSpec, force: bool) -> None:
        """Raise DiskFull for a model that has no room; decided for all expected ones when the first comes."""
        from modeltasks.transfer.partial import held_by_name

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
        refused = not_fitting(needs, free)
        if refused:
            # Only now is it worth looking what could go, and what is on this disk already.
            here = self._here({key: file for need in needs for key, file in need.files.items()})
            needs = [need.without(here) for need in needs]
            free = (free or 0) + self._evictable(needs)
            refused = not_fitting(needs, free)
        for name, needed in refused.items():
            self._refused[name] = no_room(self._store.root, needed, free)
            if self._waiting is not None:
                self._waiting.pop(name, None)

    def _need(self, spec: ModelSpec, force: bool, partials: Mapping[str, int]) -> Need:
        from modeltasks.transfer.partial import partial_name

        files = {}
        for file in spec.files:
            if force or not self._seems_there(spec, file):
                size = file.size or 0
                there = partials.get(partial_name(file.checksum), 0)
                files[file.checksum] = Coming(max(0, size - there), size)
        return Need(spec.name, files, spec.optional)

    def _seems_there(self, spec: ModelSpec, file: ModelFile) -> bool:
        """Whether a file may well be right: what is in doubt is hashed first, and most often kept."""
        status = status_of(self._store.path(spec, file))
        if status is None or file.size not in (None, status.st_size):
            return False
        record = self._store.receipts.record(spec.name, file.path)
        is_other = record is not None and record.checksum != str(file.checksum)
        return record is None or not (is_other and self._store.receipts.is_current(record))

    def _here(self, files: Mapping[Checksum, Coming]) -> set[Checksum]:
        """Return which of these other models, or the Hugging Face client, have on this disk."""
        receipts = self._store.receipts
        hub = huggingface_cache(os.environ, Path.home())
        found = set()
        for checksum, coming in files.items():
            file = ModelFile("file", checksum, coming.size or None)
            blobs = huggingface_blobs(hub, file)
            stored = any(receipts.is_current(record) for record in receipts.with_checksum(checksum))
            if stored or any(_same_disk(blob, self._store.root) for blob in blobs):
                found.add(checksum)
        return found

    def _evictable(self, needs: Iterable[Need]) -> int:
        """Return the bytes that come free when the store is brought below `max_size` for these models."""
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
        """Bytes that the model will have more than now: those of its files that are not there yet."""
        growth = 0
        for file in spec.files:
            path = self._store.path(spec, file)
            there = path.stat().st_size if path.is_file() else 0
            growth += max(0, (file.size or 0) - there)
        return growth

    def _make_room(self, max_size: int) -> tuple[Notice, ...]:
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


def _same_disk(one: Path, other: Path) -> bool:
    while not other.exists() and other != other.parent:
        other = other.parent
    try:
        return one.stat().st_dev == other.stat().st_dev
    except OSError:
        return False
