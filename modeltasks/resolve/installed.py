"""What a model that the config leaves open meant when it was installed: its commit and files.

The newest record of the registry may know more: a branch that has moved since. What is on disk stays
usable until its successor is there, so it is this note that says what should be on disk.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from modeltasks.registry.metadata import Malformed
from modeltasks.resolve.lockfile import LockEntry
from modeltasks.support.files import write_whole

logger = logging.getLogger(__name__)


class Installed:
    """Notes in a folder, one small file a model.

    One that cannot be read counts as absent, and one that cannot be written costs a request later.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, name: str) -> LockEntry | None:
        """Return what is noted of a model."""
        try:
            return LockEntry.from_dict(json.loads(self._path(name).read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError, Malformed) as error:
            logger.debug("the note of %s cannot be used: %r", name, error)
            return None

    def write(self, name: str, entry: LockEntry) -> None:
        """Note that the files of `entry` are in place for a model."""
        path = self._path(name)
        try:
            write_whole(path, json.dumps(entry.as_dict(), indent=1))
        except OSError as error:
            logger.debug("the note of %s cannot be kept: %s", name, error)

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.json"
