"""What is in a film: its streams, chapters and time line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.container import opened, origin_of
from video_censor_personal.media.errors import NotAVideo
from video_censor_personal.media.scan import scan

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

_MICROSECONDS = 1_000_000
_LEAST_CUT = 0.5
_CUT_SHARE = 0.05
"""A file whose content ends this much before its declared end (seconds, share) is taken as cut off."""

_UNTOLD = frozenset({"mp3", "aac", "ac3", "eac3", "dts", "truehd", "amr", "loas", "mpegts", "mpeg"})
"""Formats without a word of their length, for which the library makes a guess."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream; `start` is seconds on the time line, None where the container does not say.

    Numbers that have no meaning for the kind of stream are zero, names are empty.
    """

    index: int
    kind: str
    codec: str
    language: str | None
    title: str | None
    start: float | None
    is_default: bool
    is_attached_picture: bool
    disposition: int
    rate: int = 0
    channels: int = 0
    layout: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    pixel_shape: float = 1.0

    def __str__(self) -> str:
        parts = [f"stream {self.index}", self.kind, self.codec or "unknown codec", self.language or ""]
        return f"{parts[0]} ({', '.join(part for part in parts[1:] if part)})"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named part of the film, in seconds."""

    start: float
    end: float
    title: str


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A video file's contents.

    `origin` is the container's own time, in seconds, of what users call 0: the first moment of any
    stream, as players count. A start little below zero is an encoder's run-in that is never played: then
    the origin is 0. All other times are relative to it.
    """

    path: Path
    format: str
    duration: float
    origin: float
    streams: tuple[StreamInfo, ...]
    chapters: tuple[Chapter, ...]

    def of_kind(self, kind: str) -> tuple[StreamInfo, ...]:
        """Return the streams of one kind, without cover pictures."""
        return tuple(item for item in self.streams if item.kind == kind and not item.is_attached_picture)


def probe(path: Path) -> MediaInfo:
    """Return what is in the video file `path`.

    Raises:
        MediaError: it is missing, a folder, no film, cut off, or has neither moving pictures nor sound.
    """
    info = look_into(path)
    if not info.of_kind("video") and not info.of_kind("audio"):
        raise NotAVideo(path, "it has neither moving pictures nor sound")
    if info.format in _UNTOLD or not scan(path).timeline.is_plain:
        return info
    with open_media(path) as container:
        told = _duration(container, origin_of(container))
    # Some formats count their length from the clock's 0, not from the film's beginning.
    if info.duration + max(info.origin, 0.0) < told - max(_LEAST_CUT, _CUT_SHARE * told):
        raise NotAVideo(path, f"it is cut off: it says {told:.1f} s, and ends at {info.duration:.1f} s")
    return info


def look_into(path: Path) -> MediaInfo:
    """Return what is in the media file `path`; its duration is that of its packets where the header errs.

    Raises:
        MediaError: it is missing, a folder, or no media file.
    """
    with open_media(path) as container:
        info = describe(path, container)
    timeline = scan(path).timeline
    end = max((timeline.end or 0.0) - info.origin, 0.0)
    errs = info.format in _UNTOLD or not timeline.is_plain or abs(end - info.duration) > _LEAST_CUT
    return replace(info, duration=end) if errs else info


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open `path` for reading, with all its streams.

    Raises:
        MediaError: it is missing, a folder, or no media file.
    """
    with opened(path, scan(path).options) as container:
        yield container


def describe(path: Path, container: InputContainer) -> MediaInfo:
    """Return the contents of an open container."""
    origin = origin_of(container)
    return MediaInfo(
        path=path,
        format=container.format.name,
        duration=_duration(container, origin),
        origin=float(origin),
        streams=tuple(_stream(stream, origin) for stream in container.streams),
        chapters=tuple(_chapter(chapter, origin) for chapter in container.chapters()),
    )


def _duration(container: InputContainer, origin: Fraction) -> float:
    if container.duration is not None:
        return container.duration / _MICROSECONDS
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
        title=stream.metadata.get("title"),
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
        return {"rate": context.sample_rate, "channels": layout.nb_channels, "layout": layout.name}
    if stream.type == "video":
        rate = stream.average_rate
        return {
            "width": context.width,
            "height": context.height,
            "frame_rate": float(rate) if rate else 0.0,
            "pixel_shape": float(stream.sample_aspect_ratio or 1),
        }
    return {}


def codec_name(stream: Stream) -> str:
    """Return the codec's name, the same for a file and its copy; empty where there is none."""
    if stream.codec_context is not None:
        return stream.codec_context.codec.canonical_name
    return (stream.name or "") if stream.type == "data" else ""


def _chapter(chapter: Any, origin: Fraction) -> Chapter:
    base = chapter["time_base"]
    start, end = (float(chapter[key] * base - origin) for key in ("start", "end"))
    return Chapter(start, end, chapter["metadata"].get("title", ""))
