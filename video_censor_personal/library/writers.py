"""Which films are being written at this moment: copied in, recorded, downloaded."""

from __future__ import annotations

import errno
import os
import signal
import stat
import sys
import time
from collections.abc import Iterable
from pathlib import Path

_RECENT = 600.0
"""Seconds. Who writes a film changes it more often than this."""
_JUST_NOW = 30.0
"""Seconds. Where nobody can tell who has a file open, one that changed so recently is looked at twice."""
_BETWEEN_LOOKS = 1.0
_INSTANT = 0.1
_NETWORKS = ("9p", "afs", "ceph", "cifs", "fuse", "glusterfs", "lustre", "nfs", "smb", "vboxsf", "virtiofs")
"""How the kinds of file systems begin that other machines may write to."""


def being_written(films: Iterable[Path]) -> frozenset[Path]:
    """Return those of the films that somebody writes to.

    A film that is complete is not among them, however new it is.
    """
    now = time.time()
    ages = {film: now - changed for film in films if (changed := _changed(film)) is not None}
    recent = [film for film, age in ages.items() if age < _RECENT]
    elsewhere = network_devices(_mounts()) if recent else frozenset()
    known = {film: None if _device(film) in elsewhere else _has_writer(film) for film in recent}
    writers = [film for film in recent if known[film]]
    if writers:
        # A process that was started at that moment has for an instant all that its parent had open.
        time.sleep(_INSTANT)
        known |= {film: _has_writer(film) for film in writers}
    unknown = [film for film in recent if known[film] is None and ages[film] < _JUST_NOW]
    return frozenset(film for film in recent if known[film]) | still_growing(unknown)


def still_growing(films: Iterable[Path]) -> frozenset[Path]:
    """Return those of the films that change while we look, for a second."""
    before = {film: _state(film) for film in films}
    if before:
        time.sleep(_BETWEEN_LOOKS)
    return frozenset(film for film, state in before.items() if _state(film) != state)


def _changed(film: Path) -> float | None:
    try:
        found = film.stat()
    except OSError:  # whoever opens it will say why
        return None
    return found.st_mtime if stat.S_ISREG(found.st_mode) else None


def _state(film: Path) -> tuple[int, int] | None:
    """The size and time of a film; opening it makes a network file system ask its server."""
    try:
        with film.open("rb", buffering=0) as stream:
            found = os.fstat(stream.fileno())
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def network_devices(mounts: str) -> frozenset[int]:
    """Return the devices in a table of mounts whose files may be written on another machine.

    There, this system knows only of its own writers; and it grants no lease though nobody writes, or one
    though somebody does.
    """
    devices = set()
    for line in mounts.splitlines():
        place, _, system = line.partition(" - ")
        kind = system.partition(" ")[0]
        if kind.startswith(_NETWORKS) and kind != "fuseblk":
            major, _, minor = place.split()[2].partition(":")
            devices.add(os.makedev(int(major), int(minor)))
    return frozenset(devices)


def _mounts() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:  # not Linux
        return ""


def _device(film: Path) -> int | None:
    try:
        return film.stat().st_dev
    except OSError:
        return None


def _has_writer(film: Path) -> bool | None:
    """Whether anybody has the film open for writing; None where the system does not tell.

    Linux grants a lease for reading only while nobody has. Who opens the file in the moment that we hold it
    waits until we let go, and we are told by a signal, which is one that everybody ignores.
    """
    if sys.platform != "linux":
        return None
    import fcntl

    try:
        # Without waiting for a lease that somebody else has.
        opened = os.open(film, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.fcntl(opened, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        # EACCES: not our file. EINVAL: the file system has no leases.
        return True if error.errno == errno.EAGAIN else None
    finally:
        os.close(opened)
    return False
