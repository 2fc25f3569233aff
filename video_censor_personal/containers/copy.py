"""Copies streams from one container to another, packet for packet; what a packet says in any of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from av.stream import Discard

from video_censor_personal.containers.container import kind_of
from video_censor_personal.containers.retiming import Retimer
from video_censor_personal.edits.cuts import NO_CUTS, Cuts
from video_censor_personal.media.info import StreamInfo
from video_censor_personal.media.probe import codec_name, title_of
from video_censor_personal.media.reader import is_flush
from video_censor_personal.media.subtitles import is_filler

if TYPE_CHECKING:
    from av.container import OutputContainer

    from video_censor_personal.media.reader import FilmReader

_KEPT_TAGS = frozenset({"hvc1", "avc3", "dvh1", "dvhe", "dva1", "dvav"})
"""Codec tags that say where the parameter sets are; a muxer left alone would choose another."""
_STATISTICS = ("BPS", "NUMBER_OF_", "_STATISTICS_", "DURATION")
"""Beginnings of the tags in which a tool noted the size of a stream as it was, or how long it was."""
DEFAULT_LAYOUTS = {
    "1 channels": "mono",
    "2 channels": "stereo",
    "3 channels": "3.0",
    "4 channels": "4.0",
    "5 channels": "5.0",
    "6 channels": "5.1",
    "7 channels": "6.1",
    "8 channels": "7.1",
}
"""Where only the number of channels is known; some muxers need to know what they are."""
_TELL_DATA = frozenset({"mov", "mp4", "m4a", "3gp", "3g2", "mj2"})
"""Formats, one family by several names, whose data streams stay what they are from one to another."""
SHAPE_TOLERANCE = 0.01
"""By so much pixels may seem longer than wide: containers tell the shape in whole pixels, or not at all."""

_START = b"\x00\x00\x01"
_WAVPACK = b"wvpk"
_WAVPACK_PLACE = 20
"""Bytes of a WavPack block's header that only its place in the file decides…"""
_WAVPACK_COUNT = 24
"""… and where the count of its samples ends, which is next."""
_LENGTH_SIZE_AT = {"h264": 4, "hevc": 21}
"""Where avcC and hvcC (ISO/IEC 14496-15, 5.3.3 and 8.3.3) say how many bytes a length has, less one."""


@dataclass(slots=True)
class Copied:
    """What was copied of one stream: how many packets, and a digest of all payloads in order.

    `is_plain`: the payloads are samples in a row, which every container cuts to packets as it likes; then
    it is bytes that are counted.
    """

    is_plain: bool = False
    packets: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    @classmethod
    def of(cls, stream: Any) -> Copied:
        """Return what nothing was copied of yet."""
        return cls(is_plain=codec_name(stream).startswith("pcm_"))

    def add(self, parts: Iterable[bytes]) -> None:
        """Count one packet."""
        for part in parts:
            if not self.is_plain:
                self.digest.update(len(part).to_bytes(4, "big"))
            self.digest.update(part)
            self.packets += len(part) if self.is_plain else 0
        self.packets += not self.is_plain

    @property
    def content(self) -> tuple[int, str]:
        """The packet count and the digest, comparable between two files."""
        return self.packets, self.digest.hexdigest()


class PacketEnds:
    """When packets end; a sound's without a length is as long as the last, unless it says so itself."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, int]] = {}

    def end(self, packet: Any) -> Fraction:
        """Return it in seconds of the container's clock; the packet has a time stamp."""
        pts, length = self._last.get(packet.stream.index, (packet.pts, 0))
        if packet.stream.type == "audio":
            length = packet.duration or _wavpack_length(packet) or max(packet.pts - pts, length)
            self._last[packet.stream.index] = packet.pts, length
        else:
            length = packet.duration or 0
        return Fraction((packet.pts + length) * packet.time_base)


def content(stream: Any, packet: Any) -> Iterator[bytes]:
    """Yield the parts of a packet that are the same in every container.

    H.264 and H.265 come as units between start codes (ISO/IEC 14496-10, annex B; transport streams, AVI)
    or behind lengths (MP4, Matroska); AAC with or without a header on each packet (ISO/IEC 14496-3, ADTS).
    A WavPack block says its size, and where it is in the file, before what it holds (WavPack 5 binary file
    format, 2.0). Muxers change one into the other. All else is yielded whole.
    """
    payload = bytes(packet)
    context = stream.codec_context
    codec = context.codec.canonical_name if context is not None else ""
    if codec in _LENGTH_SIZE_AT:
        extra = context.extradata or b""
        if extra[:1] == b"\x01" and len(extra) > _LENGTH_SIZE_AT[codec]:
            yield from _behind_lengths(payload, (extra[_LENGTH_SIZE_AT[codec]] & 3) + 1)
        else:
            yield from (unit.rstrip(b"\x00") for unit in payload.split(_START)[1:])
    elif codec == "aac" and not context.extradata and payload[:1] == b"\xff":
        yield payload[7 if payload[1] & 1 else 9 :]
    elif codec == "wavpack" and payload[:4] == _WAVPACK:
        yield from _wavpack_blocks(payload)
    else:
        yield payload


def _wavpack_length(packet: Any) -> int:
    """Return how long a WavPack packet is, in ticks; a Matroska does not say it, and the last is shorter."""
    context = packet.stream.codec_context
    head = bytes(memoryview(packet)[:_WAVPACK_COUNT])
    if context is None or not context.sample_rate or not head.startswith(_WAVPACK):
        return 0
    seconds = Fraction(int.from_bytes(head[_WAVPACK_PLACE:], "little"), context.sample_rate)
    return round(seconds / Fraction(packet.time_base))


def _wavpack_blocks(payload: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(payload):
        end = at + 8 + int.from_bytes(payload[at + 4 : at + 8], "little")
        yield payload[at + _WAVPACK_PLACE : end]
        at = end


def _behind_lengths(payload: bytes, size: int) -> Iterator[bytes]:
    at = 0
    while at < len(payload):
        end = at + size + int.from_bytes(payload[at : at + size], "big")
        yield payload[at + size : end].rstrip(b"\x00")
        at = end


def lasting_tags(stream: Any) -> dict[str, str]:
    """Return the tags of `stream` that stay true when it is re-encoded or cut."""
    return {key: tag for key, tag in _tags(stream).items() if not key.upper().startswith(_STATISTICS)}


def _tags(stream: Any) -> dict[str, str]:
    """Return the tags of `stream`, its title by the name that every container knows."""
    title = title_of(stream)
    return {**stream.metadata, **({"title": title} if title else {})}


def is_made_by_muxer(stream: Any) -> bool:
    """Whether `stream` is how an MP4 or MOV stores the chapters' titles or the timecode.

    The muxer makes those streams itself, from the chapters and tags that are copied.
    """
    if stream.type != "data":
        return False
    return "timecode" in stream.metadata or bool(
        stream.discard == Discard.all and stream.container.chapters()
    )


def add_copy(output: OutputContainer, stream: Any, info: StreamInfo, picture: bytes | None) -> Any:
    """Add a stream that will take the packets of `stream`; None when everything is in the header already.

    Args:
        output: the container to add to.
        stream: of the input.
        info: what is known of it.
        picture: a cover's bytes; Matroska keeps covers as attached files.

    Raises:
        ValueError: the container can't hold such a stream.
    """
    kind = kind_of(output)
    if info.is_attached_picture and kind == "matroska" and picture is not None:
        name = stream.metadata.get("filename") or f"cover.{'png' if info.codec == 'png' else 'jpg'}"
        mime = stream.metadata.get("mimetype") or f"image/{'png' if info.codec == 'png' else 'jpeg'}"
        attached = output.add_attachment(name, mime, picture)
        attached.metadata.update(stream.metadata | {"filename": name, "mimetype": mime})
        return None
    if info.kind == "attachment" and kind != "matroska":
        raise ValueError("such a file holds no attached files")
    if info.kind == "data" and not {kind, *stream.container.format.name.split(",")} <= _TELL_DATA:
        raise ValueError("it would not be told there what data it is")
    try:
        copy = output.add_stream_from_template(stream, opaque=True)
    except ValueError as error:
        raise ValueError("such a file has no place for its codec") from error
    copy.metadata.update(_tags(stream))
    copy.disposition = stream.disposition
    if (
        stream.codec_context is not None
        and stream.codec_context.codec_tag in _KEPT_TAGS
        and kind in ("mp4", "mov")
    ):
        copy.codec_context.codec_tag = stream.codec_context.codec_tag
    if info.codec == "rawvideo" and kind == "matroska":
        # How the pixels are stored, nothing else tells.
        copy.codec_context.codec_tag = stream.codec_context.codec_tag
    _keep_shape(stream, copy, info, kind)
    if info.kind == "audio" and (layout := DEFAULT_LAYOUTS.get(info.layout)):
        copy.codec_context.layout = layout
    return None if info.kind == "attachment" else copy


def _keep_shape(stream: Any, copy: Any, info: StreamInfo, kind: str) -> None:
    """Keep the pixels' shape; it may be known to the container only, and not every muxer passes that on."""
    shape = stream.sample_aspect_ratio if info.kind == "video" and not info.is_attached_picture else None
    if not shape:
        return
    coded = stream.codec_context.sample_aspect_ratio or 1
    if kind in ("mp4", "mov"):
        copy.codec_context.sample_aspect_ratio = shape
    elif abs(coded / shape - 1) > SHAPE_TOLERANCE:
        raise ValueError(f"its pixels' shape of {shape.numerator}:{shape.denominator} would be lost")


class PacketCopier:
    """Hands the packets of one input stream on to the output, each at the moment it had in the film.

    `copied` is what has been handed on. A cover that its container keeps in its header is counted at once.
    """

    def __init__(
        self, film: FilmReader, info: StreamInfo, picture: bytes | None = None, cuts: Cuts = NO_CUTS
    ) -> None:
        self.copied = Copied.of(film.stream(info.index))
        self._origin = film.info.origin
        self._stream = film.stream(info.index)
        self._info = info
        self._picture = picture
        self._is_cut = bool(cuts.spans) and not info.is_attached_picture
        self._retimer = Retimer(self._stream, self._origin, cuts if self._is_cut else NO_CUTS)
        self._output: Any = None
        self._last_dts: int | None = None

    def open(self, output: OutputContainer) -> tuple[str, ...]:
        """Add the stream to `output`; there is nothing to warn of.

        Raises:
            ValueError: the container can't hold such a stream.
        """
        self._output = add_copy(output, self._stream, self._info, self._picture)
        if self._output is not None and self._is_cut:
            self._output.metadata.clear()
            self._output.metadata.update(lasting_tags(self._stream))
        if self._output is None and self._picture is not None:
            self.copied.add([self._picture])
        return ()

    def push(self, packet: Any) -> Iterator[Any]:
        """Yield the packet as the output's; what says nothing, or is cut out, is left out."""
        if self._output is None or is_flush(packet) or is_filler(self._stream, packet):
            return
        for kept in self._retimer.push(packet):
            yield self._handed_on(kept)

    def flush(self) -> Iterator[Any]:
        """Yield what was cut out but is needed at the end."""
        if self._output is not None:
            for kept in self._retimer.flush():
                yield self._handed_on(kept)

    def _handed_on(self, packet: Any) -> Any:
        self.copied.add(content(self._stream, packet))
        if self._info.is_attached_picture:
            packet.pts = packet.dts = 0
        elif self._origin:
            _move_earlier(packet, self._origin)
        self._keep_order(packet)
        packet.stream = self._output
        return packet

    def _keep_order(self, packet: Any) -> None:
        """Keep decoding times from going back, as where recordings were joined; muxers refuse that."""
        if packet.dts is None:
            return
        if self._last_dts is not None and packet.dts < self._last_dts:
            packet.dts = self._last_dts + 1
            packet.pts = None if packet.pts is None else max(packet.pts, packet.dts)
        self._last_dts = packet.dts


def _move_earlier(packet: Any, origin: Fraction) -> None:
    shift = round(origin / packet.time_base)
    packet.pts = None if packet.pts is None else packet.pts - shift
    packet.dts = None if packet.dts is None else packet.dts - shift
