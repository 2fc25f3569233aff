"""Puts a film's streams into an output, each its way, and says where their packets go."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.container import origin_of
from video_censor_personal.media.probe import MediaInfo, StreamInfo, open_media
from video_censor_personal.render.audio import Recoder, measured_bit_rate
from video_censor_personal.render.copy import Copied, add_copy, pictures
from video_censor_personal.render.gate import TONE_HERTZ, Gate
from video_censor_personal.render.plan import AudioEdit, VideoEdit
from video_censor_personal.render.streams import Choice, Way
from video_censor_personal.render.subtitles import TextRecoder
from video_censor_personal.render.video import PictureRecoder

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

_COVER_TAG = "METADATA_BLOCK_PICTURE"
_FRONT_COVER = 3


@dataclass(frozen=True, slots=True)
class Hidden:
    """What is hidden: the sounds it is hidden in, and the edits; `hertz` is the pitch of bleeps."""

    muted: tuple[int, ...] = ()
    sound: Sequence[AudioEdit] = ()
    picture: Sequence[VideoEdit] = ()
    hertz: float = TONE_HERTZ


@dataclass(slots=True)
class Assembly:
    """The streams of one output; the keys of the dicts are the input's stream indexes."""

    info: MediaInfo
    film: InputContainer
    output: OutputContainer
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
        info, stream = choice.info, self.film.streams[choice.info.index]
        if choice.way is Way.COPY:
            self._add_copy(info, stream)
        elif choice.way is Way.TEXT:
            self.texts[info.index] = TextRecoder(stream, origin_of(self.film), choice.encoder)
            self.texts[info.index].open(self.output)
        elif choice.way is Way.TAG:
            image = self._cover(info)
            self.output.metadata[_COVER_TAG] = base64.b64encode(_picture_block(info, image)).decode()
            self.copied[info.index] = Copied()
            self.copied[info.index].add([image])
        elif choice.way is Way.ENCODE and info.kind == "audio":
            self._add_sound(info, stream)
        elif choice.way is Way.ENCODE:
            recoder = PictureRecoder(self.info.path, stream, origin_of(self.film), self.hidden.picture)
            self.pictures[info.index] = recoder
            self.warnings += recoder.open(self.output)

    def abandon(self) -> None:
        """Close the output, whatever it is worth."""
        import av

        with suppress(av.FFmpegError):
            self.output.close()

    def _add_sound(self, info: StreamInfo, stream: Any) -> None:
        edits = self.hidden.sound if info.index in self.hidden.muted else ()
        make_gate = Gate.maker(edits, self.hidden.hertz)
        recoder = Recoder(self.info.path, stream, origin_of(self.film), make_gate)
        self.sounds[info.index] = recoder
        warning = recoder.open(self.output, measured_bit_rate(self.info.path, info.index))
        self.warnings += [warning] if warning else []

    def _add_copy(self, info: StreamInfo, stream: Any) -> None:
        copied = self.copied[info.index] = Copied.of(stream)
        image = self._cover(info) if info.is_attached_picture else None
        copy = add_copy(self.output, stream, info, image)
        if copy is not None:
            self.copies[info.index] = copy
        elif image is not None:
            copied.add([image])

    def _cover(self, info: StreamInfo) -> bytes:
        with open_media(self.info.path) as ahead:
            return pictures(ahead, {info.index}).get(info.index, b"")


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
