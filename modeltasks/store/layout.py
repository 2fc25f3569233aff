"""Where things are in a store. Only `prepare` touches the disk."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from modeltasks.errors import ConfigError
from modeltasks.report.os_errors import explained
from modeltasks.spec import ModelSpec
from modeltasks.store.platform import Platform
from modeltasks.store.snapshot import META

logger = logging.getLogger(__name__)

_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# Everything here can be fetched again. Backup programs may skip this folder.\n"
    "# See https://bford.info/cachedir/\n"
)


class Layout:
    """The paths of one store."""

    def __init__(self, root: Path, platform: Platform) -> None:
        # Absolute, since the long form of a path on Windows must be; not resolved, since that reads the disk.
        self.root = Path(platform.extended(os.path.abspath(root)))  # noqa: PTH100
        self.platform = platform
        self._links_removed = False
        self._lock = threading.Lock()
        self.meta = self.root / META
        self.receipts = self.meta / "receipts"
        self.partials = self.meta / "partials"
        self.staging = self.meta / "staging"
        self.quarantine = self.meta / "quarantine"
        self.locks = self.meta / "locks"
        self.used = self.meta / "used"
        self.registry = self.meta / "registry"
        self.installed = self.meta / "installed"
        self.blocks = self.meta / "blocks"

    def directory(self, model: str) -> Path:
        """Return the folder of a model."""
        return self.root / model

    def file(self, model: str, path: str) -> Path:
        """Return the place of a file of a model."""
        plain = self.root.joinpath(model, *path.split("/"))
        return plain if self.platform.longest_path is None else Path(self.platform.extended(str(plain)))

    def prepare(self, directory: Path) -> Path:
        """Make a folder of this store, and the store itself, and return it.

        A new store is tagged as a cache. A folder that held the user's own things is not: the tag
        would take them out of his backups.

        Raises:
            PermissionRefused, DiskFull, LocalError: it cannot be made.
        """
        with explained(directory):
            with self._lock:  # so that nobody writes before all are gone
                self._remove_links(directory)
            if not self.meta.is_dir():
                self.root.mkdir(parents=True, exist_ok=True)
                is_ours = not any(self.root.iterdir())
                self.meta.mkdir(exist_ok=True)
                tag = (self.root if is_ours else self.meta) / "CACHEDIR.TAG"
                tag.write_text(_TAG, encoding="utf-8")
            directory.mkdir(parents=True, exist_ok=True)
        return directory

    def _remove_links(self, directory: Path) -> None:
        """Remove links in place of the store's own folders: what they lead to is not ours to write."""
        folders = [self.meta]
        with suppress(OSError):
            # All of them, once: not everything that is written there is prepared here.
            folders += [] if self._links_removed or self.meta.is_symlink() else self.meta.iterdir()
            self._links_removed = True
        folders += [each for each in (directory, *directory.parents) if each.is_relative_to(self.meta)]
        for folder in sorted(folders):
            if folder.is_symlink():
                _remove_link(folder)

    def link_before(self, target: Path) -> Path | None:
        """Return the first folder on the way to a file of a model that is a link, None if there is none.

        The model's own folder may be one: people keep models on other disks that way.
        """
        found = None
        # Not by `relative_to`: on Windows a long path has another beginning than the root.
        for folder in target.parents[: len(target.parts) - len(self.root.parts) - 2]:
            found = folder if folder.is_symlink() else found
        return found

    def is_inside(self, path: Path) -> bool:
        """Whether a file of this store lies where its path says, with no link on the way. Never raises."""
        inside = path.parts[len(self.root.parts) :]
        return os.path.realpath(path) == os.path.join(os.path.realpath(self.root), *inside)  # noqa: PTH118

    def check(self, specs: Iterable[ModelSpec]) -> None:
        """Refuse models or files that would be one file on this system.

        Raises:
            ConfigError: two names differ by case or Unicode form only, or a file is also a folder.
        """
        models: dict[str, str] = {}
        for spec in specs:
            self._check_name(models, spec.name, "model")
            files: dict[str, str] = {}
            for file in spec.files:
                self._check_name(files, file.path, f"file of model {spec.name}")
            for file in spec.files:
                parts = file.path.split("/")
                for end in range(1, len(parts)):
                    folder = "/".join(parts[:end])
                    if self.platform.name_key(folder) in files:
                        raise ConfigError(
                            f"{folder!r} is both a file and a folder of model {spec.name}",
                            f"{file.path!r} would have to lie inside it",
                            "Rename one of the two in the config",
                        )

    def _check_name(self, taken: dict[str, str], name: str, kind: str) -> None:
        other = taken.setdefault(self.platform.name_key(name), name)
        if other != name:
            raise ConfigError(
                f"{other!r} and {name!r} are the same {kind} here",
                "this system does not tell names apart that differ by case or accents' encoding only",
                "Rename one of the two in the config",
            )


def _remove_link(folder: Path) -> None:
    try:
        goal = folder.readlink()
        folder.unlink()
    except OSError:
        if folder.is_symlink():
            raise
        return  # another program was faster; its own folder may be there already
    logger.warning("%s was a link to %s; the store has its own folder there now", folder, goal)
