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
from modeltasks.report.os_errors import in_the_way, told
from modeltasks.spec import Checksum
from modeltasks.store.layout import Layout
from modeltasks.store.platform import replace, wait_for_disk
from modeltasks.support.filesystem import set_mode, set_times, sync

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


def publish(layout: Layout, temp: Path, target: Path, checksum: Checksum) -> None:
    """Give a verified file its mode, time and final name. Its predecessor stays until that moment.

    Where the system names its starts, nothing waits for the disk: that would make a fast transfer half
    as slow again. The receipt says so (`Evidence.unsynced`), and after a restart the bytes are read
    once more before they are believed.

    Args:
        layout: of the store.
        temp: a private file with the right content; gone afterwards.
        target: its final name.
        checksum: of the content, checked again when another file system makes copying necessary.

    Raises:
        DiskFull, PermissionRefused, LocalError: the system refuses.
        ChecksumMismatch: the bytes changed on the way to another file system.
    """
    with told(target, needed=_size(temp)):
        set_mode(temp, new_file_status(layout).st_mode & 0o777)
        if not layout.platform.boot:
            wait_for_disk(temp)
        put_back_mtime(temp)
        move_into_place(layout, temp, target, checksum)


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


def quarantine(layout: Layout, model: str, path: str, actual: Checksum) -> Path:
    """Move a file of a model out of the way and return where it is now.

    Args:
        layout: of the store.
        model: its name.
        path: of the file in the model.
        actual: the wrong digest; equal bytes quarantined before are replaced.

    Raises:
        PermissionRefused, DiskFull, LocalError: the system refuses.
    """
    source = layout.file(model, path)
    target = layout.quarantine / f"{_label(model, path)}.{actual.algorithm}-{actual.hexdigest}"
    if link := layout.link_before(source):
        raise in_the_way(source, link)
    with told(source):
        layout.prepare(layout.quarantine)
        try:
            replace(source, target, layout.platform)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copy = staging_path(layout)
            with source.open("rb") as reader, copy.open("xb") as writer:
                shutil.copyfileobj(reader, writer)
            replace(copy, target, layout.platform)
            source.unlink()
    return target


def last_quarantined(layout: Layout, model: str, path: str) -> Path | None:
    """Return the file of that name that was moved out of the way last, or None. Never raises."""
    label = _label(model, path)
    try:
        found = [
            (entry.stat().st_ctime_ns, entry.path)
            for entry in os.scandir(layout.quarantine)
            if entry.name.rpartition(".")[0] == label and entry.is_file(follow_symlinks=False)
        ]
    except OSError:
        return None
    return Path(max(found)[1]) if found else None


def _label(model: str, path: str) -> str:
    return f"{model}--{path.replace('/', '__')}"[-_LONGEST_NAME:]
