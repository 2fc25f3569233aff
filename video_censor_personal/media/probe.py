"""What is in a film: what its header says, and what all its packets, read once without decoding, tell."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.errors import Damaged, NotAVideo
from video_censor_personal.media.info import Chapter, MediaInfo, StreamInfo
from video_censor_personal.media.marking import marked_plan
from video_censor_personal.media.notes import FilmFacts, described
from video_censor_personal.media.reader import FilmReader, declared_duration, opened, origin_of
from video_censor_personal.media.timeline import UNKNOWN, Stamps

if TYPE_CHECKING:
    import numpy as np
    from av.container import InputContainer
    from av.stream import Stream
    from numpy.typing import NDArray

_LEAST_CUT = 0.5
_CUT_SHARE = 0.05
"""A file whose content ends this much before its declared end (seconds, share) is taken as cut off."""
_UNDECLARED = frozenset({"mp3", "aac", "ac3", "eac3", "dts", "truehd", "amr", "loas", "mpegts", "mpeg"})
"""Formats without a word of their length, for which the library makes a guess."""
_RESTARTING = frozenset({"mpegts", "mpeg", "mpegvideo", "wtv", "flv", "rtsp", "hls"})
"""Formats whose clock may begin again in the middle."""
_SHOWN_ONLY = frozenset({"matroska", "webm"})
"""Formats that say when a picture is shown, and not when it is decoded."""
_LEAST_UNREAD = 2**15
"""Bytes at the end of a file that may be anything."""
_PROBED = (2**26, 2**28)
"""Bytes read ahead, and kept in memory while the file is opened, to learn of streams that begin late."""
_READ_ALL_AHEAD = {"analyzeduration": str(2**40), "fpsprobesize": str(2**30)}
"""Makes the library read ahead until its bytes are used up, though it knows the streams it has seen."""
_MEASURED_PACKETS = 500
"""Packets that tell the bit rate of a sound where the file does not declare it."""


class Film:
    """A film in a run: where it is; what is in it is found out once, when it is first needed.

    Args:
        path: the file.
        notes: the folder where what is found out is noted for later runs.
        known: what is known of it, where it was looked into already.
    """

    def __init__(self, path: Path, notes: Path | None = None, known: FilmFacts | None = None) -> None:
        self.path = path
        self._notes = notes
        self._known = known

    @cached_property
    def info(self) -> MediaInfo:
        """What is in it. Raises MediaError as `probe`."""
        return probe(self.path, self._notes) if self._known is None else self._known.info

    @property
    def fingerprint(self) -> str | None:
        """Its SHA-256 in hex, where that is known already."""
        return None if self._known is None else self._known.fingerprint


def probe(path: Path, notes: Path | None = None) -> MediaInfo:
    """Return what is in the video file `path`, from the notes in a folder where the file did not change.

    Raises:
        MediaError: it is missing, a folder, no film, cut off, or has neither moving pictures nor sound; or
            its time stamps are in such disorder that the packets cannot be placed.
    """
    return _read(path) if notes is None else described(path, notes, _read)


@contextmanager
def open_by_header(path: Path) -> Iterator[FilmReader]:
    """Open a file whose own word is taken for its streams and time stamps, as a player takes it.

    Raises:
        MediaError: it is missing, a folder, or no media file.
    """
    with opened(path, {}) as container:
        yield FilmReader(_describe(path, container), container)


def _read(path: Path) -> MediaInfo:
    """Read all packets of a file, opened so that all its streams are seen."""
    options: dict[str, str] = {}
    for size in (*_PROBED, None):
        with opened(path, options) as container:
            header = _describe(path, container)
            found = _packets(container)
            if found is not None:
                _require_all_read(path, container, found)
                return _completed(replace(header, options=MappingProxyType(options)), found)
        options = {"probesize": str(size), **_READ_ALL_AHEAD}
    raise Damaged(path, f"a stream begins only after the first {_PROBED[-1] >> 20} MiB, which cannot be read")


def _completed(header: MediaInfo, found: Mapping[int, _StreamPackets]) -> MediaInfo:
    """Return what the header says, made right by the packets.

    Some formats count their length from the clock's 0, not from the film's beginning.
    """
    from video_censor_personal.media.placing import plan_timeline

    restarts = not _RESTARTING.isdisjoint(header.formats)
    timeline = plan_timeline([each.stamps() for each in found.values()], restarts=restarts)
    if timeline.disorder:
        raise Damaged(header.path, timeline.disorder)
    if not header.of_kind("video") and not header.of_kind("audio"):
        raise NotAVideo(header.path, "it has neither moving pictures nor sound")
    end = max((timeline.end or 0.0) - float(header.origin), 0.0)
    declared = header.duration
    is_declared = header.format not in _UNDECLARED and timeline.is_plain
    errs = not is_declared or abs(end - declared) > _LEAST_CUT
    duration = end if errs else declared
    least = declared - max(_LEAST_CUT, _CUT_SHARE * declared)
    if is_declared and duration + max(float(header.origin), 0.0) < least:
        raise NotAVideo(header.path, f"it is cut off: it says {declared:.1f} s, and ends at {duration:.1f} s")
    streams = tuple(
        replace(each, bit_rate=each.bit_rate or found[each.index].bit_rate) if each.kind == "audio" else each
        for each in header.streams
    )
    return replace(header, duration=duration, streams=streams, timeline=timeline)


def _describe(path: Path, container: InputContainer) -> MediaInfo:
    """Return what the header of an open file says."""
    origin = origin_of(container)
    return MediaInfo(
        path=path,
        format=container.format.name,
        duration=_duration(container, origin),
        origin=origin,
        streams=tuple(_stream(stream, origin) for stream in container.streams),
        chapters=tuple(_chapter(chapter, origin) for chapter in container.chapters()),
        plan=marked_plan(tags_of(container)),
    )


def tags_of(container: InputContainer) -> dict[str, str]:
    """Return the tags of a film; in an Ogg they are those of its first stream."""
    own = container.streams[0].metadata if container.format.name == "ogg" and container.streams else {}
    return {**container.metadata, **own}


def _duration(container: InputContainer, origin: Fraction) -> float:
    if (declared := declared_duration(container)) is not None:
        return declared
    ends = [
        ((stream.start_time or 0) + stream.duration) * stream.time_base - origin
        for stream in container.streams
        if stream.duration is not None and stream.time_base is not None
    ]
    return float(max(ends, default=Fraction(0)))


def _stream(stream: Stream, origin: Fraction) -> StreamInfo:
    from av.stream import Disposition

    start = None
    if stream.start_time is not None and stream.time_base is not None:
        start = float(stream.start_time * stream.time_base - origin)
    return StreamInfo(
        index=stream.index,
        kind=stream.type or "unknown",
        codec=codec_name(stream),
        language=stream.metadata.get("language"),
        title=title_of(stream),
        start=start,
        is_default=bool(stream.disposition & Disposition.default),
        is_attached_picture=bool(stream.disposition & Disposition.attached_pic),
        disposition=int(stream.disposition),
        **_shape(stream),
    )


def _shape(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    if context is None:
        return {}
    if stream.type == "audio":
        layout = context.layout
        return {
            "rate": context.sample_rate,
            "channels": layout.nb_channels,
            "layout": layout.name,
            "bit_rate": context.bit_rate or 0,
        }
    if stream.type == "video":
        return {
            "width": context.width,
            "height": context.height,
            "pixel_shape": float(stream.sample_aspect_ratio or 1),
        }
    return {}


def title_of(stream: Any) -> str | None:
    """Return a track's title; an MP4 has it as its name."""
    title: str | None = stream.metadata.get("title") or stream.metadata.get("name")
    return title


def codec_name(stream: Stream) -> str:
    """Return the codec's name, the same for a file and its copy; empty where there is none."""
    if stream.codec_context is not None:
        return stream.codec_context.codec.canonical_name
    return (stream.name or "") if stream.type == "data" else ""


def _chapter(chapter: Any, origin: Fraction) -> Chapter:
    base = chapter["time_base"]
    start, end = (float(chapter[key] * base - origin) for key in ("start", "end"))
    return Chapter(start, end, chapter["metadata"].get("title", ""))


def _require_all_read(path: Path, container: InputContainer, found: Mapping[int, _StreamPackets]) -> None:
    """Make sure that there is not much in an FLV behind what can be read of it.

    Raises:
        Damaged: there is.
    """
    rest = container.size - max((each.reached for each in found.values()), default=0)
    if container.format.name == "flv" and rest >= max(_LEAST_UNREAD, container.size // 100):
        raise Damaged(
            path,
            f"its last {rest:,} bytes cannot be read, as where one recording was put behind another",
        )


class _StreamPackets:
    """The packets of one stream, as they come; `reached` is the byte of the file where the last ends."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._rows = array("q")
        self._begin: int | None = None
        self._end = self._size = 0
        self._is_measured = False
        self.reached = 0

    def add(self, packet: Any, order: int) -> None:
        """Note a packet."""
        dts, pts = packet.dts, packet.pts
        self.reached = max(self.reached, (packet.pos or 0) + packet.size)
        self._rows.extend(
            (UNKNOWN if dts is None else dts, UNKNOWN if pts is None else pts, packet.duration or 0, order)
        )
        self._is_measured |= pts is None or len(self._rows) > 4 * _MEASURED_PACKETS
        if not self._is_measured:
            self._size += packet.size
            self._begin = pts if self._begin is None else self._begin
            self._end = pts + (packet.duration or 0)

    @property
    def bit_rate(self) -> int:
        """The bits a second of the first packets; 0 where they have no length."""
        if self._begin is None or self._end <= self._begin:
            return 0
        seconds = (self._end - self._begin) * Fraction(self._stream.time_base)
        return round(self._size * 8 / seconds)

    def stamps(self) -> Stamps:
        """Return what was noted."""
        import numpy as np
        from av.stream import Disposition

        stream = self._stream
        table = np.array(self._rows, dtype=np.int64).reshape(-1, 4)
        is_cover = bool(stream.disposition & Disposition.attached_pic)
        return Stamps(
            index=stream.index,
            kind=stream.type or "unknown",
            base=Fraction(stream.time_base or 1),
            is_dense=stream.type in ("audio", "video") and not is_cover,
            tells_decoding=_tells_decoding(stream, table[:, 0]),
            dts=table[:, 0],
            pts=table[:, 1],
            duration=table[:, 2],
            order=table[:, 3],
        )


def _tells_decoding(stream: Any, dts: NDArray[np.int64]) -> bool:
    import numpy as np

    stated = dts[dts != UNKNOWN]
    formats = stream.container.format.name.split(",")
    is_guessed = stream.type == "video" and not _SHOWN_ONLY.isdisjoint(formats)
    # A guess that never goes back is right: it only fails where the moments themselves go back.
    return len(stated) * 2 > len(dts) and not (is_guessed and bool(np.any(np.diff(stated) < 0)))


def _packets(container: InputContainer) -> dict[int, _StreamPackets] | None:
    """Return the packets by stream; None when a stream shows up that was not known at the opening."""
    import av

    found = {stream.index: _StreamPackets(stream) for stream in container.streams}
    unknown = {stream.index for stream in container.streams.audio if not stream.codec_context.sample_rate}
    seen: dict[int, int] = defaultdict(int)
    try:
        for order, packet in enumerate(container.demux()):
            if packet.size or packet.dts is not None or packet.pts is not None:
                found[packet.stream.index].add(packet, order)
                seen[packet.stream.index] += 1
    except IndexError:
        return None
    except av.FFmpegError:
        pass  # decoding it says what is wrong
    return None if any(seen[index] for index in unknown) else found
