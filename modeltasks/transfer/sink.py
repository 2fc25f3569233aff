"""Where the workers of one attempt put their bytes, and who of them fills which part."""

from __future__ import annotations

import threading
from typing import BinaryIO

from modeltasks.errors import BadAnswer, DiskFull, SizeMismatch
from modeltasks.report.os_errors import explain
from modeltasks.report.progress import FileProgress
from modeltasks.transfer.byte_ranges import Span
from modeltasks.transfer.failure import Failed, Stopped
from modeltasks.transfer.partial import Partial, check_room
from modeltasks.transfer.wanted import Wanted

LARGEST = 500 * 10**9
"""Bytes: no hub takes a file that is larger, so a server that announces more is wrong."""

_MOMENT = 0.05


class Sink:
    """A partial with its bar; safe to use from several threads.

    `received` counts the bytes of this attempt; `encoded` names the Content-Encoding of bytes that were
    taken as they were sent.
    """

    def __init__(self, wanted: Wanted, partial: Partial, bar: FileProgress) -> None:
        self.wanted = wanted
        self.partial = partial
        self.stop = threading.Event()
        self.received = 0
        self.looks_like_html = False
        self.encoded = ""
        self._bar = bar
        self._claims: dict[object, Span] = {}
        if not partial.scattered:
            # What another response announced says nothing about those of this attempt.
            with partial.changed:
                partial.size = wanted.size

    def put(self, out: BinaryIO, offset: int, data: bytes) -> int:
        """Write `data` at `offset`, where `out` stands; return the offset behind it.

        Raises:
            Stopped: nobody wants the bytes any more.
            DiskFull: no room.
        """
        partial, done = self.partial, 0
        while done < len(data):
            if self.stop.is_set():
                raise Stopped
            try:
                written = out.write(memoryview(data)[done:])
            except OSError as error:
                raise explain(error, partial.path, (partial.size or 0) - offset) from error
            with partial.changed:
                partial.landed(offset, offset + written)
                self.received += written
            self._bar.advance(written)
            offset += written
            done += written
        return offset

    def restart(self, keep: int = 0, size: int | None = None) -> None:
        """Have all but the first `keep` bytes brought again.

        Args:
            keep: bytes that stay.
            size: what the response that comes now announces. What another one did says nothing about it.
        """
        if self.stop.is_set():
            raise Stopped
        if lost := self.partial.restart(keep, self.wanted.size if size is None else size):
            self._bar.advance(-lost)

    def fill(self) -> None:
        """Take what is there for complete: what is in doubt has turned out to be right."""
        self._bar.advance(self.partial.fill())

    def learn_size(self, total: int, origin: str) -> None:
        """Take note of the size that a mirror announces for the whole file.

        Raises:
            SizeMismatch: another size is wanted.
            BadAnswer: no size was known before, and this cannot be true.
            Failed: no size was known before, and this machine has no room for that: unless it is a lie.
        """
        if self.wanted.size is not None and total != self.wanted.size:
            raise SizeMismatch(self.wanted.label, self.wanted.size, total, origin)
        if self.partial.size == total:
            return
        if total > LARGEST:
            raise BadAnswer(
                origin, self.wanted.label, f"it announces {total:,} bytes, more than any model has"
            )
        if self.partial.size is not None or total < self.partial.held:
            self.restart(size=total)
        try:
            check_room(self.partial.path.parent, total, self.partial.held)
        except DiskFull as error:
            error.add_note(f"The size is what {origin} announces; the config names none")
            raise Failed(error) from error
        self.partial.set_size(total)

    def claim(self, worker: object, piece: int, at: int | None = None) -> Span | None:
        """Give a worker missing bytes that no other fills, at most `piece` of them; None: nothing is free.

        Args:
            worker: who will fill them; what it had before is given back.
            piece: bytes, a multiple of `extents.BLOCK`.
            at: if given, only bytes that begin there will do.
        """
        with self.partial.changed:
            self._claims.pop(worker, None)
            span = self.partial.next_piece(list(self._claims.values()), piece, at)
            if span is not None:
                self._claims[worker] = span
            return span

    def give_back(self, worker: object) -> None:
        """Let others fill what this worker had."""
        with self.partial.changed:
            self._claims.pop(worker, None)
            self.partial.changed.notify_all()

    @property
    def claimed(self) -> bool:
        """Whether any worker is filling a part."""
        return bool(self._claims)

    @property
    def free(self) -> int:
        """How many bytes are missing that no worker fills; the size must be known."""
        with self.partial.changed:
            return self.partial.free(list(self._claims.values()))

    def wait(self) -> None:
        """Wait a little for something to change.

        Raises:
            Stopped: nobody wants more bytes.
        """
        with self.partial.changed:
            if self.stop.is_set():
                raise Stopped
            self.partial.changed.wait(_MOMENT)
