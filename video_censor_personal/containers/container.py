"""The container that a copy is written in, and how its file is opened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from av.codec.context import Flags

from video_censor_personal.media.reader import file_url

if TYPE_CHECKING:
    from av.container import OutputContainer

_LENIENT = "tee"
"""A muxer that hands everything on to another, and has no list of codecs of its own."""
_ENCODERS = {
    "ogg": frozenset({"libopus", "flac"}),
    "opus": frozenset({"libopus"}),
    "wav": frozenset({"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"}),
    "aiff": frozenset({"pcm_s8", "pcm_s16be", "pcm_s24be", "pcm_s32be", "pcm_f32be"}),
}
"""Of formats that the library knows only the defaults of, or whose other codecs would not be in time."""
_SAME_ONLY = {"adts": frozenset({"aac", "mpegts", "mpeg", "flv"})}
"""Formats that cannot tell a run-in, and the films whose sound has none or keeps it heard."""
_SPECIAL = "\\'| \t\n\r"


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file: the library's name of its format, and what else makes it of the kind.

    `options` are for the muxer. `has_chapters` says whether it keeps chapters.
    """

    format: str
    options: tuple[tuple[str, str], ...] = ()
    has_chapters: bool = True


CONTAINERS = {
    ".mkv": Container("matroska", (("allow_raw_vfw", "1"),)),
    ".mp4": Container("mp4"),
    ".mov": Container("mov"),
    ".webm": Container("webm"),
    ".m4v": Container("mp4"),
    ".mka": Container("matroska"),
    ".m4a": Container("mp4", (("brand", "M4A "),)),
    ".m4b": Container("mp4", (("brand", "M4B "),)),
    ".mp3": Container("mp3"),
    ".flac": Container("flac", has_chapters=False),
    ".ogg": Container("ogg"),
    ".oga": Container("ogg"),
    ".opus": Container("opus"),
    ".wav": Container("wav", has_chapters=False),
    ".aac": Container("adts", (("write_id3v2", "1"),), has_chapters=False),
    ".aif": Container("aiff", (("write_id3v2", "1"),), has_chapters=False),
    ".aiff": Container("aiff", (("write_id3v2", "1"),), has_chapters=False),
}
"""What can be written, by suffix; films first, then sound alone."""


def open_output(to: Path | BytesIO, kind: str, options: dict[str, str], *, lenient: bool) -> OutputContainer:
    """Open a file for writing.

    Args:
        to: the file, or memory.
        kind: the library's name of the format.
        options: for the muxer.
        lenient: let the muxer itself decide whether it takes a codec. The library asks it for what is
            standard only, and a Matroska keeps any codec of an AVI, marked as such.
    """
    if not lenient:
        place = to if isinstance(to, BytesIO) else file_url(to)
        return av.open(place, "w", format=kind, container_options=options)
    assert isinstance(to, Path)
    settings = ":".join(f"{name}={value}" for name, value in {"f": kind, **options}.items())
    name = "".join(f"\\{char}" if char in _SPECIAL else char for char in file_url(to))
    return av.open(f"[{settings}]{name}", "w", format=_LENIENT)


def kind_of(output: OutputContainer) -> str:
    """Return the library's name of the format that is written."""
    return "matroska" if output.format.name == _LENIENT else output.format.name


def counts_milliseconds(output: OutputContainer) -> bool:
    """Whether times in the container are whole milliseconds."""
    return kind_of(output) in ("matroska", "webm")


def keeps_time(kind: str, film: Collection[str], codec: str) -> bool:
    """Whether a sound copied to a format is heard when it was.

    Codecs begin with a run-in that is not to be heard, and not every format can say how long it is.

    Args:
        kind: the format that is written.
        film: the formats of the film, as the library names them.
        codec: of the sound.
    """
    if kind in ("wav", "aiff"):
        return codec.startswith(("pcm_", "adpcm_"))
    if kind == "opus":
        return codec == "opus"
    return kind not in _SAME_ONLY or not _SAME_ONLY[kind].isdisjoint(film)


def codecs_of(output: OutputContainer) -> Collection[str]:
    """Return the names of the encoders whose streams the container takes."""
    kind = output.format.name
    if kind in _ENCODERS:
        return _ENCODERS[kind]
    if kind != _LENIENT:
        return output.supported_codecs
    with av.open(BytesIO(), "w", format=kind_of(output)) as strict:
        return strict.supported_codecs


def add_encoder(output: OutputContainer, encoder: str, **settings: Any) -> Any:
    """Add a stream to be encoded; containers with one header for all get the codec's own header too."""
    stream: Any = output.add_stream(encoder, **settings)
    if output.format.name == _LENIENT:
        stream.codec_context.flags |= Flags.global_header
    return stream
