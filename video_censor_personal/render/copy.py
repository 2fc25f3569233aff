"""Copies streams from one container to another, packet for packet."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.errors import RenderError, Uncopyable
from video_censor_personal.media.probe import StreamInfo

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

_KEPT_TAGS = frozenset({"hvc1", "avc3", "dvh1", "dvhe", "dva1", "dvav"})
"""Codec tags that say where the parameter sets are; a muxer left alone would choose another."""
_BRANDS = frozenset({"major_brand", "minor_version", "compatible_brands"})
"""What an MP4 says about itself, not about the film."""
_STATISTICS = ("BPS", "NUMBER_OF_", "_STATISTICS_")
"""Beginnings of the tags in which a tool noted the size of a stream as it was."""
SHAPE_TOLERANCE = 0.01
"""By so much pixels may seem longer than wide: containers tell the shape in whole pixels, or not at all."""


@dataclass(slots=True)
class Copied:
    """What was copied of one stream: how many packets, and a digest of all payloads in order."""

    packets: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, parts: Iterable[bytes]) -> None:
        """Count one packet."""
        self.packets += 1
        for part in parts:
            self.digest.update(len(part).to_bytes(4, "big"))
            self.digest.update(part)

    @property
    def content(self) -> tuple[int, str]:
        """The packet count and the digest, comparable between two files."""
        return self.packets, self.digest.hexdigest()


def told_tags(stream: Any) -> dict[str, str]:
    """Return the tags of `stream` that stay true when it is encoded anew."""
    return {key: tag for key, tag in stream.metadata.items() if not key.startswith(_STATISTICS)}


def is_written_anew(stream: Any) -> bool:
    """Whether `stream` is how an MP4 or MOV stores the chapters' titles or the timecode.

    The muxer makes those streams itself, from the chapters and tags that are copied.
    """
    from av.stream import Discard

    if stream.type != "data":
        return False
    return "timecode" in stream.metadata or bool(
        stream.discard == Discard.all and stream.container.chapters()
    )


def is_filler(stream: Any, packet: Any) -> bool:
    """Whether `packet` is an empty subtitle between two cues of an MP4; the muxer writes those itself."""
    return bool(packet.size == 2 and stream.codec_context and stream.codec_context.name == "mov_text")


def add_copy(output: OutputContainer, stream: Any, info: StreamInfo, picture: bytes | None) -> Any:
    """Add a stream that will take the packets of `stream`; None when everything is in the header already.

    Args:
        output: the container to add to.
        stream: of the input.
        info: what is known of it.
        picture: a cover's bytes; Matroska keeps covers as attached files.

    Raises:
        Uncopyable: the container can't hold such a stream.
    """
    kind = output.format.name
    if info.is_attached_picture and kind == "matroska" and picture is not None:
        name = stream.metadata.get("filename") or f"cover.{'png' if info.codec == 'png' else 'jpg'}"
        mime = stream.metadata.get("mimetype") or f"image/{'png' if info.codec == 'png' else 'jpeg'}"
        attached = output.add_attachment(name, mime, picture)
        attached.metadata.update(stream.metadata | {"filename": name, "mimetype": mime})
        return None
    if info.kind == "attachment" and kind != "matroska":
        raise Uncopyable(str(info), kind, "that container holds no attached files")
    if info.kind == "data" and kind in ("matroska", "webm"):
        raise Uncopyable(str(info), kind, "that container holds no data streams")
    try:
        copy = output.add_stream_from_template(stream, opaque=True)
    except ValueError as error:
        raise Uncopyable(str(info), kind, str(error)) from error
    copy.metadata.update(stream.metadata)
    copy.disposition = stream.disposition
    if (
        stream.codec_context is not None
        and stream.codec_context.codec_tag in _KEPT_TAGS
        and kind in ("mp4", "mov")
    ):
        copy.codec_context.codec_tag = stream.codec_context.codec_tag
    _keep_shape(stream, copy, info, kind)
    return None if info.kind == "attachment" else copy


def _keep_shape(stream: Any, copy: Any, info: StreamInfo, kind: str) -> None:
    """Keep the pixels' shape; it may be told by the container only, and not every muxer passes that on."""
    shape = stream.sample_aspect_ratio if info.kind == "video" and not info.is_attached_picture else None
    if not shape:
        return
    coded = stream.codec_context.sample_aspect_ratio or 1
    if kind in ("mp4", "mov"):
        copy.codec_context.sample_aspect_ratio = shape
    elif abs(coded / shape - 1) > SHAPE_TOLERANCE:
        raise Uncopyable(
            str(info), kind, f"its pixels' shape of {shape.numerator}:{shape.denominator} would be lost"
        )


def copy_header(container: InputContainer, output: OutputContainer, origin: Fraction) -> None:
    """Copy the film's own tags and its chapters, these `origin` seconds earlier."""
    tags = container.metadata.items()
    output.metadata.update({key: tag for key, tag in tags if key not in _BRANDS})
    output.set_chapters([_earlier(chapter, origin) for chapter in container.chapters()])


def _earlier(chapter: Any, origin: Fraction) -> Any:
    shift = round(origin / chapter["time_base"])
    return {**chapter, "start": max(chapter["start"] - shift, 0), "end": max(chapter["end"] - shift, 0)}


def pictures(container: InputContainer, indexes: set[int]) -> dict[int, bytes]:
    """Return the bytes of the attached pictures `indexes`. Reads from `container`: they come first."""
    found: dict[int, bytes] = {}
    if indexes:
        for packet in container.demux(*(container.streams[index] for index in indexes)):
            if packet.size:
                found[packet.stream.index] = bytes(packet)
            if len(found) == len(indexes):
                break
    return found


def refused(container: InputContainer, infos: tuple[StreamInfo, ...], kind: str) -> RenderError:
    """Return the error that names the stream because of which a `kind` file could not be begun."""
    import av

    for info in infos:
        with io.BytesIO() as sink:
            output = av.open(sink, "w", format=kind)
            try:
                add_copy(output, container.streams[info.index], info, b"")
                output.start_encoding()
            except (av.FFmpegError, ValueError) as error:
                return Uncopyable(str(info), kind, str(getattr(error, "strerror", None) or error))
    return RenderError(
        f"a {kind} file with these streams cannot be written",
        "the container refuses the combination: " + ", ".join(str(info) for info in infos),
        "Give the output the input's file extension, or .mkv",
    )
