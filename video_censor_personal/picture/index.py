"""When each packet of a picture is decoded and shown: read once, before a film is rendered."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from fractions import Fraction

from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.reader import is_flush, open_film


@dataclass(slots=True)
class PacketIndex:
    """The packets of one stream in the order of decoding.

    `pts` and `dts` are in units of `time_base`, on the film's own time line: 0 is where the film begins.
    `keys` says which are key frames. Where `is_complete` is not set, a packet lacks one of its times.
    """

    time_base: Fraction
    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    keys: bytearray = field(default_factory=bytearray)
    is_complete: bool = True

    def moments(self) -> list[Fraction]:
        """Return when, in seconds, each picture appears, by time."""
        return [pts * self.time_base for pts in sorted(self.pts)]


def read_indexes(info: MediaInfo) -> dict[int, PacketIndex]:
    """Read the indexes of a film's pictures, covers excepted; nothing is decoded.

    Raises:
        MediaError: the film cannot be read.
    """
    wanted = [stream.index for stream in info.of_kind("video")]
    if not wanted:
        return {}
    with open_film(info) as film:
        found = {index: PacketIndex(film.stream(index).time_base) for index in wanted}
        shifts = {index: round(info.origin / each.time_base) for index, each in found.items()}
        for packet in film.packets(*wanted):
            if is_flush(packet):
                continue
            index = packet.stream.index
            this, shift = found[index], shifts[index]
            if packet.pts is None or packet.dts is None:
                this.is_complete = False
                continue
            this.pts.append(packet.pts - shift)
            this.dts.append(packet.dts - shift)
            this.keys.append(packet.is_keyframe)
    return found
