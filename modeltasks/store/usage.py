"""What is in a store: sizes, last use, and which files are ours."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from modeltasks.errors import LocalError
from modeltasks.report.os_errors import explained
from modeltasks.store.layout import Layout
from modeltasks.store.store import Store
from modeltasks.support.filesystem import open_own, set_times


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on disk.

    Args:
        path: where.
        bytes: its length.
        inode: equal for names of the same bytes.
        links: how many names the bytes have, here and elsewhere.
        modified: seconds since 1970.
    """

    path: Path
    bytes: int
    inode: tuple[int, int]
    links: int
    modified: float


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A folder of the store.

    Args:
        name: of the folder.
        files: all that lie in it.
        recorded: those of them that we put or verified there, by path in the model.
        last_used: seconds since 1970; None when it never was.
    """

    name: str
    files: tuple[StoredFile, ...]
    recorded: dict[str, StoredFile]
    last_used: float | None

    @property
    def bytes(self) -> int:
        """Bytes of its files; what it shares with other models counts in each."""
        return total(self.files)


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that is in a store.

    Args:
        models: its folders of models.
        others: all other files of ours, by the name of their folder: `partials`, `staging`, `quarantine`,
            `registry`, `blocks`.
        checksums: of all that is on record.
    """

    models: tuple[StoredModel, ...]
    others: Mapping[str, tuple[StoredFile, ...]]
    checksums: frozenset[str] = frozenset()

    @property
    def bytes(self) -> int:
        """Bytes on disk in all; shared ones count once."""
        kinds = [*(model.files for model in self.models), *self.others.values()]
        return total(file for files in kinds for file in files)


@dataclass(frozen=True, slots=True)
class Extra:
    """A folder that another program keeps beside the models, and how much of it may stay.

    Args:
        name: what is in it, for the user.
        path: where it is, there or not.
        max_age: seconds after which a file that nobody used goes.
        max_size: bytes that it may have; what was unused for longest goes first.
    """

    name: str
    path: Path
    max_age: float
    max_size: int


def files_of(extra: Extra) -> tuple[StoredFile, ...]:
    """Return the files of a folder; a link in its place leads to what is not ours.

    Raises:
        PermissionRefused, LocalError: it cannot be read.
    """
    with explained(extra.path):
        return () if extra.path.is_symlink() else tuple(_walk(extra.path))


def total(files: Iterable[StoredFile]) -> int:
    """Return the bytes of files, those of several names once."""
    return sum({file.inode: file.bytes for file in files}.values())


def take_inventory(store: Store) -> Inventory:
    """Look at everything in a store; a store that is not there is empty.

    Raises:
        PermissionRefused, LocalError: a folder cannot be read.
    """
    layout = store.layout
    models = []
    checksums: set[str] = set()
    with explained(layout.root):
        for folder in _folders(layout.root):
            files = tuple(_walk(folder))
            by_path = {file.path.relative_to(folder).as_posix(): file for file in files}
            receipt = store.receipts.load(folder.name)
            known = receipt.files if receipt else {}
            recorded = {path: by_path[path] for path in known if path in by_path}
            checksums |= {record.checksum for record in known.values()}
            models.append(StoredModel(folder.name, files, recorded, last_used(layout, folder.name)))
        kept = (layout.partials, layout.staging, layout.quarantine, layout.registry, layout.blocks)
        others = {folder.name: tuple(_walk(folder)) if layout.is_inside(folder) else () for folder in kept}
    return Inventory(tuple(models), others, frozenset(checksums))


def touch_used(layout: Layout, models: Iterable[str]) -> None:
    """Note that models are used now. A store that may not be written goes without. Never raises."""
    for model in models:
        stamp = layout.used / model
        with suppress(OSError, LocalError):
            before = last_used(layout, model)
            if before is not None:
                set_times(stamp)
            if before is None or last_used(layout, model) == before:
                # A file system that sets no times gives a new file the present one.
                layout.prepare(layout.used)
                stamp.unlink(missing_ok=True)
                open_own(stamp, "xb").close()


def last_used(layout: Layout, model: str) -> float | None:
    """Return when a model was last used, in seconds since 1970, or None."""
    try:
        return (layout.used / model).lstat().st_mtime
    except OSError:
        return None


def _folders(root: Path) -> list[Path]:
    try:
        # No model's name begins with a dot: those folders are ours, or the application's.
        return sorted(path for path in root.iterdir() if not path.name.startswith(".") and path.is_dir())
    except FileNotFoundError:
        return []


def _walk(folder: Path) -> Iterator[StoredFile]:
    # Links are not followed inside a folder: what they lead to is not ours.
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            try:
                status = path.lstat()
            except FileNotFoundError:
                continue
            yield StoredFile(
                path, status.st_size, (status.st_dev, status.st_ino), status.st_nlink, status.st_mtime
            )
