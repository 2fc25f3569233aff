"""When each packet of a picture is decoded and shown: read once, before a film is rendered."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from fractions import Fraction

from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.reader import is_flush, open_film
from video_censor_personal.smart_render.entry_points import Entry, EntryFinder


@dataclass(slots=True)
class PacketIndex:
    """The packets of one stream in the order of decoding.

    `pts` and `dts` are in units of `time_base`, on the film's own time line: 0 is where the film begins.
    `entries` says where decoding can begin (`Entry`). Where `is_complete` is not set, a packet does not say
    when it is shown; `tells_decoding` says that all tell when they are decoded, in order. `sets` are the
    parameter sets of H.264 and H.265. `obstacle`: why nothing else may be put between the packets, if so.
    """

    time_base: Fraction
    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    entries: bytearray = field(default_factory=bytearray)
    is_complete: bool = True
    tells_decoding: bool = True
    sets: tuple[bytes, ...] = ()
    obstacle: str = ""

    def moments(self) -> list[Fraction]:
        """Return when, in seconds, each picture appears, by time."""
        return [pts * self.time_base for pts in sorted(self.pts)]

    def _add(self, pts: int | None, dts: int | None, entry: Entry) -> None:
        if pts is None:
            self.is_complete = False
            return
        if dts is None or dts > pts or (self.dts and dts <= self.dts[-1]):
            self.tells_decoding = False
        self.pts.append(pts)
        self.dts.append(pts if dts is None else dts)
        self.entries.append(entry)


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
        finders = {index: EntryFinder(film.stream(index)) for index in wanted}
        shifts = {index: round(info.origin / each.time_base) for index, each in found.items()}
        for packet in film.packets(*wanted):
            if is_flush(packet):
                continue
            index = packet.stream.index
            this, shift = found[index], shifts[index]
            pts = None if packet.pts is None else packet.pts - shift
            this._add(pts, None if packet.dts is None else packet.dts - shift, finders[index].look(packet))
            if packet.is_discard:
                this.obstacle = "some of its pictures are there, but not to be shown"
    for index, this in found.items():
        finder = finders[index]
        this.sets = finder.sets
        this.obstacle = this.obstacle or finder.obstacle
        if not this.is_complete:
            this.obstacle = "not all of its packets say when they are shown"
        elif len(set(this.pts)) < len(this.pts):
            this.obstacle, this.is_complete = "several of its packets are shown at the same time", False
    return found
