"""From what a config says of a model to what is fetched: every file with its digest, at one commit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from modeltasks.errors import ModelTasksError
from modeltasks.registry import Registry
from modeltasks.registry.metadata import ModelMetadata
from modeltasks.report.display import age_text
from modeltasks.report.notice import Notice
from modeltasks.resolve.installed import Installed
from modeltasks.resolve.lockfile import (
    Lock,
    LockEntry,
    apply_entry,
    apply_lock,
    contradiction,
    is_locked,
    lock_entry,
)
from modeltasks.resolve.selection import select
from modeltasks.sources.huggingface import at_commit, is_commit
from modeltasks.spec import HubRef, ModelSpec


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model whose files are known, and what the user should know about it.

    `entry` is what to note when it is installed, and `metadata` what the hub said; both are None when config
    and lock say it all. `stated_by` is for messages: what says which files these are; None: the config.
    """

    spec: ModelSpec
    notices: tuple[Notice, ...] = ()
    entry: LockEntry | None = None
    metadata: ModelMetadata | None = None
    stated_by: str | None = None


class Resolver:
    """Fills in what the config leaves out of a model: from the lock where it fits, else from the registry.

    A model whose files the config lists needs neither and costs no request, and so does a locked one.

    Args:
        lock: what is pinned.
        registry: what the hub says.
        installed: what it said when a model was installed.
    """

    def __init__(self, lock: Lock, registry: Registry, installed: Installed) -> None:
        self.lock = lock
        self.registry = registry
        self.installed = installed

    def known(self, spec: ModelSpec) -> ModelSpec:
        """Return what should be on disk of `spec`, as far as it is known without asking the hub.

        Of a branch, that is the commit that was installed, also when it has moved since. A model that was
        never fetched may have no files yet.
        """
        locked = apply_lock(spec, self.lock)
        if locked.hub is None or locked.files:
            return locked
        noted = self._noted(spec)
        return apply_entry(locked, noted) if noted is not None else self._newest(locked)

    def is_settled(self, spec: ModelSpec, known: ModelSpec) -> bool:
        """Whether `known`, of `spec`, is pinned, or the newest by a record that is fresh."""
        if self.is_pinned(spec):
            return True
        assert spec.hub is not None
        if not self.registry.is_fresh(spec.hub.repo, spec.hub.revision):
            return False
        return self._newest(spec).entry_digest == known.entry_digest

    def is_pinned(self, spec: ModelSpec) -> bool:
        """Whether config and lock alone say what the files of `spec` are, now and for ever."""
        locked = apply_lock(spec, self.lock)
        return locked.hub is None or bool(locked.files)

    def notices(self, spec: ModelSpec) -> tuple[Notice, ...]:
        """Return what the record of a settled model warns of, without asking anybody."""
        if self.is_pinned(spec) or spec.hub is None:
            return ()
        metadata = self.registry.cached(spec.hub.repo, spec.hub.revision)
        known = () if metadata is None else metadata.notices
        # What it moved to is what is installed.
        return tuple(notice for notice in known if notice.kind != "moved")

    def resolve(self, spec: ModelSpec, *, force: bool = False) -> Resolved:
        """Return `spec` with all of its files, asking the hub for what is not known or too old.

        Args:
            spec: the model's entry.
            force: ask the hub, however young its last answer is.

        Raises:
            ModelTasksError: nothing is known and the hub gives no answer, or what it says contradicts
                what is installed.
            ConfigError: `include` and `exclude` choose nothing.
        """
        locked = apply_lock(spec, self.lock)
        if locked.hub is None:
            return Resolved(locked)
        entry = self.lock.models.get(spec.name)
        if locked.files:
            if entry is None or not is_locked(spec, self.lock):
                return Resolved(locked)
            self._check(spec, entry)
            return Resolved(locked, stated_by=f"the lock file (of {entry.locked_at or 'an unknown time'})")
        metadata = self.registry.query(locked.hub.repo, locked.hub.revision, force)
        return self._resolved(spec, *self._entry(spec, metadata))

    def resolve_again(self, spec: ModelSpec, contradicted: Resolved) -> Resolved | None:
        """Ask the hub about `spec` again, because the bytes that came contradict `contradicted`.

        Returns None when the answer is the same. A lock's files stay as they are; but where the locked
        commit is gone, the revision may have the same files in another one.

        Raises:
            ModelTasksError: the hub gives no answer.
        """
        if contradicted.metadata is not None:
            metadata = self.registry.ask_again(contradicted.metadata)
            found = self._resolved(spec, *self._entry(spec, metadata))
            return found if found.spec != contradicted.spec else None
        hub, pinned = spec.hub, contradicted.spec
        if contradicted.stated_by is None or hub is None or pinned.hub is None or is_commit(hub.revision):
            return None
        metadata = self.registry.query(hub.repo, hub.revision)
        if metadata.commit == pinned.hub.revision:
            metadata = self.registry.ask_again(metadata)
        there = {file.path: file.checksum for file in metadata.files}
        if any(there.get(file.path) != file.checksum for file in pinned.files):
            return None
        return replace(contradicted, spec=_at_commit(spec, pinned, metadata))

    def entry_for_lock(self, spec: ModelSpec, hub: HubRef) -> tuple[LockEntry, ModelMetadata]:
        """Return what to lock of a model, and the answer of the hub that says so.

        Raises:
            ModelTasksError: the hub gives no answer, or one that contradicts what is locked or installed.
            ConfigError: it contradicts the config.
        """
        return self._entry(spec, self.registry.query(hub.repo, hub.revision))

    def lock_contradiction(self, spec: ModelSpec) -> ModelTasksError | None:
        """Return how what is locked of a model contradicts what is installed, or None."""
        entry = self.lock.models.get(spec.name)
        return None if entry is None else self._contradiction(spec, entry)

    def doubt(self, resolved: Resolved) -> None:
        """Note that downloaded files contradict the record that a resolution came from."""
        if resolved.metadata is not None:
            self.registry.doubt(resolved.metadata)

    def _entry(self, spec: ModelSpec, metadata: ModelMetadata) -> tuple[LockEntry, ModelMetadata]:
        """Return the entry that `metadata` means; ask the hub again where that contradicts what is known."""
        entry = lock_entry(spec, metadata, datetime.now(UTC))
        if self._contradiction(spec, entry) is None:
            return entry, metadata
        metadata = self.registry.ask_again(metadata)
        entry = lock_entry(spec, metadata, datetime.now(UTC))
        try:
            self._check(spec, entry)
        except ModelTasksError:
            self.registry.doubt(metadata)
            raise
        return entry, metadata

    def _check(self, spec: ModelSpec, entry: LockEntry) -> None:
        error = self._contradiction(spec, entry)
        if error is not None:
            raise error

    def _contradiction(self, spec: ModelSpec, entry: LockEntry) -> ModelTasksError | None:
        """Compare an entry with what is installed and what is locked."""
        known = (
            (self.installed.read(spec.name), "what is installed"),
            (self.lock.models.get(spec.name), "the lock"),
        )
        errors = (contradiction(before, entry, name) for before, name in known if before is not None)
        return next((error for error in errors if error is not None), None)

    def _resolved(self, spec: ModelSpec, entry: LockEntry, metadata: ModelMetadata) -> Resolved:
        """Return a model whose files the config leaves open, as the hub describes it."""
        notices = metadata.notices
        noted = self._noted(spec)
        if noted is not None and noted.commit != metadata.commit and metadata.moved_from is None:
            # The record that saw it move is gone; the note of what is installed knows all the same.
            notices = replace(metadata, moved_from=noted.commit).notices
        age = age_text(self.registry.age(metadata))
        stated_by = f"the hub's record of {metadata.repo} at {metadata.revision} ({age} old)"
        return Resolved(_filled(spec, metadata), notices, entry, metadata, stated_by)

    def note_installed(self, resolved: Resolved) -> None:
        """Remember that these are the files on disk now."""
        if resolved.entry is not None:
            self.installed.write(resolved.spec.name, resolved.entry)

    def _noted(self, spec: ModelSpec) -> LockEntry | None:
        """Return what was installed for `spec`, unless the config asks for something else by now."""
        entry = self.installed.read(spec.name)
        return entry if entry is not None and apply_entry(spec, entry).files else None

    def _newest(self, spec: ModelSpec) -> ModelSpec:
        """Return `spec` as the newest record has it, however old that is."""
        assert spec.hub is not None
        metadata = self.registry.cached(spec.hub.repo, spec.hub.revision)
        try:
            return spec if metadata is None else _filled(spec, metadata)
        except ModelTasksError:
            # The record may be older than the config; asking will tell.
            return spec


def _filled(spec: ModelSpec, metadata: ModelMetadata) -> ModelSpec:
    filled = replace(spec, files=select(spec, metadata), license=spec.license or metadata.license)
    return _at_commit(spec, filled, metadata)


def _at_commit(asked: ModelSpec, filled: ModelSpec, metadata: ModelMetadata) -> ModelSpec:
    """The commit, not the branch, is what is fetched: a branch may move before the last byte."""
    assert asked.hub is not None
    sources = at_commit(asked.sources, asked.hub, metadata.id, metadata.commit)
    return replace(filled, hub=HubRef(metadata.id, metadata.commit), sources=sources)
