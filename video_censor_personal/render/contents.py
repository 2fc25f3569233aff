"""What a file holds as it is read and partly decoded: streams, moments, digests; to compare two files."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from video_censor_personal.containers.copy import Copied, PacketEnds, content
from video_censor_personal.containers.retiming import Retimer
from video_censor_personal.edits.after_cuts import kept_times
from video_censor_personal.edits.cuts import NO_CUTS, Cuts
from video_censor_personal.edits.values import exact
from video_censor_personal.media.info import StreamInfo
from video_censor_personal.media.reader import Decoder, FilmReader, is_flush
from video_censor_personal.media.subtitles import Cue, cues, is_filler, is_text
from video_censor_personal.picture.encoding import Look, look_of

_RUN_IN_FIRST = frozenset({"mp3"})
"""Formats whose clock begins with the encoder's run-in, before what is heard."""
_QUICKTIME = "qt  "


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is compared; `streams` are those of it that are.

    Times are by the clock that begins at `origin`. `packets` says how long a packet of sound lasts, in
    seconds. A QuickTime file, `is_quicktime`, can tell a few languages only. `cuts` are taken out of it.
    """

    film: FilmReader
    origin: Fraction
    streams: tuple[StreamInfo, ...]
    packets: dict[int, float]
    is_quicktime: bool
    cuts: Cuts

    @classmethod
    def of(
        cls, film: FilmReader, origin: Fraction, streams: Sequence[StreamInfo], cuts: Cuts = NO_CUTS
    ) -> OpenFile:
        """Return what is in a file, as far as it is compared."""
        info, container = film.info, film.container
        return cls(
            film,
            info.origin if info.format in _RUN_IN_FIRST else origin,
            tuple(streams),
            {s.index: _packet_seconds(container.streams[s.index]) for s in info.of_kind("audio")},
            container.metadata.get("major_brand") == _QUICKTIME,
            cuts,
        )

    def packets_of_streams(self) -> Iterator[Any]:
        """Yield all packets that say something; those that are neither sound nor picture without what is cut.

        Of those, sound and pictures are cut when they are decoded.
        """
        info = self.film.info
        played = {each.index for kind in ("audio", "video") for each in info.of_kind(kind)}
        others = {
            each.index: Retimer(self.film.stream(each.index), self.origin, self.cuts)
            for each in info.streams
            if each.index not in played and not each.is_attached_picture
        }
        for packet in self.film.packets():
            if is_filler(packet.stream, packet):
                continue
            retimer = others.get(packet.stream.index)
            yield from [packet] if retimer is None else retimer.push(packet)
        for retimer in others.values():
            yield from retimer.flush()


@dataclass(slots=True)
class StreamRead:
    """What is read of one stream; times in seconds.

    `start` is when it is first seen or heard, None where that is unknown. `end` is when the last sound ends
    or the last picture appears. `times` are those of the packets, except of sound, and when texts end. `look`
    is that of the first picture. `decoder` is at work until the first frame.
    """

    copied: Copied
    decoder: Decoder | None
    start: float | None = None
    look: Look | None = None
    end: float = 0.0
    times: array[float] = field(default_factory=lambda: array("d"))
    cues: list[Cue] = field(default_factory=list)
    packets: int = 0
    is_played: bool = False

    def cut(self, cuts: Cuts) -> None:
        """Take out what is cut of a sound or picture; all else was moved as it was read."""
        if not cuts.spans or not self.is_played:
            return
        begin = self.start if self.start is None else exact(self.start)
        self.start = None if begin is None else float(cuts.moved(begin))
        self.end = float(cuts.moved(exact(self.end)))
        if self.times:
            self.times = kept_times(self.times, cuts)
            self.end = max(self.times, default=0.0)
            if begin is not None and cuts.takes(begin):
                self.start = min(self.times, default=None)


def read_streams(
    file: OpenFile,
    texts: Collection[int],
    unhashed: Collection[int] = (),
    marks: Mapping[int, bytearray] | None = None,
) -> dict[int, StreamRead]:
    """Read all packets of a file, and the first frame of each track.

    Args:
        file: from its beginning on.
        texts: the streams whose words are compared.
        unhashed: the streams whose payloads are not.
        marks: for streams of which some packets' payloads are, which ones.
    """
    info = file.film.info
    tracks = {each.index for kind in ("audio", "video") for each in info.of_kind(kind)}
    found = {}
    for each in info.streams:
        stream = file.film.stream(each.index)
        is_decoded = each.index in tracks and stream.codec_context is not None
        decoder = Decoder() if is_decoded else None
        found[each.index] = StreamRead(Copied.of(stream), decoder, is_played=each.index in tracks)
    ends = PacketEnds()
    for packet in file.packets_of_streams():
        index = packet.stream.index
        this = found[index]
        if this.decoder is not None and (frames := this.decoder.frames(packet)):
            this.decoder = None
            this.start = _seconds(frames[0].pts, frames[0].time_base, file.origin)
            this.look = look_of(packet.stream, frames[0]) if packet.stream.type == "video" else None
        if is_flush(packet):
            continue
        if index in texts:
            this.cues += cues([packet], file.origin)
        this.packets += 1
        mask = (marks or {}).get(index)
        if index not in unhashed and (mask is None or _is_marked(mask, this.packets)):
            this.copied.add(content(packet.stream, packet))
        if packet.pts is not None:
            # How long the last picture stays is for the player to say.
            is_sound = packet.stream.type == "audio"
            end = ends.end(packet) if is_sound else packet.pts * packet.time_base
            this.end = max(this.end, float(end) - float(file.origin))
            if not is_sound:
                moments = [packet.pts, packet.pts + (packet.duration or 0)]
                moments = moments if is_text(packet.stream) else moments[:1]
                this.times.extend(float(each * packet.time_base) - float(file.origin) for each in moments)
    for stream in found.values():
        stream.cut(file.cuts)
    return found


def _is_marked(marks: bytearray, number: int) -> bool:
    return number <= len(marks) and bool(marks[number - 1])


def _seconds(pts: int | None, base: Fraction, origin: Fraction) -> float | None:
    return None if pts is None else float(pts * base - origin)


def _packet_seconds(stream: Any) -> float:
    """Return how long the sound of one packet of a codec lasts; 0 where that differs."""
    context = stream.codec_context
    return float(context.frame_size / context.sample_rate) if context.sample_rate else 0.0
