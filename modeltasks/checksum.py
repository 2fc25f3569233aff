"""Digests of bytes as they stream by, and of files, one or many at once.

`hashlib` lets go of the interpreter lock while it digests, so threads use all cores: two of them
hash twice as fast as one, and faster than two processes.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from modeltasks.support.cancel import Cancelled, CancelToken
from modeltasks.support.threads import in_threads

BUFFER = 256 * 1024
"""Bytes per read. Less costs system calls; from 1 MiB on, writes of this size get slower on Linux."""

BLOCK = 256 * 1024
"""Bytes that have a digest of their own: what is fetched again at the least when some are wrong."""

_REPORT_EVERY = 4 * 1024 * 1024


class Hasher(Protocol):
    """What takes bytes and gives a digest."""

    def update(self, data: bytes | bytearray | memoryview, /) -> None:
        """Digest more bytes."""

    def hexdigest(self) -> str:
        """Return the digest of all bytes so far, in lower-case hex."""

    def copy(self) -> Hasher:
        """Return another hasher of the same bytes so far."""


@dataclass(frozen=True, slots=True)
class BlockDigests:
    """The CRC-32 of each `BLOCK` of `size` bytes, the last of which may be short; 0 where it is not known.

    They tell where two versions of the same bytes differ. Which of them is right, only the checksum of the
    whole says: for that, a CRC is too weak, but it costs a fifth of a SHA-256.
    """

    size: int
    crcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HashJob:
    """A file to hash. `on_bytes` hears, on another thread, how many more bytes are done."""

    path: Path
    algorithm: str
    on_bytes: Callable[[int], None] = lambda _count: None


@dataclass(frozen=True, slots=True)
class Hashed:
    """A digest, and the file as it was when reading began: a later change cannot hide behind it."""

    hexdigest: str
    stat: os.stat_result
    started_ns: int
    seconds: float


def new_hasher(algorithm: str, size: int | None = None) -> Hasher:
    """Return an empty hasher for one of `spec.DIGEST_LENGTHS`.

    Args:
        algorithm: its name; `git-sha1` is git's id of a blob, SHA-1 of a header and the content.
        size: bytes that will come. Only `git-sha1` needs it, since its header holds it.

    Raises:
        ValueError: `git-sha1` without a size, or an algorithm that does not exist.
    """
    if algorithm != "git-sha1":
        return hashlib.new(algorithm, usedforsecurity=False)
    if size is None:
        raise ValueError("git-sha1 cannot be computed before the size is known")
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)


def hash_file(
    path: str | Path,
    algorithm: str,
    *,
    cancel: CancelToken | None = None,
    on_bytes: Callable[[int], None] = lambda _count: None,
) -> str:
    """Return the digest of a whole file in hex.

    Raises:
        OSError: it cannot be read.
        Cancelled: `cancel` was set meanwhile.
    """
    return hash_now(HashJob(Path(path), algorithm, on_bytes), cancel or CancelToken()).hexdigest


def hash_now(job: HashJob, cancel: CancelToken) -> Hashed:
    """Hash one file on this thread.

    Raises:
        OSError: it cannot be read.
        Cancelled: `cancel` was set meanwhile.
    """
    started_ns = time.time_ns()
    clock = time.perf_counter()
    with job.path.open("rb", buffering=0) as stream:
        stat = os.fstat(stream.fileno())
        hasher = new_hasher(job.algorithm, stat.st_size)
        buffer = memoryview(bytearray(BUFFER))
        unreported = 0
        while count := stream.readinto(buffer):
            hasher.update(buffer[:count])
            unreported += count
            if unreported >= _REPORT_EVERY:
                cancel.check()
                job.on_bytes(unreported)
                unreported = 0
        job.on_bytes(unreported)
    return Hashed(hasher.hexdigest(), stat, started_ns, time.perf_counter() - clock)


def hash_files(
    jobs: Sequence[HashJob], *, cancel: CancelToken, workers: int | None = None
) -> Iterator[tuple[int, Hashed | OSError]]:
    """Hash many files at once, the largest first, and yield each as soon as it is done.

    Largest first, because a file is hashed by one core: a large one left to the end would run alone.

    Args:
        jobs: the files.
        cancel: stops all of them.
        workers: threads; as many as there are cores, when None.

    Yields:
        The place in `jobs`, and the result or why the file could not be read.

    Raises:
        Cancelled: `cancel` was set meanwhile.
    """
    stop = threading.Event()

    def hash_one(index: int) -> tuple[int, Hashed | OSError]:
        job = jobs[index]

        def report(count: int) -> None:
            if stop.is_set():
                raise Cancelled
            job.on_bytes(count)

        try:
            cancel.check()
            return index, hash_now(HashJob(job.path, job.algorithm, report), cancel)
        except OSError as error:
            return index, error

    order = sorted(range(len(jobs)), key=lambda index: -_size(jobs[index].path))
    futures = in_threads([partial(hash_one, index) for index in order], workers or usable_cores(), "hash")
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        # Also when the consumer stops early or Ctrl-C strikes.
        stop.set()
        for future in futures:
            future.cancel()
        wait(futures)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
