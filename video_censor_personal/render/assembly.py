"""Puts a film's streams into an output, each its way, and says where their packets go."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import av
from av.stream import Disposition

from video_censor_personal.captions.hiding import Texts
from video_censor_personal.captions.packets import PacketEditor, can_be_edited
from video_censor_personal.captions.recoder import TextRecoder
from video_censor_personal.captions.writer import CaptionWriter, ChangedLines
from video_censor_personal.config.values import AudioRemediation, SubtitleRemediation, VideoRemediation
from video_censor_personal.containers.copy import Copied, PacketCopier
from video_censor_personal.containers.track import Track
from video_censor_personal.edits.after_cuts import sounds_in_copy
from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.values import Edits, SoundEdit
from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.info import MediaInfo, StreamInfo
from video_censor_personal.media.reader import FilmReader, SharedDecoder, open_film
from video_censor_personal.picture.encoding import Look, look_of
from video_censor_personal.picture.recoder import PictureRecoder
from video_censor_personal.smart_render.index import PacketIndex, read_indexes
from video_censor_personal.smart_render.joiner import Joined, PictureJoiner
from video_censor_personal.smart_render.pieces import Pieces
from video_censor_personal.smart_render.task import PictureTask
from video_censor_personal.sound.own_sound import OwnSound
from video_censor_personal.sound.recoder import SoundRecoder, SoundTask

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


class Role(StrEnum):
    """What a stream of the copy is, where the copy has it twice."""

    CHANGED_LINES = "changed lines"
    """Of a text, those cues alone in which a word is hidden."""
    CLEAN = "clean"
    """Of a sound, the one in which something is hidden."""
    UNTOUCHED = "untouched"
    """Of a sound, the film's own beside it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One stream of the copy: which of the film's it is made of, and how.

    `encoder` is that of a text. `lenient` says that the container keeps the stream, but no standard says so.
    `takes_packets` says of a stream that is encoded that the container takes its packets, too.
    With a `role`, title and flags are those of `info`, and not the film's.
    """

    info: StreamInfo
    way: Way
    encoder: str = ""
    lenient: bool = False
    takes_packets: bool = False
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What is done to the film on its way: the edits, the sounds that they apply to, and how in detail.

    `read` are the tracks of text, by their numbers, that a detector has read. `own_sound` is what is heard
    where the mode is `sound`.
    """

    edits: Edits = field(default_factory=Edits)
    cuts: Cuts = field(default_factory=Cuts)
    muted: tuple[int, ...] = ()
    audio: AudioRemediation = field(default_factory=AudioRemediation)
    video: VideoRemediation = field(default_factory=VideoRemediation)
    subtitles: SubtitleRemediation = field(default_factory=SubtitleRemediation)
    read: frozenset[int] = frozenset()
    own_sound: OwnSound | None = None

    @property
    def texts(self) -> Texts:
        """What is hidden in texts."""
        return Texts(self.edits.words, self.edits.spared, self.subtitles, self.read)

    def hides_in(self, info: StreamInfo) -> bool:
        """Whether words may be hidden in a track of text."""
        return self.texts.is_edited and can_be_edited(info.codec)

    @property
    def keeps_untouched_sound(self) -> bool:
        """Whether the copy has the film's own sound beside each in which something is hidden."""
        return self.audio.enabled and self.audio.add_track

    def sound_edits(self, stream: int) -> tuple[SoundEdit, ...]:
        """Return the edits of one sound of the film."""
        return self.edits.sound if stream in self.muted else ()


@dataclass(frozen=True, slots=True)
class Reuse:
    """What of the picture may be used as it is.

    `pieces` are those of the copy before, of a film with that `fingerprint`. `refusal` says why no packet of
    a picture may be copied where something in it is hidden, if so.
    """

    fingerprint: str = ""
    pieces: Pieces = field(default_factory=Pieces)
    refusal: str = ""


class Writer(Protocol):
    """Makes the packets of one stream of the copy from those of one of the film's."""

    def open(self, output: OutputContainer) -> tuple[str, ...]:
        """Add the stream to `output`; return warnings where it can't be just what it was."""

    def push(self, packet: Any) -> Iterator[Any]:
        """Yield the packets that `packet` completes; the stream's last, empty packet flushes a decoder."""

    def flush(self) -> Iterator[Any]:
        """Yield the packets that are left at the end."""


class Lookahead:
    """What a muxer or encoder must know of a film before the first packet; read when needed, once."""

    def __init__(self, info: MediaInfo) -> None:
        self._info = info
        self._looks: dict[int, Look] = {}

    @cached_property
    def indexes(self) -> dict[int, PacketIndex]:
        """When the packets of each picture are decoded and shown."""
        return read_indexes(self._info)

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
    """The streams of an output that is being made.

    `writers` are by the streams of the film whose packets they want; `copied` is what was copied of them,
    `encoded` are those that were encoded, and `joined` the pictures that were put together of stretches.
    """

    film: FilmReader
    output: OutputContainer
    lookahead: Lookahead
    work: Work = field(default_factory=Work)
    reuse: Reuse = field(default_factory=Reuse)
    writers: dict[int, list[Writer]] = field(default_factory=dict)
    copied: dict[int, Copied] = field(default_factory=dict)
    encoded: list[int] = field(default_factory=list)
    joined: dict[int, Joined] = field(default_factory=dict)
    _pictures: int = 0
    _decoders: dict[int, SharedDecoder] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add(self, choice: Choice) -> None:
        """Add the stream of `choice` to the output.

        Raises:
            RenderError: the output's container cannot hold it that way.
            ValueError, av.FFmpegError: likewise, in the library's words.
        """
        info = choice.info
        is_picture = info.kind == "video" and not info.is_attached_picture
        if choice.way is Way.TAG:
            image = self.lookahead.covers.get(info.index, b"")
            self.output.metadata[_COVER_TAG] = base64.b64encode(_picture_block(info, image)).decode()
            self.copied[info.index] = Copied()
            self.copied[info.index].add([image])
        elif (writer := self._writer(choice)) is not None:
            self.warnings += writer.open(self.output)
            self.writers.setdefault(info.index, []).append(writer)
            if isinstance(writer, PictureJoiner):
                self.joined[info.index] = writer.joined
            if choice.role is not None:
                made = self.output.streams[-1]
                made.metadata["title"] = info.title or ""
                made.disposition = Disposition(info.disposition)
        self._pictures += is_picture

    def push(self, packet: Any) -> Iterator[Any]:
        """Yield the packets of the copy that a packet of the film completes."""
        for writer in self.writers.get(packet.stream.index, ()):
            yield from writer.push(packet)

    def flush(self) -> Iterator[Any]:
        """Yield the packets that are left at the end."""
        for writers in self.writers.values():
            for writer in writers:
                yield from writer.flush()
                if isinstance(writer, SoundRecoder):
                    self.warnings += writer.notices

    def abandon(self) -> None:
        """Close the output, whatever it is worth."""
        with suppress(av.FFmpegError):
            self.output.close()

    def _writer(self, choice: Choice) -> Writer | None:
        info, work = choice.info, self.work
        if choice.way in (Way.COPY, Way.TEXT) and work.hides_in(info):
            return self._captions(choice)
        if choice.way is Way.COPY:
            image = self.lookahead.covers.get(info.index, b"") if info.is_attached_picture else None
            copier = PacketCopier(self.film, info, image, work.cuts)
            self.copied[info.index] = copier.copied
            return copier
        if choice.way is Way.TEXT:
            return TextRecoder(self.film, info.index, choice.encoder, work.cuts)
        if choice.way is not Way.ENCODE:
            return None
        self.encoded += [info.index] if info.index not in self.encoded else []
        if info.kind == "audio":
            return self._sound(choice)
        return self._picture(choice)

    def _sound(self, choice: Choice) -> Writer:
        info, work = choice.info, self.work
        edits = () if choice.role is Role.UNTOUCHED else work.sound_edits(info.index)
        decoder = self._decoders.setdefault(info.index, SharedDecoder())
        task = SoundTask(sounds_in_copy(edits, work.cuts), work.audio, work.own_sound, work.cuts)
        return SoundRecoder(self.film, info.index, task, decoder)

    def _picture(self, choice: Choice) -> Writer:
        info, work = choice.info, self.work
        look = self.lookahead.look(info.index)
        is_edited = bool(work.edits.picture or work.cuts.spans)
        if is_edited and not self.reuse.refusal and self.lookahead.indexes[info.index].is_complete:
            task = PictureTask(
                info,
                look,
                self.lookahead.indexes[info.index],
                work.edits.picture,
                work.video,
                work.cuts,
                "" if choice.takes_packets else "its packets have no place in such a file",
                self.reuse.fingerprint,
                self._pictures,
                self.reuse.pieces,
            )
            return PictureJoiner(self.film, task)
        if is_edited:
            why = self.reuse.refusal or self.lookahead.indexes[info.index].obstacle
            self.warnings.append(f"{info}: all of it is encoded anew, because {why}")
        track = Track(self.film, info.index, self.film.info.origin)
        return PictureRecoder(track, look, work.edits.picture, work.video, work.cuts)

    def _captions(self, choice: Choice) -> Writer:
        film, info = self.film, choice.info
        copies = choice.way is Way.COPY
        cuts = self.work.cuts
        writer = (
            PacketCopier(film, info, cuts=cuts)
            if copies
            else TextRecoder(film, info.index, choice.encoder, cuts)
        )
        editor = PacketEditor(film.stream(info.index), film.info.origin, self.work.texts)
        kind = ChangedLines if choice.role is Role.CHANGED_LINES else CaptionWriter
        return kind(writer, editor)


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
