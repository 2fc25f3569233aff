"""Keeping the store below `max_size`: what was unused for longest goes before something new comes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from modeltasks.cancel import CancelToken
from modeltasks.errors import LockTimeout, ModelTasksError
from modeltasks.notice import Notice
from modeltasks.spec import ModelSpec
from modeltasks.store import Store

logger = logging.getLogger(__name__)
_PATIENCE = 1.0
"""Seconds to wait for a model that another process holds. Longer would let two processes, each of which
holds what the other wants to remove, wait for each other."""


class Room:
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

    def protect(self, names: Iterable[str]) -> None:
        """Let these models stay too."""
        with self._guard:
            self._protected.update(names)

    @contextmanager
    def reserved(self, spec: ModelSpec) -> Iterator[tuple[Notice, ...]]:
        """Hold room for the files of a model during the block, in which they come.

        Gives what the user should know: which models went for it, or that it is too much all the same.
        Nothing of this is a failure, and a size that nobody knows takes no room.
        """
        if self._max_size is None:
            yield ()
            return
        visit = object()
        with self._guard:
            self._protected.add(spec.name)
            self._coming[visit] = self._growth(spec)
            notices = self._make_room(self._max_size) if self._coming[visit] else ()
        try:
            yield notices
            # Else what came today would be the first to go tomorrow.
            self._store.touch_used([spec.name])
        finally:
            with self._guard:
                del self._coming[visit]

    def _growth(self, spec: ModelSpec) -> int:
        """Bytes that the model will have more than now: those of its files that are not there yet."""
        growth = 0
        for file in spec.files:
            path = self._store.path(spec, file)
            there = path.stat().st_size if path.is_file() else 0
            growth += max(0, (file.size or 0) - there)
        return growth

    def _make_room(self, max_size: int) -> tuple[Notice, ...]:
        from modeltasks.display import size_text
        from modeltasks.store.prune import plan_evictions
        from modeltasks.store.usage import total

        coming = sum(self._coming.values())
        try:
            inventory = self._store.usage()
        except ModelTasksError as error:
            return (Notice("over-size", f"it is not known whether the models fit in max_size: {error}"),)
        size = total(file for model in inventory.models for file in model.files) + coming
        notices = []
        for item in plan_evictions(inventory, max_size - coming, self._protected):
            try:
                self._store.prune([item], self._cancel, timeout=_PATIENCE)
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
