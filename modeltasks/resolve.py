"""From what a config says of a model to what is fetched: every file with its digest, at one commit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from modeltasks.errors import ConfigError
from modeltasks.lock import Lock, apply_lock
from modeltasks.notice import Notice
from modeltasks.registry import Registry
from modeltasks.registry.metadata import ModelMetadata
from modeltasks.selection import select
from modeltasks.sources.huggingface import at_commit
from modeltasks.spec import HubRef, ModelSpec


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model whose files are known, and what the user should know about it."""

    spec: ModelSpec
    notices: tuple[Notice, ...] = ()


class Resolver:
    """Fills in what the config leaves out of a model: from the lock where it fits, else from the registry.

    A model whose files the config lists needs neither and costs no request, and so does a locked one.
    """

    def __init__(self, lock: Lock, registry: Registry) -> None:
        self.lock = lock
        self.registry = registry

    def known(self, spec: ModelSpec) -> ModelSpec:
        """Return `spec` as far as it is known without asking anybody; perhaps still without files."""
        locked = apply_lock(spec, self.lock)
        if locked.hub is None or locked.files:
            return locked
        metadata = self.registry.cached(locked.hub.repo, locked.hub.revision)
        if metadata is None:
            return locked
        try:
            return _filled(locked, metadata)
        except ConfigError:
            # The record may be older than the config; asking will tell.
            return locked

    def is_settled(self, spec: ModelSpec) -> bool:
        """Whether what is known of `spec` need not be asked for (again)."""
        if self.is_pinned(spec):
            return True
        assert spec.hub is not None
        return self.registry.is_fresh(spec.hub.repo, spec.hub.revision)

    def is_pinned(self, spec: ModelSpec) -> bool:
        """Whether config and lock alone say what the files of `spec` are, now and for ever."""
        locked = apply_lock(spec, self.lock)
        return locked.hub is None or bool(locked.files)

    def resolve(self, spec: ModelSpec) -> Resolved:
        """Return `spec` with all of its files, asking the hub for what is not known or too old.

        What a moving branch now means is fetched beside what it meant before: the store replaces a
        file only when its successor is verified.

        Raises:
            ModelTasksError: nothing is known and the hub gives no answer.
            ConfigError: `include` and `exclude` choose nothing.
        """
        locked = apply_lock(spec, self.lock)
        if locked.hub is None or locked.files:
            return Resolved(locked)
        metadata = self.registry.query(locked.hub.repo, locked.hub.revision)
        return Resolved(_filled(locked, metadata), metadata.notices)


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
