"""Fetching from a mirror that is read as a stream."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from modeltasks.checksum import BUFFER
from modeltasks.errors import ModelTasksError
from modeltasks.report.os_errors import refused, told
from modeltasks.transfer.mirror import Failed, StreamMirror
from modeltasks.transfer.workers import Attempt, Worker


def copy_stream(mirror: StreamMirror, attempt: Attempt, worker: Worker) -> None:
    """Copy all bytes that are missing from a mirror.

    Raises:
        Failed: it has none, or cannot be read.
    """
    try:
        with mirror.open() as stream:
            worker.connected(None)
            _copy(stream, attempt, mirror.label)
    except ModelTasksError as error:
        raise Failed(error) from error
    except OSError as error:
        # It is of the stream: errors of our own disk are a `LocalError` by now.
        raise Failed(refused(Path(mirror.label), error.strerror or str(error))) from error


def _copy(stream: BinaryIO, attempt: Attempt, label: str) -> None:
    partial, size = attempt.partial, attempt.wanted.size
    offset = _skip(stream, partial.prefix)
    with told(partial.path.parent):
        attempt.restart(keep=offset)
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
