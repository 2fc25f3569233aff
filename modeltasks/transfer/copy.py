"""Fetching from a mirror that is read as a stream."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from modeltasks.checksum import BUFFER
from modeltasks.errors import LocalError
from modeltasks.report.os_errors import explain, explained
from modeltasks.transfer.mirror import Failed, StreamMirror
from modeltasks.transfer.workers import Attempt, Worker


def copy_stream(mirror: StreamMirror, attempt: Attempt, worker: Worker) -> None:
    """Copy all bytes that are missing from a mirror.

    Raises:
        Failed: it cannot be opened or read.
        ModelTasksError: it does not have the right bytes.
        LocalError: the partial cannot be written.
    """
    try:
        with ExitStack() as stack:
            try:
                stream = stack.enter_context(mirror.open())
            except LocalError as error:
                # Another mirror may do; unlike where the partial cannot be written.
                raise Failed(error) from error
            worker.connected(None)
            _copy(stream, attempt, mirror.label)
    except OSError as error:
        # Of the stream: what our own disk refuses is a `LocalError` by now.
        raise Failed(explain(error, Path(mirror.label))) from error


def _copy(stream: BinaryIO, attempt: Attempt, label: str) -> None:
    partial, size = attempt.partial, attempt.wanted.size
    announced: int | None = getattr(stream, "announced_size", None)
    if announced is not None:
        # Before a byte of it is kept: an archive of some kilobytes can hold a file that fills the disk.
        attempt.learn_size(announced, label)
        size = announced
    offset = _skip(stream, partial.prefix)
    with explained(partial.path.parent):
        attempt.restart(keep=offset, size=announced)
        out = partial.writer(offset)
    with out:
        while data := stream.read(BUFFER):
            if size is not None and offset + len(data) > size:
                # Behind the last byte lies the journal.
                offset += len(data)
                break
            offset = attempt.write(out, offset, data)
    attempt.learn_size(offset, label)


def _skip(stream: BinaryIO, count: int) -> int:
    """Leave out the first `count` bytes; return how many there were."""
    if stream.seekable():
        return stream.seek(count)
    done = 0
    while done < count and (data := stream.read(min(BUFFER, count - done))):
        done += len(data)
    return done
