"""Packets to frames, tolerating a little damage and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.errors import Damaged

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

MOST_DAMAGED = 50
"""Packets of one stream that may fail to decode before the file counts as damaged."""


class Decoder:
    """Decodes the packets of one stream and counts those that cannot be decoded.

    Raises:
        Damaged: more than `MOST_DAMAGED` packets could not be decoded. What a detector did not see
            must not pass for 'nothing found'.
    """

    def __init__(self, path: Path) -> None:
        self.damaged = 0
        self._path = path

    def frames(self, packet: Packet[Any]) -> list[Any]:
        """Return the frames that `packet` completes; an undecodable packet gives none."""
        import av

        try:
            frames: list[Any] = list(packet.decode())
        except av.FFmpegError:
            frames = []
            self._count()
        for frame in frames:
            if frame.is_corrupt:
                self._count()
        return frames

    def _count(self) -> None:
        self.damaged += 1
        if self.damaged > MOST_DAMAGED:
            raise Damaged(self._path, f"more than {MOST_DAMAGED} of its packets cannot be decoded")


def decoded(path: Path, container: InputContainer, stream: Any) -> Iterator[Any]:
    """Yield the frames of one stream, in order, to the end.

    Raises:
        Damaged: the file cannot be read on, or too much of it cannot be decoded.
    """
    decoder = Decoder(path)
    for packet in packets(path, container, stream):
        yield from decoder.frames(packet)


def packets(path: Path, container: InputContainer, *streams: Any) -> Iterator[Packet[Any]]:
    """Yield the packets of `streams` (none named: of all), then one empty packet each, which flushes.

    Raises:
        Damaged: the file cannot be read on.
    """
    import av

    try:
        yield from container.demux(*streams)
    except av.FFmpegError as error:
        raise Damaged(path, f"it cannot be read to its end ({error.strerror})") from error


def is_flush(packet: Packet[Any]) -> bool:
    """Whether `packet` is no content, only the sign that its stream has ended."""
    return packet.dts is None and packet.pts is None and packet.size == 0
