"""Reading a file that is in the store already, to learn whether it has the right content."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from modeltasks.cancel import CancelToken
from modeltasks.checksum import Hashed, HashJob, hash_now
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store import freshness
from modeltasks.store.disk import wait_for_disk
from modeltasks.store.failures import told
from modeltasks.store.publish import put_back_mtime
from modeltasks.store.receipts import Evidence, Receipts


def keep(
    receipts: Receipts, spec: ModelSpec, file: ModelFile, cancel: CancelToken, on_bytes: Callable[[int], None]
) -> bool:
    """Stamp a file that is there and right although nothing says so; return whether it was.

    Raises:
        PermissionRefused, LocalError: it cannot be read, or the receipt not be written.
        Cancelled: `cancel` was set while hashing.
    """
    path = receipts.layout.file(spec.name, file.path)
    known = receipts.record(spec.name, file.path)
    if known and _is_other(known.checksum, file.checksum) and receipts.is_current(known):
        return False
    with told(path):
        if freshness.status_of(str(path)) is None:
            return False
        make_settled(path)
        hashed = hash_now(HashJob(path, file.checksum.algorithm, on_bytes), cancel)
        if hashed.hexdigest != file.checksum.hexdigest:
            return False
        wait_for_disk(path)
    stamp_hashed(receipts, spec, file, hashed)
    return True


def _is_other(recorded: str, wanted: Checksum) -> bool:
    return recorded != str(wanted) and recorded.startswith(f"{wanted.algorithm}:")


def make_settled(path: Path) -> None:
    """Put the mtime of a file back that changed a moment ago, so that its coming hash proves something.

    Before hashing, never after: a write meanwhile must show. Not when the file has other names: it is
    not ours alone. Where it cannot be done, time does it.
    """
    status = freshness.status_of(str(path))
    if status is None or status.st_nlink > 1 or status.st_mtime_ns <= time.time_ns() - freshness.RACY_NS:
        return
    with suppress(OSError):
        put_back_mtime(path)


def stamp_hashed(receipts: Receipts, spec: ModelSpec, file: ModelFile, hashed: Hashed) -> None:
    """Put on record that a file was found right; where it came from stays as it was.

    Raises:
        LocalError: the receipt cannot be written.
    """
    known = receipts.record(spec.name, file.path)
    source = known.evidence.source if known and known.checksum == str(file.checksum) else "found in place"
    key = freshness.stat_key(hashed.stat, receipts.layout.facts.has_ctime)
    receipts.stamp(spec, {file.path: (file.checksum, Evidence(key, hashed.started_ns, source))})
