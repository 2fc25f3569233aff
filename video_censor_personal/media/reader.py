"""Opening a media file, and reading its packets and frames on the film's time line."""

from __future__ import annotations

import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_censor_personal.machine import shared_cores
from video_censor_personal.media.errors import Damaged, NotAVideo, read_failure
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.timeline import StreamLine, Timeline

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

    from video_censor_personal.media.meter import Meter

_MICROSECONDS = 1_000_000

_LONGEST_RUN_IN = Fraction(1, 2)
"""Seconds; a film whose clock runs over in its middle is given longer times below zero."""

_NOT_FILMS = frozenset({"tty", "image2", "bin", "idf", "xbin", "adf", "ico"})
"""Formats of texts and pictures, which the library is willing to play as if they were films."""


def file_url(path: Path) -> str:
    """Return what the library takes for the file `path`, also where its name looks like an address.

    Otherwise "Mission: Possible.mp4" would be asked for by a protocol called Mission.
    """
    return f"file:{path}"


@contextmanager
def opened(path: Path, options: Mapping[str, str]) -> Iterator[InputContainer]:
    """Open `path` for reading, with options of the format.

    Raises:
        MediaError: it is missing, a folder, or no media file.
    """
    import av

    try:
        found = path.stat()
    except OSError as error:
        raise read_failure(path, error) from error
    if stat.S_ISDIR(found.st_mode):
        raise NotAVideo(path, "it is a folder")
    try:
        container = av.open(file_url(path), "r", options=dict(options), metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise NotAVideo(path, _reason(found.st_size, error)) from error
    if container.format.name in _NOT_FILMS or container.format.name.endswith("_pipe"):
        container.close()
        kind, is_picture, _ = container.format.name.partition("_pipe")
        what = f"a picture ({kind})" if is_picture else f"a {container.format.long_name} file"
        raise NotAVideo(path, f"it is {what}")
    try:
        yield container
    finally:
        container.close()


@contextmanager
def open_film(info: MediaInfo) -> Iterator[FilmReader]:
    """Open a film, of which this is known, for reading; with all its streams.

    Raises:
        MediaError: it is missing, a folder, or no media file.
    """
    with opened(info.path, info.options) as container:
        yield FilmReader(info, container)


class FilmReader:
    """A film that is open: its packets, and its frames, by stream.

    Time stamps are those of the film's time line, by the container's clock. Where that differs from the
    file's own stamps, nothing may have been read before packets or frames are asked for.

    `watch` is told the time of each packet that is read, in seconds; what it raises stops the reading.
    """

    def __init__(self, info: MediaInfo, container: InputContainer) -> None:
        self.info = info
        self.container = container
        self.watch: Callable[[float], None] | None = None

    def stream(self, index: int) -> Any:
        """Return the library's object for a stream; pictures are decoded by several threads."""
        stream: Any = self.container.streams[index]
        context = stream.codec_context
        if stream.type == "video" and context is not None and not context.is_open:
            stream.thread_type = "AUTO"
            if (cores := shared_cores()) is not None:
                stream.thread_count = cores
        return stream

    def packets(self, *indexes: int) -> Iterator[Packet[Any]]:
        """Yield the packets of some streams (none named: of all), then one empty packet each, which flushes.

        Raises:
            Damaged: the file cannot be read on.
        """
        import av

        streams = [self.stream(index) for index in indexes]
        placed = _placed(self.info.timeline, self.container.demux(*streams))
        try:
            yield from placed if self.watch is None else self._watched(placed, self.watch)
        except av.FFmpegError as error:
            raise Damaged(self.info.path, f"it cannot be read to its end ({error.strerror})") from error

    def _watched(
        self, packets: Iterator[Packet[Any]], watch: Callable[[float], None]
    ) -> Iterator[Packet[Any]]:
        for packet in packets:
            if packet.pts is not None:
                watch(float(packet.pts * packet.time_base - self.info.origin))
            yield packet

    def frames(self, index: int, meter: Meter | None = None) -> Iterator[Any]:
        """Yield the frames of one stream, in order, to the end; what cannot be decoded is left out.

        Args:
            index: of the stream.
            meter: is shown all packets and frames.

        Raises:
            Damaged: the file cannot be read on, or nothing of the stream can be decoded.
        """
        decoder = Decoder()
        if meter is not None and not meter.is_open:
            meter.open(self.stream(index), float(self.info.origin))
        for packet in self.packets(index):
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
        decoder.require_any(self.info.path, self.stream(index))

    def seek(self, index: int, seconds: Fraction | float) -> bool:
        """Move to the last key frame before a moment of the container's clock.

        False where the file's own stamps are no guide, or the library finds nothing there.
        """
        import av

        if not self.info.timeline.is_plain:
            return False
        stream = self.stream(index)
        try:
            self.container.seek(round(seconds / stream.time_base), stream=stream)
        except av.FFmpegError:
            return False
        return True

    def frames_from(self, index: int, seconds: Fraction) -> Iterator[Any]:
        """Yield the frames of a stream from the last key frame before a moment of the container's clock on.

        Where one cannot move to that, the file is opened again and read from its beginning.

        Raises:
            Damaged: the file cannot be read on, or too much of it cannot be decoded.
        """
        if self.seek(index, seconds):
            yield from self.frames(index)
            return
        with open_film(self.info) as reopened:
            yield from reopened.frames(index)


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


class SharedDecoder(Decoder):
    """A decoder for several who are shown the same packets one after the other; each is decoded once."""

    def __init__(self) -> None:
        super().__init__()
        self._packet: Packet[Any] | None = None
        self._frames: list[Any] = []

    def frames(self, packet: Packet[Any]) -> list[Any]:
        """Return the frames that `packet` completes, also when it is shown again."""
        if packet is not self._packet:
            self._packet, self._frames = packet, super().frames(packet)
        return self._frames


def declared_duration(container: InputContainer) -> float | None:
    """Return the length that a file declares, in seconds; None for none."""
    return None if container.duration is None else container.duration / _MICROSECONDS


def origin_of(container: InputContainer) -> Fraction:
    """Return the container's time, in seconds, of the time line's 0 (see `MediaInfo`).

    Where there is sound or a picture, it begins with them: data or subtitles may be left out of a copy.
    """
    start = Fraction(getattr(container, "start_time", None) or 0, _MICROSECONDS)
    starts = [
        stream.start_time * stream.time_base
        for stream in container.streams
        if stream.start_time is not None and stream.time_base is not None and _is_played(stream)
    ]
    start = max(start, min(starts, default=start))
    return start if start > 0 or start < -_LONGEST_RUN_IN else Fraction(0)


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


def _is_played(stream: Stream) -> bool:
    from av.stream import Disposition

    return stream.type in ("video", "audio") and not stream.disposition & Disposition.attached_pic


def _reason(size: int, error: Exception) -> str:
    if size == 0:
        return "it is empty"
    if isinstance(error, PermissionError):
        return "you may not read it"
    return f"it is cut off, damaged, or of another kind ({getattr(error, 'strerror', None) or error})"
