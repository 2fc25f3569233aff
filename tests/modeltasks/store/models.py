"""Small models for the tests of the store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from modeltasks.report.progress import NoProgress
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.examine import examine
from modeltasks.store.links import place, stage_equal
from modeltasks.store.platform import Platform
from modeltasks.store.publish import publish as publish_file
from modeltasks.store.store import Store
from modeltasks.support.cancel import CancelToken

Contents = Mapping[str, bytes]

LINUX = Platform.of("linux", boot="this-boot")


def sha256(content: bytes) -> Checksum:
    return Checksum("sha256", hashlib.sha256(content).hexdigest())


def git_sha1(content: bytes) -> Checksum:
    return Checksum("git-sha1", hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest())


def spec_of(contents: Contents, name: str = "model") -> ModelSpec:
    files = tuple(ModelFile(path, sha256(content), len(content)) for path, content in contents.items())
    return ModelSpec(name, files, ())


def publish(store: Store, spec: ModelSpec, contents: Contents) -> None:
    """Do what a fetch does, once it has the bytes."""
    for file in spec.files:
        temp = store.layout.prepare(store.layout.partials) / os.urandom(8).hex()
        temp.write_bytes(contents[file.path])
        publish_file(store, temp, spec, file, "test")
    store.receipts.stamp(spec, {})


def stored(root: Path, contents: Contents, name: str = "model") -> tuple[Store, ModelSpec]:
    store = Store(root, LINUX)
    spec = spec_of(contents, name)
    publish(store, spec, contents)
    return store, spec


def link_equal(
    store: Store,
    spec: ModelSpec,
    file: ModelFile,
    cancel: CancelToken,
    on_bytes: Callable[[int], None] = lambda _count: None,
) -> str | None:
    """Put a file in place from equal bytes on this machine, and return where they were."""
    staged = stage_equal(store, spec, file, cancel, on_bytes)
    return staged.evidence.source if staged is not None and place(store, staged, spec, file) else None


def fetch(store: Store, spec: ModelSpec, contents: Contents, cancel: CancelToken | None = None) -> list[str]:
    """Make a model current as the action of a task does, and return what was done for each file."""
    cancel = cancel or CancelToken()
    done = []
    before = {file.path: store.why_file_stale(spec, file) for file in spec.files}
    wrong = examine(store, spec, cancel, NoProgress()).wrong
    with store.locks.model_lock(spec.name, cancel):
        for file in spec.files:
            if file.path not in wrong or store.why_file_stale(spec, file) is None:
                done.append("current" if before[file.path] is None else "kept")
            elif link_equal(store, spec, file, cancel):
                done.append("linked")
            else:
                temp = store.layout.prepare(store.layout.partials) / os.urandom(8).hex()
                temp.write_bytes(contents[file.path])
                publish_file(store, temp, spec, file, "test")
                done.append("fetched")
        store.receipts.stamp(spec, {})
    return done
