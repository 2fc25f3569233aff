"""Packets to frames; what cannot be decoded is left out, and can be measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.container import origin_of
from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.probe import open_media
from video_censor_personal.media.scan import scan
from video_censor_personal.media.stamps import StreamLine
from video_censor_personal.media.timeline import Timeline

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

    from video_censor_personal.media.meter import Meter


class Decoder:
    """Decodes the packets of one stream; what cannot be decoded is left out and counted.

    `decoded` counts frames, `damaged` packets that gave an error instead, and corrupt frames.
    """

    def __init__(self) -> None:
        self.decoded = 0
        self.damaged = 0

    def frames(self, packet: Packet[Any]) -> list[Any]:
        """Return the frames that `packet` completes; an undecodable packet gives none."""
        import av

        try:
            frames: list[Any] = list(packet.decode())
        except av.BlockingIOError:
            frames = self._restarted(packet)
        except av.FFmpegError:
            frames = []
            self.damaged += 1
        self.decoded += len(frames)
        self.damaged += sum(frame.is_corrupt for frame in frames)
        return frames

    def _restarted(self, packet: Packet[Any]) -> list[Any]:
        """Decode a packet that is not taken because of what a damaged one left in the decoder."""
        import av

        frames: list[Any] = []
        context = packet.stream.codec_context
        for rest in (None, packet):
            try:
                frames += context.decode(rest)
            except av.FFmpegError:
                self.damaged += 1
            if rest is None:
                context.flush_buffers()
        for frame in frames:
            frame.time_base = frame.time_base or packet.time_base
        return frames

    def require_any(self, path: Path, stream: Any) -> None:
        """Make sure, at the end, that not all of the stream was undecodable.

        Raises:
            Damaged: it was.
        """
        if self.damaged and not self.decoded:
            raise Damaged(path, f"nothing of stream {stream.index} ({stream.type}) can be decoded")


def decoded(path: Path, container: InputContainer, stream: Any, meter: Meter | None = None) -> Iterator[Any]:
    """Yield the frames of one stream, in order, to the end; what cannot be decoded is left out.

    Args:
        path: of the container, for messages.
        container: at the place to begin at.
        stream: of the container.
        meter: is shown all packets and frames.

    Raises:
        Damaged: the file cannot be read on, or nothing of the stream can be decoded.
    """
    decoder = Decoder()
    if meter is not None and not meter.is_open:
        meter.open(stream, float(origin_of(container)))
    for packet in packets(path, container, stream):
        damaged = decoder.damaged
        if meter is not None:
            meter.packet(packet)
        frames = decoder.frames(packet)
        if meter is not None and not frames and decoder.damaged > damaged:
            meter.failed(packet)
        for frame in frames:
            if meter is not None:
                meter.frame(frame)
            yield frame
    decoder.require_any(path, stream)


def packets(path: Path, container: InputContainer, *streams: Any) -> Iterator[Packet[Any]]:
    """Yield the packets of `streams` (none named: of all), then one empty packet each, which flushes.

    Their time stamps are those of the film's time line. Where that differs from the file's own stamps, the
    container must stand at its beginning.

    Raises:
        Damaged: the file cannot be read on.
    """
    import av

    placed = _placed(scan(path).timeline, container.demux(*streams))
    try:
        yield from placed
    except av.FFmpegError as error:
        raise Damaged(path, f"it cannot be read to its end ({error.strerror})") from error


def seek(path: Path, container: InputContainer, stream: Any, seconds: Fraction | float) -> bool:
    """Move to the last key frame before a moment of the container's clock.

    False where the file's own stamps are no guide, or the library finds nothing there.
    """
    import av

    if not scan(path).timeline.is_plain:
        return False
    try:
        container.seek(round(seconds / stream.time_base), stream=stream)
    except av.FFmpegError:
        return False
    return True


def decoded_from(path: Path, container: InputContainer, index: int, seconds: Fraction) -> Iterator[Any]:
    """Yield the frames of a stream from the last key frame before a moment of the container's clock on.

    Where one cannot move to that, the file is opened again and read from its beginning.

    Raises:
        Damaged: the file cannot be read on, or too much of it cannot be decoded.
    """
    if seek(path, container, container.streams[index], seconds):
        yield from decoded(path, container, container.streams[index])
        return
    with open_media(path) as again:
        yield from decoded(path, again, again.streams[index])


def _placed(timeline: Timeline, found: Iterator[Packet[Any]]) -> Iterator[Packet[Any]]:
    if timeline.is_plain:
        yield from found
        return
    counts: dict[int, int] = defaultdict(int)
    for packet in found:
        if not is_flush(packet):
            index = packet.stream.index
            _place(packet, timeline.streams[index], counts[index])
            counts[index] += 1
        yield packet


def _place(packet: Packet[Any], line: StreamLine, number: int) -> None:
    """Give packet `number` of its stream the stamps that it should have."""
    if number in line.moved:
        packet.dts, packet.pts = line.moved[number]
    elif shift := line.shift(number):
        packet.dts = None if packet.dts is None else packet.dts + shift
        packet.pts = None if packet.pts is None else packet.pts + shift


def is_flush(packet: Packet[Any]) -> bool:
    """Whether `packet` is no content, only the sign that its stream has ended."""
    return packet.dts is None and packet.pts is None and packet.size == 0
