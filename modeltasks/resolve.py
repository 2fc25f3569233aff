"""From what a config says of a model to what is fetched: every file with its digest, at one commit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from modeltasks.lock import Lock, apply_lock
from modeltasks.registry import Registry
from modeltasks.registry_metadata import Notice
from modeltasks.selection import select
from modeltasks.sources.huggingface import at_commit
from modeltasks.spec import HubRef, ModelSpec


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model whose files are known, and what the user should know about it."""

    spec: ModelSpec
    notices: tuple[Notice, ...] = ()


def resolve(spec: ModelSpec, lock: Lock | None, registry: Registry) -> Resolved:
    """Fill in what the config leaves out: from the lock if it fits, else from the registry.

    A model whose files the config lists needs neither and costs no request, and so does a locked one.
    What a moving branch now means is fetched beside what it meant before: the store replaces a file
    only when its successor is verified.

    Raises:
        ModelTasksError: the registry knows nothing and the hub gives no answer.
        ConfigError: `include` and `exclude` choose nothing.
    """
    locked = apply_lock(spec, lock) if lock is not None else spec
    if locked.hub is None or locked.files:
        return Resolved(locked)
    metadata = registry.query(locked.hub.repo, locked.hub.revision)
    # The commit, not the branch: the branch may move between this answer and the last byte.
    filled = replace(
        locked,
        files=select(locked, metadata),
        hub=HubRef(metadata.id, metadata.commit),
        sources=at_commit(locked.sources, locked.hub, metadata.id, metadata.commit),
        license=locked.license or metadata.license,
    )
    return Resolved(filled, metadata.notices)
