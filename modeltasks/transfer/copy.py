"""Bytes from a mirror that is on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from modeltasks.checksum import BUFFER
from modeltasks.errors import ModelTasksError
from modeltasks.report.os_errors import refused, told
from modeltasks.transfer.exchange import Exchange
from modeltasks.transfer.failure import Failed
from modeltasks.transfer.mirror import StreamMirror
from modeltasks.transfer.sink import Sink


class StreamSupply:
    """Copies a `StreamMirror` into a sink, from where the partial ends."""

    free_parts = 0

    def __init__(self, mirror: StreamMirror, sink: Sink) -> None:
        self._mirror = mirror
        self._sink = sink

    def lead(self, exchange: Exchange) -> None:
        """Bring all bytes that are missing."""
        try:
            with self._mirror.open() as stream:
                exchange.connected(None)
                self._copy(stream)
        except ModelTasksError as error:
            raise Failed(error) from error
        except OSError as error:
            # Of the stream: what our own disk refuses is a `LocalError` by then.
            detail = error.strerror or str(error)
            raise Failed(refused(Path(self._mirror.label), detail)) from error

    def extra(self, exchange: Exchange) -> None:
        """Bring nothing: a stream has one reader."""

    def _copy(self, stream: BinaryIO) -> None:
        sink = self._sink
        size = sink.wanted.size
        directory = sink.partial.path.parent
        offset = _skip(stream, sink.partial.prefix)
        with told(directory):
            sink.restart(keep=offset)
            out = sink.partial.writer(offset)
        with out:
            while data := stream.read(BUFFER):
                if size is not None and offset + len(data) > size:
                    # Behind the last byte lies the journal.
                    offset += len(data)
                    break
                offset = sink.put(out, offset, data)
        sink.learn_size(offset, self._mirror.label)


def _skip(stream: BinaryIO, count: int) -> int:
    """Leave out the first `count` bytes; return how many there were."""
    if stream.seekable():
        return stream.seek(count)
    done = 0
    while done < count and (data := stream.read(min(BUFFER, count - done))):
        done += len(data)
    return done
