"""Noting that all models are in place, for the next run to see at a glance."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from modeltasks.store.snapshot import write_snapshot
from video_censor_personal.cli.fast_path import read_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modeltasks.provision.readiness import Readiness
    from video_censor_personal.model_manager import ModelManager


class Note:
    """What the config at `path` said when the run began; make it before the config is read."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._texts: list[str] | None = None
        # Whoever reads the config next says what is wrong with it.
        with suppress(OSError, UnicodeDecodeError):
            self._texts = read_texts(path)

    def write(self, manager: ModelManager, readiness: Iterable[Readiness]) -> None:
        """Note where the models are if all are in place, and will be as long as nothing is edited.

        Args:
            manager: the models' manager.
            readiness: how every required model stands.
        """
        ready = tuple(readiness)
        if self._texts is None or not manager.is_pinned():
            return
        if any(not each.ready or each.spec.name != each.name for each in ready):
            return
        store = manager.store
        models = []
        for spec in (each.spec for each in ready):
            files = []
            for file in spec.files:
                record = store.receipts.record(spec.name, file.path)
                if record is None:  # a store that this user cannot write has no receipt of his
                    return
                files.append((str(store.path(spec, file)), record.evidence.stat))
            models.append((spec.name, str(store.opened(spec)), files))
        warnings = [str(warning) for warning in manager.config.warnings]
        write_snapshot(str(store.root), self._path, self._texts, models, warnings)
