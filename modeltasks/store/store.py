"""The store: every question about files of models, and every change to them, goes through here."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.layout import Layout
from modeltasks.store.locks import StoreLocks
from modeltasks.store.platform import Platform
from modeltasks.store.receipts import Evidence, PersonalReceipts, Receipts
from modeltasks.support.cancel import CancelToken

if TYPE_CHECKING:
    from modeltasks.checksum import BlockDigests
    from modeltasks.store.links import Linker, Staged
    from modeltasks.store.prune import PruneItem
    from modeltasks.store.usage import Inventory

OnBytes = Callable[[int], None]


def _silent(_count: int) -> None:
    return


class Store:
    """A folder of models. Making one does not touch the disk; nor does asking where things are.

    Changes to a model's files are made while its `lock` is held.
    """

    def __init__(self, root: Path, platform: Platform | None = None) -> None:
        self.layout = Layout(root, platform or Platform.current())
        self._locks = StoreLocks(self.layout)
        self.receipts = Receipts(self.layout, self._locks)
        self._own_receipts: PersonalReceipts | None = None

    @property
    def own_receipts(self) -> PersonalReceipts:
        """What this user verified here where the store itself cannot be written."""
        if self._own_receipts is None:
            self._own_receipts = PersonalReceipts(self.layout, self._locks)
        return self._own_receipts

    @property
    def root(self) -> Path:
        """The folder, absolute."""
        return self.layout.root

    @property
    def meta(self) -> Path:
        """The folder of what is not models."""
        return self.layout.meta

    @property
    def partials(self) -> Path:
        """The folder of bytes on their way; `prepare_partials` makes it."""
        return self.layout.partials

    @property
    def registry(self) -> Path:
        """The folder of cached metadata; whoever writes there makes it."""
        return self.layout.registry

    def directory(self, model: str) -> Path:
        """Return the folder of a model, there or not."""
        return self.layout.directory(model)

    def path(self, spec: ModelSpec, file: ModelFile) -> Path:
        """Return the place of a file, there or not."""
        return self.layout.file(spec.name, file.path)

    def opened(self, spec: ModelSpec) -> Path:
        """Return what programs open: the file of a one-file model, else the model's folder."""
        return self.path(spec, spec.files[0]) if len(spec.files) == 1 else self.directory(spec.name)

    def check(self, specs: Iterable[ModelSpec]) -> None:
        """Refuse models or files that would be one file on this system.

        Raises:
            ConfigError: which, and why.
        """
        self.layout.check(specs)

    def prepare_partials(self) -> Path:
        """Make the folder of partials, and the store, and return it.

        Raises:
            PermissionRefused, DiskFull, LocalError: the system refuses.
        """
        from modeltasks.report.os_errors import told

        with told(self.partials):
            return self.layout.prepare(self.partials)

    def evidence(self, spec: ModelSpec) -> dict[str, Evidence] | str:
        """Return what proves each file of a model right, by path, or why it is not known to be current.

        One read of a receipt and one stat a file. Never hashes, never raises.
        """
        found = self.receipts.evidence(spec)
        if isinstance(found, dict) or found.startswith("missing"):
            return found
        own = self.own_receipts.evidence(spec)
        return own if isinstance(own, dict) else found

    def why_stale(self, spec: ModelSpec) -> str | None:
        """Return why a model is not known to be current, or None; as `evidence`."""
        found = self.evidence(spec)
        return found if isinstance(found, str) else None

    def why_file_stale(self, spec: ModelSpec, file: ModelFile) -> str | None:
        """Return why one file is not known to be current, or None: whatever the others are. Never raises."""
        reason = self.receipts.why_file_stale(spec.name, file)
        if reason is None or reason == "missing":
            return reason
        return None if self.own_receipts.why_file_stale(spec.name, file) is None else reason

    @contextmanager
    def lock(self, model: str, cancel: CancelToken, *, timeout: float | None = None) -> Iterator[None]:
        """Hold a model alone, among all threads and processes, during the block.

        Args:
            model: its name.
            cancel: ends the wait.
            timeout: seconds to wait; None: `$MODELTASKS_LOCK_TIMEOUT`, else 600.

        Raises:
            LockTimeout: another one held it all that time.
            PermissionRefused, LocalError: the lock cannot be made.
            Cancelled: `cancel` was set meanwhile.
        """
        with self._locks.model_lock(model, cancel, timeout=timeout):
            yield

    def check_way(self, spec: ModelSpec, file: ModelFile) -> None:
        """Refuse what stands where a file or one of its folders belongs; it may be dear to somebody.

        Raises:
            LocalError: a folder or a file is in the way.
        """
        from modeltasks.report.os_errors import in_the_way

        place = self.path(spec, file)
        folders = [each for each in place.parents if each.is_relative_to(self.directory(spec.name))]
        if place.is_dir() or any(os.path.lexists(folder) and not folder.is_dir() for folder in folders):
            raise in_the_way(place)
        if link := self.layout.link_before(place):
            raise in_the_way(place, link)

    @contextmanager
    def alone_with(self, checksum: Checksum, cancel: CancelToken) -> Iterator[None]:
        """Be the only one, among all threads and processes, to look for these bytes during the block.

        Who has waited as long as for a model goes on all the same: fetching bytes twice does no harm.
        Nothing else is waited for in the block, so that no two can wait for each other.

        Raises:
            PermissionRefused, LocalError: the lock cannot be made.
            Cancelled: `cancel` was set meanwhile.
        """
        with self._locks.content_lock(checksum, cancel):
            yield

    def link_equal(
        self, spec: ModelSpec, file: ModelFile, cancel: CancelToken, on_bytes: OnBytes = _silent
    ) -> str | None:
        """Put a file in place from equal bytes on this machine, stamp it, and return where they were.

        Raises:
            PermissionRefused, DiskFull, LocalError: the store cannot be written.
            Cancelled: `cancel` was set meanwhile.
        """
        staged = self.stage_equal(spec, file, cancel, on_bytes)
        return staged.label if staged is not None and self.place(staged, spec, file) else None

    def stage_equal(
        self, spec: ModelSpec, file: ModelFile, cancel: CancelToken, on_bytes: OnBytes = _silent
    ) -> Staged | None:
        """Give equal bytes on this machine a private name, to be put in place or discarded.

        Another model of this store, else the cache of the Hugging Face client (hashed once). None when
        nobody has them.

        Raises:
            PermissionRefused, DiskFull, LocalError: the store cannot be written.
            Cancelled: `cancel` was set meanwhile.
        """
        return self._linker().stage(spec, file, cancel, on_bytes)

    def place(self, staged: Staged, spec: ModelSpec, file: ModelFile) -> bool:
        """Give staged bytes their final name and stamp them; False if they changed meanwhile.

        Raises:
            PermissionRefused, DiskFull, LocalError: the store cannot be written.
        """
        return self._linker().place(staged, spec, file)

    def discard(self, staged: Staged) -> None:
        """Take back what `stage_equal` gave."""
        self._linker().discard(staged)

    def _linker(self) -> Linker:
        from modeltasks.store.links import Linker, huggingface_cache

        return Linker(self.receipts, huggingface_cache(os.environ, Path.home()))

    def publish(self, temp: Path, spec: ModelSpec, file: ModelFile, source: str) -> Path:
        """Give a verified file its final name, stamp it, and return its place.

        Args:
            temp: a private file, in `partials`, whose bytes have the checksum of `file`; gone afterwards.
            spec: the model.
            file: which of its files it is.
            source: where the bytes came from.

        Raises:
            PermissionRefused, DiskFull, LocalError: the system refuses. The old file and `temp` stay.
        """
        import time

        from modeltasks.report.os_errors import told
        from modeltasks.store import freshness
        from modeltasks.store.links import shared_inode
        from modeltasks.store.publish import publish

        target = self.path(spec, file)
        # The old claim goes before the old file: at no moment is there a receipt for other bytes.
        self.receipts.drop(spec.name, file.path)
        with self.receipts.preserving(shared_inode(target)):
            publish(self.layout, temp, target, file.checksum)
        with told(target):
            key = freshness.stat_key(target.stat(), self.layout.platform.has_ctime)
        evidence = Evidence(key, time.time_ns(), source, self.layout.platform.boot or None)
        self.receipts.stamp(spec, {file.path: (file.checksum, evidence)})
        return target

    def stamp(self, spec: ModelSpec) -> None:
        """Answer for the entry as it is now: the last step, when every file of it is current.

        Raises:
            PermissionRefused, DiskFull, LocalError: the receipt cannot be written.
        """
        self.receipts.stamp(spec, {})

    def forget(self, model: str) -> None:
        """Remove a receipt: each file is hashed before it is believed again.

        Raises:
            PermissionRefused, LocalError: it cannot be removed.
        """
        self.receipts.forget(model)

    def quarantine(self, spec: ModelSpec, file: ModelFile, actual: Checksum) -> Path:
        """Move a wrong file out of the way, drop its record, and return where it is now.

        Raises:
            PermissionRefused, DiskFull, LocalError: the system refuses.
        """
        from modeltasks.store.publish import quarantine

        self.own_receipts.drop(spec.name, file.path)
        self.receipts.drop(spec.name, file.path)
        return quarantine(self.layout, spec.name, file.path, actual)

    def keep_blocks(self, checksum: Checksum, blocks: BlockDigests) -> None:
        """Keep the digests of the blocks of verified bytes, for a later repair. Never raises."""
        from modeltasks.store import blocks as kept

        kept.save(self.layout, checksum, blocks)

    def blocks(self, checksum: Checksum) -> BlockDigests | None:
        """Return the digests of the blocks of these bytes, where they are known. Never raises."""
        from modeltasks.store import blocks as kept

        return kept.load(self.layout, checksum)

    def damaged(self, spec: ModelSpec, file: ModelFile) -> Path | None:
        """Return where a wrong version of a file is, in place or in quarantine, or None. Never raises."""
        from modeltasks.store import freshness
        from modeltasks.store.publish import last_quarantined

        place = self.path(spec, file)
        if freshness.status_of(str(place)) is not None:
            return place
        return last_quarantined(self.layout, spec.name, file.path)

    def touch_used(self, models: Iterable[str]) -> None:
        """Note that models are used now. Never raises."""
        from modeltasks.store.usage import touch_used

        touch_used(self.layout, models)

    def usage(self) -> Inventory:
        """Return all that is in the store, with sizes and last use.

        Raises:
            PermissionRefused, LocalError: a folder cannot be read.
        """
        from modeltasks.store.usage import take_inventory

        return take_inventory(self.layout, self.receipts)

    def prune(
        self, items: Collection[PruneItem], cancel: CancelToken, *, timeout: float | None = None
    ) -> int:
        """Remove what `prune.plan_*` found, and return how many bytes that freed.

        Args:
            items: what goes.
            cancel: stops before the next one.
            timeout: seconds to wait for a model that is in use; None: see `lock`.

        Raises:
            LockTimeout, PermissionRefused, LocalError: the rest stays.
            Cancelled: `cancel` was set meanwhile.
        """
        from contextlib import nullcontext

        from modeltasks.store.prune import remove

        freed = 0
        for item in items:
            cancel.check()
            held: AbstractContextManager[None] = nullcontext()
            if item.kind in ("model", "superseded"):
                held = self.lock(item.name, cancel, timeout=timeout)
            with held:
                remove(self.layout, self.receipts, item)
            freed += item.frees
        return freed
