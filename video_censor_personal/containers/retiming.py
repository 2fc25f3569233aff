"""Packets of subtitles and data, moved to where they belong in a copy from which stretches were cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from video_censor_personal.containers.display_sets import ENDLESS, display_set
from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.media.reader import is_flush


@dataclass(frozen=True, slots=True)
class _Place:
    """When a packet is shown and decoded, and for how long, in ticks; None where that is unknown."""

    pts: int | None
    dts: int | None
    duration: int | None

    def give(self, packet: Any) -> Any:
        """Return the packet, put there."""
        packet.pts, packet.dts, packet.duration = self.pts, self.dts, self.duration
        return packet


class Retimer:
    """Moves the packets of one stream; those of which the cuts leave nothing are left out.

    What is shown for some time is shown for less where a cut takes a part of it. Subtitles that are shown
    until the next ones come change where the copy goes on, if they changed within a cut.

    Args:
        stream: of the film.
        origin: container time, in seconds, of the film's 0.
        cuts: what is taken out.
    """

    def __init__(self, stream: Any, origin: Fraction, cuts: Cuts) -> None:
        context = stream.codec_context
        self._codec = context.codec.canonical_name if context is not None else ""
        self._origin = origin
        self._cuts = cuts
        self._waiting: list[Any] = []
        self._join = Fraction(0)
        self._shows = False

    def push(self, packet: Any) -> Iterator[Any]:
        """Yield a packet, if it is in the copy, behind those that waited for it."""
        if not self._cuts.spans or is_flush(packet):
            yield packet
            return
        stamp = packet.dts if packet.pts is None else packet.pts
        begin = None if stamp is None else stamp * packet.time_base - self._origin
        is_taken = begin is not None and self._cuts.takes(begin)
        join = None if begin is None else self._cuts.moved(begin)
        if not (is_taken and join == self._join):
            yield from self._released()
        if is_taken and join is not None and self._codec in ENDLESS:
            self._wait(packet, join)
        elif (place := self._placed(packet)) is not None:
            yield place.give(packet)

    def flush(self) -> Iterator[Any]:
        """Yield what waits for more, when there is none."""
        if not self._shows:
            yield from self._released()

    def _wait(self, packet: Any, join: Fraction) -> None:
        """Keep a packet for the end of the cut, and of those before it what it needs."""
        self._join = join
        found = display_set(self._codec, bytes(packet))
        if found is not None:
            self._shows = not found.is_empty
            if found.starts_anew or found.is_empty:
                self._waiting.clear()
        self._waiting.append(packet)

    def _released(self) -> Iterator[Any]:
        for packet in self._waiting:
            at = round((self._join + self._origin) / packet.time_base)
            yield _Place(at, at, packet.duration).give(packet)
        self._waiting.clear()

    def _placed(self, packet: Any) -> _Place | None:
        """Return where a packet is in the copy; None where nothing of it is."""
        begin = packet.dts if packet.pts is None else packet.pts
        if begin is None:
            return _Place(None, None, packet.duration)
        end = begin + (packet.duration or 0)
        base = packet.time_base
        if not self._cuts.keeps(begin * base - self._origin, end * base - self._origin):
            return None
        first, last = self._moved(begin, base), self._moved(end, base)
        if end > begin and last <= first:
            return None
        dts = packet.dts if packet.dts in (None, begin) else self._moved(packet.dts, base)
        return _Place(first, first if dts == begin else dts, last - first)

    def _moved(self, ticks: int, base: Fraction) -> int:
        return round((self._cuts.moved(ticks * base - self._origin) + self._origin) / base)
