"""Puts a film's streams into an output, each its way, and says where their packets go."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import av

from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.info import MediaInfo, StreamInfo
from video_censor_personal.media.reader import FilmReader, open_film
from video_censor_personal.render.audio import Recoder
from video_censor_personal.render.copy import Copied, add_copy
from video_censor_personal.render.gate import TONE_HERTZ, Gate
from video_censor_personal.render.plan import AudioEdit, VideoEdit
from video_censor_personal.render.subtitles import TextRecoder
from video_censor_personal.render.video import Look, PictureRecoder, look_of

if TYPE_CHECKING:
    from av.container import OutputContainer

_COVER_TAG = "METADATA_BLOCK_PICTURE"
_FRONT_COVER = 3


class Way(StrEnum):
    """How a stream gets into the copy."""

    COPY = "copy"
    ENCODE = "encode"
    TEXT = "text"
    """As another codec of subtitles."""
    TAG = "tag"
    """As one of the film's tags; so an Ogg keeps a cover."""
    HEADER = "header"
    """The muxer makes it, of chapters and tags."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The way of one stream.

    `encoder` is that of a text. `lenient` says that the container keeps the stream, but no standard says so.
    """

    info: StreamInfo
    way: Way
    encoder: str = ""
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Hidden:
    """What is hidden: the sounds it is hidden in, and the edits; `hertz` is the pitch of bleeps."""

    muted: tuple[int, ...] = ()
    sound: Sequence[AudioEdit] = ()
    picture: Sequence[VideoEdit] = ()
    hertz: float = TONE_HERTZ


class Lookahead:
    """What a muxer or encoder must know of a film before the first packet; read when needed, once."""

    def __init__(self, info: MediaInfo) -> None:
        self._info = info
        self._looks: dict[int, Look] = {}

    def look(self, index: int) -> Look:
        """Return how the pictures of a stream look.

        Raises:
            Damaged: not one can be decoded.
        """
        if index not in self._looks:
            with open_film(self._info) as film:
                frame = next(film.frames(index), None)
                if frame is None:
                    raise Damaged(self._info.path, f"not one picture of stream {index} can be decoded")
                self._looks[index] = look_of(film.stream(index), frame)
        return self._looks[index]

    @cached_property
    def covers(self) -> dict[int, bytes]:
        """The bytes of the attached pictures, which come before all other packets."""
        wanted = [each.index for each in self._info.streams if each.is_attached_picture]
        found: dict[int, bytes] = {}
        with open_film(self._info) as film:
            for packet in film.packets(*wanted):
                if packet.size:
                    found[packet.stream.index] = bytes(packet)
                if len(found) == len(wanted):
                    break
        return found


@dataclass(slots=True)
class Assembly:
    """The streams of one output; the keys of the dicts are the input's stream indexes."""

    film: FilmReader
    output: OutputContainer
    lookahead: Lookahead
    hidden: Hidden = field(default_factory=Hidden)
    sounds: dict[int, Recoder] = field(default_factory=dict)
    pictures: dict[int, PictureRecoder] = field(default_factory=dict)
    texts: dict[int, TextRecoder] = field(default_factory=dict)
    copies: dict[int, Any] = field(default_factory=dict)
    copied: dict[int, Copied] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add(self, choice: Choice) -> None:
        """Add the stream of `choice` to the output.

        Raises:
            RenderError: the output's container cannot hold it that way.
            ValueError, av.FFmpegError: likewise, in the library's words.
        """
        info = choice.info
        if choice.way is Way.COPY:
            self._add_copy(info)
        elif choice.way is Way.TEXT:
            self.texts[info.index] = TextRecoder(self.film, info.index, choice.encoder)
            self.texts[info.index].open(self.output)
        elif choice.way is Way.TAG:
            image = self.lookahead.covers.get(info.index, b"")
            self.output.metadata[_COVER_TAG] = base64.b64encode(_picture_block(info, image)).decode()
            self.copied[info.index] = Copied()
            self.copied[info.index].add([image])
        elif choice.way is Way.ENCODE and info.kind == "audio":
            self._add_sound(info)
        elif choice.way is Way.ENCODE:
            self.pictures[info.index] = PictureRecoder(self.film, info.index, self.hidden.picture)
            self.warnings += self.pictures[info.index].open(self.output, self.lookahead.look(info.index))

    def abandon(self) -> None:
        """Close the output, whatever it is worth."""
        with suppress(av.FFmpegError):
            self.output.close()

    def _add_sound(self, info: StreamInfo) -> None:
        edits = self.hidden.sound if info.index in self.hidden.muted else ()
        make_gate = partial(Gate, edits, hertz=self.hidden.hertz)
        self.sounds[info.index] = Recoder(self.film, info.index, make_gate)
        warning = self.sounds[info.index].open(self.output)
        self.warnings += [warning] if warning else []

    def _add_copy(self, info: StreamInfo) -> None:
        stream = self.film.stream(info.index)
        copied = self.copied[info.index] = Copied.of(stream)
        image = self.lookahead.covers.get(info.index, b"") if info.is_attached_picture else None
        copy = add_copy(self.output, stream, info, image)
        if copy is not None:
            self.copies[info.index] = copy
        elif image is not None:
            copied.add([image])


def _picture_block(info: StreamInfo, image: bytes) -> bytes:
    """Return a cover as FLAC and Ogg files keep it (RFC 9639, 8.8)."""
    kind = f"image/{'png' if info.codec == 'png' else 'jpeg'}".encode()
    title = (info.title or "").encode()
    parts = (struct.pack(">I", _FRONT_COVER), _sized(kind), _sized(title), _measures(info), _sized(image))
    return b"".join(parts)


def _sized(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _measures(info: StreamInfo) -> bytes:
    return struct.pack(">4I", info.width, info.height, 24, 0)
