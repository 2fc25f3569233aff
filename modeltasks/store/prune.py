"""Removing what is not needed: planned from an inventory without touching anything, then done.

Only files on record are removed: a store may lie in a folder where the user keeps other things.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sized
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from modeltasks.report.os_errors import explained
from modeltasks.spec import ModelSpec
from modeltasks.store import blocks
from modeltasks.store.publish import shared_inode
from modeltasks.store.store import Store
from modeltasks.store.usage import Extra, Inventory, StoredFile, StoredModel, total
from modeltasks.support.cancel import CancelToken
from modeltasks.support.files import is_half_written

Kind = Literal["model", "superseded", "partial", "leftover", "quarantine", "unused"]

LEFTOVER_AGE = 24 * 3600.0
"""Seconds after which a file on its way into place belongs to a process that died."""

_GIVEN_UP = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class PruneItem:
    """Something that may be removed.

    Args:
        kind: a model; files that a model no longer has; a partial download; what a crash left; a bad file;
            what was unused for long in a folder beside the models.
        name: the model's, or the file's.
        why: for the user.
        files: what would be removed.
        frees: bytes that come free; those with names elsewhere do not.
    """

    kind: Kind
    name: str
    why: str
    files: tuple[StoredFile, ...]
    frees: int


def plan_prune(
    inventory: Inventory, referenced: Collection[ModelSpec], *, partial_age: float, now: float
) -> list[PruneItem]:
    """Return what nothing needs any more.

    Args:
        inventory: of the store.
        referenced: the models of the config.
        partial_age: seconds since its last byte after which a partial download counts as given up.
        now: seconds since 1970.
    """
    wanted = {spec.name: {file.path for file in spec.files} for spec in referenced}
    items = []
    for model in inventory.models:
        if model.name not in wanted:
            if model.recorded:
                items.append(_item("model", model.name, "not in the config", model.recorded.values()))
            continue
        old = [file for path, file in model.recorded.items() if path not in wanted[model.name]]
        if old:
            items.append(_item("superseded", model.name, "the config no longer names these files", old))
    for file in inventory.others["partials"]:
        if now - file.modified > partial_age:
            items.append(
                _item("partial", file.path.name, f"no byte for {_days(now - file.modified)}", [file])
            )
    for file in inventory.others["staging"]:
        if now - file.modified > LEFTOVER_AGE:
            items.append(_item("leftover", file.path.name, "left by a crash", [file]))
    known = {*inventory.checksums, *(str(file.checksum) for spec in referenced for file in spec.files)}
    used = {blocks.name_of(checksum) for checksum in known}
    for file in inventory.others["blocks"]:
        if file.path.name not in used:
            items.append(_item("leftover", file.path.name, "no model has these bytes", [file]))
    for file in inventory.others["quarantine"]:
        items.append(_item("quarantine", file.path.name, "wrong content", [file]))
    return items


def plan_extra(extra: Extra, files: Collection[StoredFile], *, now: float) -> list[PruneItem]:
    """Return what is too old in a folder beside the models, or too much there; the longest unused first.

    A half-written file, which has its writer in its name, stays until nobody worked on it for a week.

    Args:
        extra: the folder and its limits.
        files: what is in it; using a file sets its time.
        now: seconds since 1970.
    """
    by_use = sorted(files, key=lambda file: (file.modified, file.path))
    half = [file for file in by_use if is_half_written(file.path.name)]
    limits = {file: min(extra.max_age, _GIVEN_UP) for file in half}
    old = [file for file in by_use if now - file.modified > limits.get(file, extra.max_age)]
    gone = set(old)
    staying = [file for file in by_use if file not in gone]
    left = total(staying)
    much = []
    for file in staying:
        if left <= extra.max_size:
            break
        if file not in limits:
            much.append(file)
            left -= file.bytes
    items = []
    if old:
        why = f"{_count(old)} not used for {_days(now - old[-1].modified)}"
        items.append(_item("unused", extra.name, why, old))
    if much:
        why = f"{_count(much)} unused for longest, and there is more than {extra.max_size:,} bytes"
        items.append(_item("unused", extra.name, why, much))
    return items


def _count(files: Sized) -> str:
    return "1 file" if len(files) == 1 else f"{len(files):,} files"


def plan_clean(model: StoredModel, spec: ModelSpec) -> PruneItem:
    """Return the removal of a model: its files on record, and those that the config names as its own."""
    named = tuple(f"/{spec.name}/{file.path}" for file in spec.files)
    ours = {file for file in model.files if file.path.as_posix().endswith(named)}
    files = [file for file in model.files if file in ours or file in model.recorded.values()]
    return _item("model", model.name, "asked for", files)


def plan_evictions(inventory: Inventory, max_size: int, protected: Collection[str]) -> list[PruneItem]:
    """Return which models must be removed for the others to fit, the longest unused first.

    Args:
        inventory: of the store.
        max_size: bytes that all models may have, shared ones counted once.
        protected: models that stay, even if they do not fit.
    """
    staying = list(inventory.models)
    idle = sorted(
        (model for model in staying if model.recorded and model.name not in protected),
        key=lambda model: (model.last_used or 0.0, model.name),
    )
    items = []
    for model in idle:
        size = total(file for each in staying for file in each.files)
        if size <= max_size:
            break
        staying.remove(model)
        remaining = total(file for each in staying for file in each.files)
        items.append(
            PruneItem(
                "model",
                model.name,
                f"unused for longest, and {size:,} bytes are more than {max_size:,}",
                tuple(model.recorded.values()),
                size - remaining,
            )
        )
    return items


def prune(
    store: Store, items: Iterable[PruneItem], cancel: CancelToken, *, timeout: float | None = None
) -> int:
    """Remove what `plan_*` found, and return how many bytes that freed.

    Args:
        store: where it is.
        items: what goes.
        cancel: stops before the next one.
        timeout: seconds to wait for a model that is in use; None: see `StoreLocks.model_lock`.

    Raises:
        LockTimeout, PermissionRefused, LocalError: the rest stays.
        Cancelled: `cancel` was set meanwhile.
    """
    freed = 0
    for item in items:
        cancel.check()
        if item.kind in ("model", "superseded"):
            with store.locks.model_lock(item.name, cancel, timeout=timeout):
                _remove_files(store, item)
                _forget_files(store, item)
        else:
            _remove_files(store, item)
        freed += item.frees
    return freed


def _remove_files(store: Store, item: PruneItem) -> None:
    for file in item.files:
        with explained(file.path), store.receipts.preserving(shared_inode(file.path)):
            file.path.unlink(missing_ok=True)


def _forget_files(store: Store, item: PruneItem) -> None:
    """Forget files of a model that are gone: folders that are empty now, records, digests of blocks."""
    folder = store.layout.directory(item.name)
    for file in item.files:
        _remove_empty(file.path.parent, folder)
    paths = {file.path.relative_to(folder).as_posix() for file in item.files}
    gone = [record.checksum for path in paths if (record := store.receipts.record(item.name, path))]
    # Receipts go last: a crash before leaves records of files that are missing, which claim nothing.
    if item.kind == "superseded":
        store.receipts.drop(item.name, *paths)
    else:
        store.receipts.forget(item.name)
        with suppress(OSError):
            (store.layout.used / item.name).unlink()
    blocks.discard(store.layout, store.receipts, gone)


def _remove_empty(folder: Path, last: Path) -> None:
    for place in (folder, *folder.parents):
        try:
            place.rmdir()
        except OSError:
            return
        if place == last:
            return


def _item(kind: Kind, name: str, why: str, files: Iterable[StoredFile]) -> PruneItem:
    found = tuple(files)
    names = Counter(file.inode for file in found)
    frees = total(file for file in found if names[file.inode] >= file.links)
    return PruneItem(kind, name, why, found, frees)


def _days(seconds: float) -> str:
    return f"{seconds / 86400:.0f} days" if seconds >= 2 * 86400 else f"{seconds / 3600:.0f} hours"
