"""The one way a file gets its final name: whole, verified, and by a rename."""

from __future__ import annotations

import errno
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from modeltasks.checksum import BUFFER, new_hasher
from modeltasks.errors import ChecksumMismatch
from modeltasks.report.os_errors import explained, in_the_way
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.freshness import Evidence, status_of
from modeltasks.store.layout import Layout
from modeltasks.store.platform import replace, wait_for_disk
from modeltasks.store.store import Store
from modeltasks.support.filesystem import set_mode, set_times, sync
from modeltasks.support.identity import stat_identity

_SETTLED_NS = 10_000_000_000
_LONGEST_NAME = 100


def put_back_mtime(path: Path) -> None:
    """Set a file's mtime to 10 s ago, so that any later write moves it (see `freshness.RACY_NS`).

    Where it cannot be set, the file is hashed once more when it is used next.
    """
    now = time.time_ns()
    set_times(path, (now, now - _SETTLED_NS))


def new_file_status(layout: Layout) -> os.stat_result:
    """Return the status of a file created here: its mode by umask and the folder's own rules, its owner.

    Asking a new file is the only way that does not change the umask of all threads for a moment.

    Raises:
        OSError: no file can be made.
    """
    probe = staging_path(layout)
    descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)
        probe.unlink()


def staging_path(layout: Layout) -> Path:
    """Return a name that nobody else has, on the file system of the store.

    Raises:
        OSError: the folder cannot be made.
    """
    return layout.prepare(layout.staging) / os.urandom(8).hex()


def check_target(layout: Layout, spec: ModelSpec, file: ModelFile) -> None:
    """Refuse what stands where a file or one of its folders belongs; it may be dear to somebody.

    Raises:
        LocalError: a folder or a file is in the way, or a link that leads out of the store.
    """
    target = layout.file(spec.name, file.path)
    folders = [each for each in target.parents if each.is_relative_to(layout.directory(spec.name))]
    if target.is_dir() or any(os.path.lexists(folder) and not folder.is_dir() for folder in folders):
        raise in_the_way(target)
    if link := layout.link_before(target):
        raise in_the_way(target, link)


def publish(store: Store, temp: Path, spec: ModelSpec, file: ModelFile, source: str) -> Path:
    """Give a verified file its mode, time and final name, stamp it, and return its place.

    Its predecessor stays until that moment. Where the system names its starts, nothing waits for the disk:
    that would make a fast transfer half as slow again. The receipt says so (`Evidence.unsynced`), and after
    a restart the bytes are read once more before they are believed.

    Args:
        store: where it belongs; the lock of the model is held.
        temp: a private file whose bytes have the checksum of `file`; gone afterwards.
        spec: the model.
        file: which of its files it is.
        source: where the bytes came from.

    Raises:
        DiskFull, PermissionRefused, LocalError: the system refuses. The old file and `temp` stay.
        ChecksumMismatch: the bytes changed on the way to another file system.
    """
    layout, target = store.layout, store.path(spec, file)
    # The old claim goes before the old file: at no moment is there a receipt for other bytes.
    store.receipts.drop(spec.name, file.path)
    with store.receipts.preserving(shared_inode(target)), explained(target, needed=_size(temp)):
        set_mode(temp, new_file_status(layout).st_mode & 0o777)
        if not layout.platform.boot:
            wait_for_disk(temp)
        put_back_mtime(temp)
        move_into_place(layout, temp, target, file.checksum)
    with explained(target):
        stat = stat_identity(target.stat(), layout.platform.has_ctime)
    evidence = Evidence(stat, time.time_ns(), source, layout.platform.boot or None)
    store.receipts.stamp(spec, {file.path: evidence})
    return target


def move_into_place(layout: Layout, temp: Path, target: Path, checksum: Checksum) -> None:
    """Rename a file to its final name; mode and time stay as they are.

    Raises:
        OSError: the system refuses.
        PermissionRefused: a program has the old file open, on a system where that stands in the way.
        LocalError: a folder on the way is a link out of the store.
        ChecksumMismatch: see `publish`.
    """
    if link := layout.link_before(target):
        raise in_the_way(target, link)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        replace(temp, target, layout.platform)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # The model's folder is a link to another disk: the rename must happen there.
        near = target.with_name(f".{os.urandom(8).hex()}.tmp")
        try:
            copy_verified(temp, near, checksum)
            status = temp.stat()
            set_mode(near, status.st_mode & 0o777)
            set_times(near, (status.st_atime_ns, status.st_mtime_ns))
            replace(near, target, layout.platform)
        except BaseException:
            with suppress(OSError):
                near.unlink()
            raise
    # Where both are names of one inode, rename does nothing and leaves this one.
    temp.unlink(missing_ok=True)


def copy_verified(source: Path, target: Path, checksum: Checksum) -> None:
    """Copy bytes to a new file, hashing on the way, and wait for the disk.

    Raises:
        ChecksumMismatch: what was read has another checksum; the copy is left to the caller to remove.
        OSError: reading or writing failed.
    """
    with source.open("rb", buffering=0) as reader, target.open("xb", buffering=0) as writer:
        hasher = new_hasher(checksum.algorithm, os.fstat(reader.fileno()).st_size)
        buffer = memoryview(bytearray(BUFFER))
        while count := reader.readinto(buffer):
            hasher.update(buffer[:count])
            rest = buffer[:count]
            while rest:
                rest = rest[writer.write(rest) :]
        sync(writer.fileno())
    actual = Checksum(checksum.algorithm, hasher.hexdigest())
    if actual != checksum:
        raise ChecksumMismatch(target.name, str(checksum), str(actual), str(source))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def shared_inode(path: Path) -> int:
    """Return the inode of a file that has other names too, else 0. Never raises."""
    status = status_of(path)
    return status.st_ino if status is not None and status.st_nlink > 1 else 0


def quarantine(store: Store, spec: ModelSpec, file: ModelFile, actual: Checksum) -> Path:
    """Move a wrong file out of the way, drop its record, and return where it is now.

    It is kept for a look, and named by what it is: equal bytes quarantined before are replaced.

    Raises:
        PermissionRefused, DiskFull, LocalError: the system refuses.
    """
    layout, wrong = store.layout, store.path(spec, file)
    store.own_receipts.drop(spec.name, file.path)
    store.receipts.drop(spec.name, file.path)
    if link := layout.link_before(wrong):
        raise in_the_way(wrong, link)
    target = layout.quarantine / f"{_label(spec, file)}.{actual.algorithm}-{actual.hexdigest}"
    with explained(wrong):
        layout.prepare(layout.quarantine)
        try:
            replace(wrong, target, layout.platform)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copy = staging_path(layout)
            try:
                with wrong.open("rb") as reader, copy.open("xb") as writer:
                    shutil.copyfileobj(reader, writer)
                replace(copy, target, layout.platform)
            finally:
                copy.unlink(missing_ok=True)
            wrong.unlink()
    return target


def damaged_version(store: Store, spec: ModelSpec, file: ModelFile) -> Path | None:
    """Return where a wrong version of a file is, in place or else the last in quarantine. Never raises."""
    place = store.path(spec, file)
    if status_of(place) is not None:
        return place
    label = _label(spec, file)
    try:
        found = [
            (entry.stat().st_ctime_ns, entry.path)
            for entry in os.scandir(store.layout.quarantine)
            if entry.name.rpartition(".")[0] == label and entry.is_file(follow_symlinks=False)
        ]
    except OSError:
        return None
    return Path(max(found)[1]) if found else None


def _label(spec: ModelSpec, file: ModelFile) -> str:
    return f"{spec.name}--{file.path.replace('/', '__')}"[-_LONGEST_NAME:]
