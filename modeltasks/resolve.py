"""From what a config says of a model to what is fetched: every file with its digest, at one commit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from modeltasks.errors import ConfigError
from modeltasks.installed import Installed
from modeltasks.lock import Lock, LockEntry, apply_entry, apply_lock, lock_entry
from modeltasks.notice import Notice
from modeltasks.registry import Registry
from modeltasks.registry.metadata import ModelMetadata, notices_of
from modeltasks.selection import select
from modeltasks.sources.huggingface import at_commit
from modeltasks.spec import HubRef, ModelSpec


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model whose files are known, and what the user should know about it.

    `entry` is what to note when it is installed; None when config and lock say it all.
    """

    spec: ModelSpec
    notices: tuple[Notice, ...] = ()
    entry: LockEntry | None = None


class Resolver:
    """Fills in what the config leaves out of a model: from the lock where it fits, else from the registry.

    A model whose files the config lists needs neither and costs no request, and so does a locked one.

    Args:
        lock: what is pinned.
        registry: what the hub says.
        installed: what it said when a model was installed.
    """

    def __init__(self, lock: Lock, registry: Registry, installed: Installed | None = None) -> None:
        self.lock = lock
        self.registry = registry
        self.installed = installed

    def known(self, spec: ModelSpec) -> ModelSpec:
        """Return `spec` as far as it is known without asking anybody; perhaps still without files.

        That is what should be on disk: of a branch that has moved since, what it meant when it was
        installed.
        """
        locked = apply_lock(spec, self.lock)
        if locked.hub is None or locked.files:
            return locked
        noted = self._noted(spec)
        return apply_entry(locked, noted) if noted is not None else self._newest(locked)

    def is_settled(self, spec: ModelSpec) -> bool:
        """Whether what is known of `spec` need not be asked for (again), and is the newest."""
        if self.is_pinned(spec):
            return True
        assert spec.hub is not None
        if not self.registry.is_fresh(spec.hub.repo, spec.hub.revision):
            return False
        return self._newest(spec).entry_digest == self.known(spec).entry_digest

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

    def resolve(self, spec: ModelSpec) -> Resolved:
        """Return `spec` with all of its files, asking the hub for what is not known or too old.

        Raises:
            ModelTasksError: nothing is known and the hub gives no answer.
            ConfigError: `include` and `exclude` choose nothing.
        """
        locked = apply_lock(spec, self.lock)
        if locked.hub is None or locked.files:
            return Resolved(locked)
        metadata = self.registry.query(locked.hub.repo, locked.hub.revision)
        notices = metadata.notices
        noted = self._noted(spec)
        if noted is not None and noted.commit != metadata.commit and metadata.moved_from is None:
            # The record that saw it move is gone; the note of what is installed knows all the same.
            all_notices = notices_of(replace(metadata, moved_from=noted.commit))
            notices = (*notices, *(notice for notice in all_notices if notice.kind == "moved"))
        return Resolved(_filled(locked, metadata), notices, lock_entry(spec, metadata, datetime.now(UTC)))

    def note_installed(self, resolved: Resolved) -> None:
        """Remember that these are the files on disk now."""
        if self.installed is not None and resolved.entry is not None:
            self.installed.write(resolved.spec.name, resolved.entry)

    def _noted(self, spec: ModelSpec) -> LockEntry | None:
        """Return what was installed for `spec`, unless the config asks for something else by now."""
        entry = self.installed.read(spec.name) if self.installed is not None else None
        return entry if entry is not None and apply_entry(spec, entry).files else None

    def _newest(self, spec: ModelSpec) -> ModelSpec:
        """Return `spec` as the newest record has it, however old that is."""
        assert spec.hub is not None
        metadata = self.registry.cached(spec.hub.repo, spec.hub.revision)
        try:
            return spec if metadata is None else _filled(spec, metadata)
        except ConfigError:
            # The record may be older than the config; asking will tell.
            return spec


def _filled(spec: ModelSpec, metadata: ModelMetadata) -> ModelSpec:
    """The commit, not the branch, is what is fetched: a branch may move before the last byte."""
    assert spec.hub is not None
    return replace(
        spec,
        files=select(spec, metadata),
        hub=HubRef(metadata.id, metadata.commit),
        sources=at_commit(spec.sources, spec.hub, metadata.id, metadata.commit),
        license=spec.license or metadata.license,
    )
