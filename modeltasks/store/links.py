"""Equal bytes on this machine, in another model or in the cache of the Hugging Face client, used again.

They are shared by reflink, else by hard link, else copied.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from modeltasks.checksum import HashJob, hash_now
from modeltasks.errors import ChecksumMismatch
from modeltasks.report.os_errors import explained
from modeltasks.sources.huggingface import expanded, huggingface_home, user_home
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.freshness import Evidence, status_of
from modeltasks.store.layout import Layout
from modeltasks.store.platform import wait_for_disk
from modeltasks.store.publish import (
    copy_verified,
    move_into_place,
    new_file_status,
    put_back_mtime,
    shared_inode,
    staging_path,
)
from modeltasks.store.store import Store
from modeltasks.support.cancel import CancelToken
from modeltasks.support.filesystem import set_times
from modeltasks.support.identity import same_but_names, stat_identity

OnBytes = Callable[[int], None]

_NAMED_BY = ("sha256", "git-sha1")
_FICLONE = 0x40049409  # linux/fs.h

_MANY_NAMES = 4
_SMALL = 1024 * 1024
"""A file of this size is copied where its inode has many names: with each further one the receipts of all
of them would be written again, which takes longer."""


@dataclass(frozen=True, slots=True)
class EqualFile:
    """A file that has the content wanted: elsewhere, or under a private name on its way into place.

    Args:
        path: the file.
        evidence: what proves that its bytes are right, and where they were found.
    """

    path: Path
    evidence: Evidence


def stage_equal(
    store: Store,
    spec: ModelSpec,
    file: ModelFile,
    cancel: CancelToken,
    on_bytes: OnBytes = lambda _count: None,
) -> EqualFile | None:
    """Give equal bytes on this machine a private name in the store; `place` or `discard` ends it.

    Another model of this store, else the cache of the Hugging Face client (hashed once).

    Returns:
        None when nobody has them. Wrong or vanished candidates are passed over.

    Raises:
        DiskFull, PermissionRefused, LocalError: the store cannot be written.
        Cancelled: `cancel` was set while hashing.
    """
    for source in _candidates(store, spec, file, cancel, on_bytes):
        staged = _stage(store, source, file.checksum)
        if staged is not None:
            return staged
    return None


def place(store: Store, staged: EqualFile, spec: ModelSpec, file: ModelFile) -> bool:
    """Give staged bytes their final name, stamp them, and return True; False if they changed meanwhile.

    Raises:
        DiskFull, PermissionRefused, LocalError: the store cannot be written.
    """
    target = store.path(spec, file)
    if not _is_as_hashed(staged.path, staged.evidence):
        discard(store, staged)
        return False
    try:
        with (
            explained(target, needed=staged.evidence.size),
            store.receipts.preserving(shared_inode(staged.path)),
            store.receipts.preserving(shared_inode(target)),
        ):
            move_into_place(store.layout, staged.path, target, file.checksum)
            stat = stat_identity(target.stat(), store.layout.platform.has_ctime)
    except BaseException:
        discard(store, staged)
        raise
    store.receipts.stamp(spec, {file.path: replace(staged.evidence, stat=stat)})
    return True


def discard(store: Store, staged: EqualFile) -> None:
    """Take the private name away again."""
    with store.receipts.preserving(shared_inode(staged.path)), suppress(OSError):
        staged.path.unlink()


def _candidates(
    store: Store, spec: ModelSpec, file: ModelFile, cancel: CancelToken, on_bytes: OnBytes
) -> Iterator[EqualFile]:
    # The newest first: its inode has the fewest names.
    for record in reversed(store.receipts.with_checksum(file.checksum)):
        is_other = (record.model, record.file) != (spec.name, file.path)
        if is_other and store.receipts.is_current(record):
            path = store.layout.file(record.model, record.file)
            yield EqualFile(path, replace(record.evidence, source=f"model {record.model}"))
    for blob in huggingface_blobs(file):
        try:
            hashed = hash_now(HashJob(blob, file.checksum.algorithm, on_bytes), cancel)
            wait_for_disk(blob)
        except OSError:
            continue
        if hashed.hexdigest == file.checksum.hexdigest:
            stat = stat_identity(hashed.stat, store.layout.platform.has_ctime)
            yield EqualFile(blob, Evidence(stat, hashed.started_ns, "Hugging Face cache"))


def _stage(store: Store, source: EqualFile, checksum: Checksum) -> EqualFile | None:
    """Give a file another, private name; None when it has changed meanwhile."""
    with explained(source.path, needed=source.evidence.size):
        temp = staging_path(store.layout)
        with store.receipts.preserving(source.evidence.inode):
            try:
                copied = _share(source.path, temp, checksum, _sharing_methods(store.layout, source.path))
                # Between its hash and now, somebody could have written to the source.
                usable = copied or _is_as_hashed(source.path, source.evidence)
            except (FileNotFoundError, ChecksumMismatch):
                usable = False
            except BaseException:
                temp.unlink(missing_ok=True)
                raise
            if not usable:
                with suppress(OSError):
                    temp.unlink()
                return None
        stat = stat_identity(temp.stat(), store.layout.platform.has_ctime)
    if copied:
        return EqualFile(temp, Evidence(stat, time.time_ns(), source.evidence.source))
    return EqualFile(temp, replace(source.evidence, stat=stat))


def _sharing_methods(layout: Layout, source: Path) -> tuple[Callable[[Path, Path], None], ...]:
    """Return how the bytes may be shared; not by a hard link where a new file has another mode or owner."""
    status = source.stat()
    has_many = status.st_nlink >= _MANY_NAMES and status.st_size <= _SMALL
    linkable = not has_many and _same_access(status, new_file_status(layout))
    return (_reflink, _hard_link) if linkable else (_reflink,)


def _is_as_hashed(path: Path, evidence: Evidence) -> bool:
    status = status_of(path)
    return status is not None and same_but_names(stat_identity(status), evidence.stat)


def _share(
    source: Path, temp: Path, checksum: Checksum, methods: Iterable[Callable[[Path, Path], None]]
) -> bool:
    """Give `temp` the bytes of `source`, and return whether they had to be copied."""
    for method in methods:
        try:
            method(source, temp)
        except FileNotFoundError:
            raise
        except OSError:
            with suppress(OSError):
                temp.unlink()
        else:
            return False
    copy_verified(source, temp, checksum)
    put_back_mtime(temp)
    return True


def _same_access(source: os.stat_result, new: os.stat_result) -> bool:
    """Whether the owner and the readers of a file are those of a new one, and its writers no others."""
    same_readers = source.st_mode & 0o444 == new.st_mode & 0o444
    return source.st_uid == new.st_uid and same_readers and not source.st_mode & 0o222 & ~new.st_mode


def _reflink(source: Path, temp: Path) -> None:
    if sys.platform != "linux":
        raise OSError("no reflink here")
    import fcntl

    with source.open("rb") as reader, temp.open("xb") as writer:
        fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
        status = os.fstat(reader.fileno())
    # The same mtime, so that the time of the hash proves as much for the clone as for the source.
    set_times(temp, (status.st_atime_ns, status.st_mtime_ns))


def _hard_link(source: Path, temp: Path) -> None:
    os.link(source, temp)


def huggingface_cache(environ: Mapping[str, str], home: Path) -> Path:
    """Return where the Hugging Face client keeps files: its own rules, in its own order."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if named := environ.get(variable):
            return expanded(named, home)
    return huggingface_home(environ, home) / "hub"


def huggingface_blobs(file: ModelFile) -> Iterator[Path]:
    """Yield the files of the cache that claim to have this content. Only a hash can tell.

    A blob's name is its digest (sha256, or git's for small files) as the server said it; the client
    checks the size alone. Never raises.
    """
    if file.checksum.algorithm not in _NAMED_BY:
        return
    try:
        with os.scandir(huggingface_cache(os.environ, user_home())) as entries:
            repositories = sorted(entry.path for entry in entries if entry.name.startswith("models--"))
    except OSError:
        return
    for repository in repositories:
        # A blob can be a symlink into the client's shared store; a link to the link would be worth nothing.
        blob = Path(os.path.realpath(os.path.join(repository, "blobs", file.checksum.hexdigest)))  # noqa: PTH118
        if blob.name.endswith(".incomplete"):
            continue
        try:
            size = blob.stat().st_size
        except OSError:
            continue
        if blob.is_file() and file.size in (None, size):
            yield blob
