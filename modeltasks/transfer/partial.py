"""A file that is being fetched: which process works on it, and which of its bytes are there.

`sha256-<hex>.part` is free; `sha256-<hex>.part.<host>-<boot>-<pid>-<random>` belongs to a process. A process
takes one over by renaming it, so that no lock is needed. Two that want the same bytes at once never share a
file: the loser begins another. What a killed process leaves is taken over by the next.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from modeltasks.checksum import BLOCK, BlockDigests
from modeltasks.report.os_errors import no_room
from modeltasks.spec import Checksum
from modeltasks.support.files import is_abandoned, owner_tag
from modeltasks.support.filesystem import free_bytes, is_ours, open_own, set_times
from modeltasks.transfer.byte_ranges import (
    ByteRanges,
    Journal,
    Span,
    block_count,
    held_bytes,
    holes,
    next_piece,
    read_journal,
)

JOURNALED = 32 * 1024 * 1024
"""Bytes from which the digests of blocks are kept on disk during the download. A smaller file costs little to
fetch twice when some of it is wrong, and its partial stays just the bytes."""


def partial_name(checksum: Checksum) -> str:
    """Return the free name of the partial of these bytes, the same for every mirror and process."""
    return f"{checksum.algorithm}-{checksum.hexdigest}.part"


@contextlib.contextmanager
def claimed(folder: Path, checksum: Checksum) -> Iterator[Path]:
    """Take over the fullest partial of these bytes, or make an empty one; yield its private path.

    When the block has completed the file, the other partials of these bytes that nobody works on are removed.
    If the block fails, the partial is released for the next process.

    Raises:
        OSError: the folder cannot be written.
    """
    path = _claim(folder, checksum)
    try:
        yield path
    except BaseException:
        release(path, checksum)
        raise
    forget(folder, checksum)


def forget(folder: Path, checksum: Checksum) -> None:
    """Remove the partials of these bytes that nobody works on. Never raises."""
    for other in _unclaimed(folder, checksum):
        with contextlib.suppress(OSError):
            other.unlink()


def _claim(folder: Path, checksum: Checksum) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    private = folder / f"{partial_name(checksum)}.{owner_tag()}"
    for candidate in sorted(_unclaimed(folder, checksum), key=held_bytes, reverse=True):
        with contextlib.suppress(FileNotFoundError):
            candidate.rename(private)
            _unshare(private)
            set_times(private)
            return private
    with open_own(private, "xb"):
        return private


def _unshare(private: Path) -> None:
    """Give a partial bytes of its own: in a store that was copied by hard links, both would be written."""
    if private.is_symlink():
        private.unlink()
        open_own(private, "xb").close()
    elif not is_ours(private):
        copy = private.with_name(f"{private.name}.copy")
        with open_own(private, "rb") as reader, open_own(copy, "xb") as writer:
            shutil.copyfileobj(reader, writer)
        copy.replace(private)


def release(private: Path, checksum: Checksum) -> None:
    """Rename a partial to its free name; if there is another, keep the one with more bytes."""
    free = private.with_name(partial_name(checksum))
    try:
        better = _is_plain(free) and held_bytes(free) > held_bytes(private)
        if better or not held_bytes(private):
            private.unlink()
        else:
            private.replace(free)
    except OSError:
        # It keeps the private name, and is found by that once this process has ended.
        return


def _unclaimed(folder: Path, checksum: Checksum) -> list[Path]:
    """Return the partials of these bytes that nobody works on.

    The content lock of the store does not tell: it ends when a file is verified, but the file keeps its
    private name until all files of the model are; and file locks do not work everywhere.
    """
    free = folder / partial_name(checksum)
    abandoned = (path for path in folder.glob(f"{free.name}.*") if is_abandoned(path))
    return [path for path in (free, *abandoned) if _is_plain(path)]


def _is_plain(path: Path) -> bool:
    # A link leads to a file that is not ours.
    return path.is_file() and not path.is_symlink()


def held_by_name(folder: Path) -> dict[str, int]:
    """Return how many bytes the fullest partial of each name holds, whoever works on it. Never raises."""
    found: dict[str, int] = {}
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            stem, separator, _ = path.name.partition(".part")
            if separator and _is_plain(path):
                name = f"{stem}.part"
                found[name] = max(found.get(name, 0), held_bytes(path))
    return found


class Partial:
    """A claimed partial; safe to use from several threads.

    `size` is that of the complete file, None while it is not known. `changed` guards all state, and is
    notified when a waiting thread should look again. `generation` goes up whenever the prefix gets shorter.
    `received` counts the bytes that mirrors gave; `on_bytes` is called with the bytes gained or lost.
    """

    def __init__(self, path: Path, size: int | None) -> None:
        self.path = path
        self.size = size
        self.generation = 0
        self.received = 0
        self.on_bytes: Callable[[int], None] = lambda _count: None
        self.changed = threading.Condition()
        self._awaited: int | None = None
        self._ranges = ByteRanges()
        self._journal: Journal | None = None
        self._journal_file: BinaryIO | None = None
        self._load()

    def _load(self) -> None:
        journal = read_journal(self.path)
        length = self.path.stat().st_size
        if journal is not None and self.size in {None, journal.size}:
            self.size = journal.size
            self._journal = journal
            self._journal_file = open_own(self.path, "r+b")
            # A journal of an earlier version has no room for digests.
            journal.write_all(self._journal_file)
            self._ranges = journal.ranges()
        elif journal is None and (self.size is None or length <= self.size):
            self._ranges.add(0, length)
        else:
            self._cut(0)

    @property
    def held(self) -> int:
        """How many bytes are there."""
        with self.changed:
            return self._ranges.total

    @property
    def prefix(self) -> int:
        """How many bytes are there without a gap from the beginning."""
        with self.changed:
            return self._ranges.prefix

    @property
    def complete(self) -> bool:
        """Whether the size is known and every byte is there."""
        with self.changed:
            return self.size is not None and self._ranges.prefix >= self.size

    @property
    def may_have_gaps(self) -> bool:
        """Whether it may have gaps."""
        return self._journal is not None

    @property
    def was_complete(self) -> bool:
        """Whether every byte is there, some of them in doubt."""
        with self.changed:
            journal = self._journal
            return journal is not None and journal.ranges(doubtful=True).prefix == journal.size

    def set_size(self, size: int | None) -> None:
        """Note how long the complete file is; None: nobody knows."""
        with self.changed:
            self.size = size
            self.changed.notify_all()

    def lacks(self, start: int, end: int) -> bool:
        """Whether any of the bytes from `start` up to `end` are missing."""
        with self.changed:
            return any(start < last and first < end for first, last in holes(self._ranges.spans, end))

    def next_piece(self, claimed: list[Span], piece: int, at: int | None = None) -> Span | None:
        """Return missing bytes that are not claimed; see `byte_ranges.next_piece`. The size must be known."""
        with self.changed:
            return next_piece(self._ranges, claimed, self.size or 0, piece, at)

    def free(self, claimed: list[Span]) -> int:
        """Return how many bytes are missing that are not claimed; the size must be known."""
        with self.changed:
            return (self.size or 0) - ByteRanges((*self._ranges.spans, *claimed)).total

    def writer(self, offset: int) -> BinaryIO:
        """Open it for writing at `offset`; unbuffered, so that what is written is there for the reader."""
        stream = open_own(self.path, "r+b")
        stream.seek(offset)
        return stream

    def mark_received(self, offset: int, count: int) -> None:
        """Note that so many bytes were received and written at `offset`."""
        with self.changed:
            self.mark_present(offset, offset + count)
            self.received += count
        self.on_bytes(count)

    def mark_present(self, start: int, end: int) -> None:
        """Note that these bytes are there."""
        with self.changed:
            self._ranges.add(start, end)
            if self._journal is not None and self._journal_file is not None:
                first, last = self._ranges.covering(start)
                near = (max(first, start // BLOCK * BLOCK), min(last, -(-end // BLOCK) * BLOCK))
                self._journal.write(self._journal_file, self._journal.mark(near))
            awaited = self._awaited is not None and self._ranges.prefix >= self._awaited
            if awaited or self.complete:
                self._awaited = None
                self.changed.notify_all()

    def wait_for(self, prefix: int, seconds: float) -> None:
        """Wait, at most so long, until the first `prefix` bytes are there, or all of them.

        Waking the reader for each block would cost more than hashing it.
        """
        with self.changed:
            if self._ranges.prefix >= prefix:
                return
            self._awaited = prefix
            self.changed.wait(seconds)
            self._awaited = None

    def allow_gaps(self) -> None:
        """Allow gaps from now on, with a journal behind the data; the size must be known."""
        with self.changed:
            if self._journal is not None or self.size is None:
                return
            journal = Journal(self.size)
            for span in self._ranges.spans:
                journal.mark(span)
            stream = open_own(self.path, "r+b")
            journal.write_all(stream)
            self._journal, self._journal_file = journal, stream

    def note_crc(self, block: int, crc: int) -> int:
        """Keep the digest of a block, unless it has one; return the one it had, 0 for none."""
        with self.changed:
            if (self.size or 0) >= JOURNALED:
                self.allow_gaps()
            if self._journal is None or self._journal_file is None:
                return 0
            before = self._journal.crc(block)
            if not before:
                self._journal.write_crc(self._journal_file, block, crc)
            return before

    def mark_doubtful(self, blocks: Collection[int], digests: BlockDigests) -> None:
        """Have blocks fetched again, over the bytes that stay there.

        Args:
            blocks: which; all that are there are complete.
            digests: of all blocks, to compare with what will be fetched.
        """
        with self.changed:
            self.allow_gaps()
            if self._journal is None or self._journal_file is None:
                return
            self._journal.unmark(blocks)
            self._journal.set_crcs(digests.crcs)
            self._journal.write_all(self._journal_file)
            self._replace(self._journal.ranges())

    def restart(self, keep: int = 0, size: int | None = None) -> None:
        """Have all but the first `keep` bytes fetched again.

        Where there is a journal they stay, in doubt, to compare with what will be fetched, if the size is
        the same.

        Args:
            keep: bytes that stay.
            size: of what will be fetched; None: not known.
        """
        with self.changed:
            kept = ByteRanges([(0, min(keep, self._ranges.prefix))])
            if self._journal is None or self._journal_file is None or self._journal.size != size:
                self._close_journal()
                self._cut(kept.total)
            else:
                self._journal.unmark(range(kept.total // BLOCK, block_count(size)))
                self._journal.write_all(self._journal_file)
            self.size = size
            self._replace(kept)

    def clear(self) -> None:
        """Drop everything."""
        with self.changed:
            self._close_journal()
            self._cut(0)
            self._replace(ByteRanges())

    def accept_all(self) -> None:
        """Mark everything present: what was in doubt is right."""
        with self.changed:
            missing = (self.size or 0) - self._ranges.total
            self.mark_present(0, self.size or 0)
        self.on_bytes(missing)

    def _replace(self, ranges: ByteRanges) -> None:
        """Set which bytes are there, fewer than before."""
        lost = self._ranges.total - ranges.total
        if ranges.prefix < self._ranges.prefix:
            self.generation += 1
        self._ranges = ranges
        self.changed.notify_all()
        if lost:
            self.on_bytes(-lost)

    def _cut(self, length: int) -> None:
        # On ext4, closing a file that was ever cut to nothing waits for the disk.
        if self.path.stat().st_size != length:
            with open_own(self.path, "r+b") as stream:
                stream.truncate(length)

    def finish(self) -> None:
        """Cut off the journal, without waiting for the disk: the store doubts what a crash may have lost."""
        with self.changed:
            self._close_journal()
            with open_own(self.path, "r+b") as stream:
                stream.truncate(self.size)

    def touch(self) -> None:
        """Renew the sign that this process works on it."""
        set_times(self.path)

    def close(self) -> None:
        """Close what is open; the file stays."""
        with self.changed:
            self._close_journal()

    def _close_journal(self) -> None:
        if self._journal_file is not None:
            self._journal_file.close()
        self._journal = self._journal_file = None


def check_free_space(directory: Path, size: int, held: int) -> None:
    """Check that twice the size fits: the partial, and a copy where no link works.

    Raises:
        DiskFull: fewer bytes are free than twice `size` less the bytes `held` already. Not if unknown.
    """
    needed = 2 * size - held
    free = free_bytes(directory)
    if free is not None and needed > free:
        raise no_room(directory, needed, free)
