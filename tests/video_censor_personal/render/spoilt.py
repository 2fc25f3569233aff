"""Copies of films that are spoilt in one respect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av


@dataclass(frozen=True)
class Spoil:
    """How a copy is spoilt: streams left out, packets changed, tracks moved, chapters or language lost."""

    drop: frozenset[int] = frozenset()
    change: Callable[[Any], bytes | None] = bytes
    move: dict[int, float] = field(default_factory=dict)
    keep_chapters: bool = True
    language: str | None = None


def spoilt(source: Path, spoil: Spoil) -> Path:
    target = source.with_name(f"spoilt{source.suffix}")
    with av.open(str(source)) as one, av.open(str(target), "w") as other:
        kept = [stream for stream in one.streams if stream.index not in spoil.drop]
        streams = {stream.index: other.add_stream_from_template(stream, opaque=True) for stream in kept}
        for index, stream in streams.items():
            stream.metadata.update(one.streams[index].metadata)
            if spoil.language and stream.type == "audio":
                stream.metadata["language"] = spoil.language
        if spoil.keep_chapters:
            other.set_chapters(one.chapters())
        for packet in one.demux(kept):
            payload = spoil.change(packet) if packet.size else None
            if payload is not None:
                made: Any = av.Packet(payload)
                late = round(Fraction(spoil.move.get(packet.stream.index, 0.0)) / packet.time_base)
                made.pts = None if packet.pts is None else packet.pts + late
                made.dts = None if packet.dts is None else packet.dts + late
                made.duration, made.is_keyframe = packet.duration, packet.is_keyframe
                made.time_base = packet.time_base
                made.stream = streams[packet.stream.index]
                other.mux(made)
    return target


def flipped(index: int) -> Callable[[Any], bytes]:
    """Return what changes one bit of a few packets of a stream."""

    def change(packet: Any) -> bytes:
        content = bytearray(packet)
        if packet.stream.index == index and 1.2 < packet.pts * packet.time_base < 1.3:
            content[-1] ^= 1
        return bytes(content)

    return change


def until(seconds: float, index: int | None = None) -> Callable[[Any], bytes | None]:
    """Return what drops the packets after a time, of one stream or of all."""

    def change(packet: Any) -> bytes | None:
        is_late = packet.pts is not None and packet.pts * packet.time_base > seconds
        return None if is_late and index in (None, packet.stream.index) else bytes(packet)

    return change
