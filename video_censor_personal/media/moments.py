"""The frames of one stream from a moment on, decoded from as near before it as the file allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.reader import Decoder, FilmReader, is_flush, open_film

if TYPE_CHECKING:
    from av.packet import Packet

_RUN_UPS = (0, 2, 10, 60)
"""Seconds to begin earlier when what is found begins too late: some containers go by decoding times."""
_SETTLING = Fraction(1, 2)
"""Seconds that a decoder of sound needs before what it gives is right."""
_MOST_HELD = 5000
"""Packets kept since the last key frame where one cannot move in a file."""


def frames_from(info: MediaInfo, index: int, moment: Fraction) -> Iterator[Any]:
    """Yield the frames of a stream, from one that begins at `moment` or before, where there is one.

    Their time stamps are those of the film's time line, by the container's clock. What comes first may be
    seconds too early; nothing of a film is decoded that need not be.

    Args:
        info: of the film.
        index: of the stream.
        moment: in seconds, as users count.

    Raises:
        MediaError: the film cannot be read.
    """
    begin = moment - _SETTLING if info.streams[index].kind == "audio" else moment
    wanted = begin + info.origin
    if begin > 0 and info.timeline.is_plain:
        for run_up in (each for each in _RUN_UPS if each < begin):
            with open_film(info) as film:
                frames = _after_seeking(film, index, wanted - run_up)
                if (first := _first(frames)) is not None and first.time <= wanted:
                    yield from chain([first], frames)
                    return
    with open_film(info) as film:
        packets = film.packets(index)
        yield from _decoded(_from_key_frame(packets, wanted) if begin > 0 else packets)


def _first(frames: Iterator[Any]) -> Any:
    """Return the first frame, if there is one that says when it is shown."""
    with suppress(Damaged):
        frame = next(frames, None)
        return None if frame is None or frame.time is None else frame
    return None


def _after_seeking(film: FilmReader, index: int, wanted: Fraction) -> Iterator[Any]:
    """Yield frames from the last key frame before a moment of the container's clock on; maybe none."""
    videos = film.info.of_kind("video")
    # Only of pictures every container knows where they are.
    by = videos[0].index if videos else index
    if film.seek(by, wanted):
        packets = film.packets(index)
        is_sound = film.info.streams[index].kind == "audio"
        yield from _decoded(_not_before(packets, wanted) if is_sound else packets)


def _decoded(packets: Iterable[Packet[Any]]) -> Iterator[Any]:
    decoder = Decoder()
    for packet in packets:
        yield from decoder.frames(packet)


def _not_before(packets: Iterator[Packet[Any]], wanted: Fraction) -> Iterator[Packet[Any]]:
    """Yield the packets of a sound from the one at a moment on; all of them where none is before it."""
    held: Packet[Any] | None = None
    for packet in packets:
        if is_flush(packet) or _moment(packet) > wanted:
            yield from () if held is None else (held,)
            yield packet
            break
        held = packet
    yield from packets


def _from_key_frame(packets: Iterator[Packet[Any]], wanted: Fraction) -> Iterator[Packet[Any]]:
    """Yield the packets of a stream from the last key frame at or before a moment on."""
    held: deque[Packet[Any]] = deque(maxlen=_MOST_HELD)
    for packet in packets:
        if is_flush(packet) or (packet.is_keyframe and _moment(packet) > wanted):
            yield from held
            yield packet
            break
        if packet.is_keyframe:
            held.clear()
        held.append(packet)
    yield from packets


def _moment(packet: Packet[Any]) -> Fraction:
    ticks = packet.dts if packet.pts is None else packet.pts
    return Fraction(0) if ticks is None else ticks * Fraction(packet.time_base)
