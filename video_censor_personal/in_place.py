"""Noting that all models are in place, for the next run to see at a glance."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from modeltasks.snapshot import write_snapshot
from video_censor_personal.nothing_to_do import read_texts

if TYPE_CHECKING:
    from video_censor_personal.model_manager import ModelManager


class Note:
    """What the config at `path` said when the run began; make it before the config is read."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._texts: list[str] | None = None
        # Whoever reads the config next says what is wrong with it.
        with suppress(OSError, UnicodeDecodeError):
            self._texts = read_texts(path)

    def write(self, manager: ModelManager) -> None:
        """Note where the models are if all are in place, and will be as long as nothing is edited."""
        specs = [manager.in_use(spec.name) for spec in manager.config.required_models()]
        names = [spec.name for spec in manager.config.required_models()]
        if self._texts is None or names != [spec.name for spec in specs]:
            return
        if manager.stale() or not manager.is_pinned():
            return
        store = manager.store
        models = [
            (spec.name, str(store.opened(spec)), [str(store.path(spec, file)) for file in spec.files])
            for spec in specs
        ]
        write_snapshot(str(store.meta), self._path, self._texts, models)
