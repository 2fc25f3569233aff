"""What is known of a film before anything of it is decoded: streams, chapters, time line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

from video_censor_personal.media.timeline import Timeline


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream; `start` is seconds on the time line, None where the container does not say.

    Numbers that have no meaning for the kind of stream are zero, names are empty. The bit rate is that of
    sound only: as the file declares it, else as its first packets have it.
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
    bit_rate: int = 0
    width: int = 0
    height: int = 0
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

    `timeline` says where the packets belong, and `options` with which the file must be opened for all its
    streams to be seen. A file that says that it is a clean copy has the digest of its `plan`.
    """

    path: Path
    format: str
    duration: float
    origin: Fraction
    streams: tuple[StreamInfo, ...]
    chapters: tuple[Chapter, ...]
    timeline: Timeline = field(default_factory=Timeline)
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    plan: str | None = None

    def of_kind(self, kind: str) -> tuple[StreamInfo, ...]:
        """Return the streams of one kind, without cover pictures."""
        return tuple(item for item in self.streams if item.kind == kind and not item.is_attached_picture)

    @property
    def formats(self) -> frozenset[str]:
        """The format's names: one family may have several."""
        return frozenset(self.format.split(","))
