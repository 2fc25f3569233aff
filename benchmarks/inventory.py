"""All that a film holds, stream by stream, and what differs in its copy."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HDR = {"MASTERING_DISPLAY_METADATA": "mastering display", "CONTENT_LIGHT_LEVEL": "light level"}
_NAMELESS = frozenset({"encoder", "duration", "handler_name", "vendor_id", "encoder-options"})
_NAMELESS |= {"major_brand", "minor_version", "compatible_brands", "bps", "number_of_frames"}
_NAMELESS |= {
    "number_of_bytes",
    "_statistics_writing_app",
    "_statistics_writing_date_utc",
    "_statistics_tags",
}


_LEAST_TEXT = 2
"""Bytes. An MP4 has empty cues between those that say something."""


@dataclass(frozen=True, slots=True)
class Held:
    """One stream: what it is, what is said of it, and what is in it.

    `shape` is size and pixel format, or rate and layout. `start` and `end` are seconds, by its packets.
    `digest` is that of the payloads of its packets, `each` tells these apart. `shows` is what the
    first picture says of its colours,
    `says` the start, end and text of each cue.
    """

    index: int
    kind: str
    codec: str
    shape: str
    language: str = ""
    title: str = ""
    flags: tuple[str, ...] = ()
    packets: int = 0
    start: float = 0.0
    end: float = 0.0
    digest: str = ""
    each: tuple[int, ...] = ()
    shows: tuple[str, ...] = ()
    says: tuple[tuple[float, float, str], ...] = ()

    @property
    def role(self) -> tuple[str, str, str]:
        """What makes it the same stream in a copy."""
        return (self.kind, self.language, self.title)


@dataclass(frozen=True, slots=True)
class Inventory:
    """A film: its streams, chapters (start, end, title), tags, and attachments with their digests."""

    streams: tuple[Held, ...]
    chapters: tuple[tuple[float, float, str], ...]
    tags: tuple[tuple[str, str], ...]
    duration: float = 0.0
    attachments: tuple[tuple[str, str], ...] = field(default=())


def take(path: Path) -> Inventory:
    """Return what is in a film."""
    import av

    with av.open(str(path)) as opened:
        film: Any = opened
        seen = {stream.index: _Seen() for stream in film.streams}
        for packet in film.demux():
            if packet.pts is not None or packet.size:
                seen[packet.stream.index].add(packet)
        shows = dict(_first_pictures(path))
        streams = tuple(
            _held(stream, seen[stream.index], shows.get(stream.index, ()))
            for stream in film.streams
            if stream.type != "attachment"
        )
        attached = tuple(
            (str(stream.metadata.get("filename", "-")), hashlib.sha256(stream.data or b"").hexdigest()[:12])
            for stream in film.streams
            if stream.type == "attachment"
        )
        chapters = tuple(
            (
                round(float(each["start"] * each["time_base"]), 3),
                round(float(each["end"] * each["time_base"]), 3),
                each["metadata"].get("title", ""),
            )
            for each in film.chapters()
        )
        return Inventory(streams, chapters, _tags(film.metadata), (film.duration or 0) / 1e6, attached)


class _Seen:
    """The packets of a stream."""

    def __init__(self) -> None:
        self.count = 0
        self.start = float("inf")
        self.end = 0.0
        self.digest = hashlib.sha256()
        self.each: list[int] = []
        self.cues: list[tuple[float, float, str]] = []

    def add(self, packet: Any) -> None:
        self.count += 1
        self.digest.update(bytes(packet))
        self.each.append(zlib.crc32(bytes(packet)))
        if packet.pts is not None:
            start = float(packet.pts * packet.time_base)
            end = start + float((packet.duration or 0) * packet.time_base)
            self.start, self.end = min(self.start, start), max(self.end, end)
            if packet.stream.type == "subtitle" and packet.size > _LEAST_TEXT:
                self.cues.append((round(start, 3), round(end, 3), text_of(packet.stream.name, bytes(packet))))


def _held(stream: Any, seen: _Seen, shows: tuple[str, ...]) -> Held:
    context = stream.codec_context
    shape = ""
    if stream.type == "video":
        shape = f"{context.width}x{context.height} {context.pix_fmt}"
    elif stream.type == "audio":
        shape = (
            f"{context.rate} Hz {context.layout.name} {context.format.name if context.format else ''}".strip()
        )
    profile = f" ({stream.profile})" if stream.type != "subtitle" and stream.profile else ""
    flags = (stream.disposition.name or "") if stream.disposition else ""
    return Held(
        index=stream.index,
        kind=stream.type,
        codec=f"{context.name if context else 'unknown'}{profile}",
        shape=shape,
        language=stream.metadata.get("language", ""),
        title=stream.metadata.get("title", ""),
        flags=tuple(sorted(flags.split("|"))) if flags else (),
        packets=seen.count,
        start=round(seen.start, 3) if seen.count else 0.0,
        end=round(seen.end, 3),
        digest=seen.digest.hexdigest()[:12],
        each=tuple(seen.each),
        shows=shows,
        says=tuple(seen.cues),
    )


def text_of(codec: str, content: bytes) -> str:
    """Return what a cue says, with its markup."""
    if codec == "mov_text":
        return content[2 : 2 + int.from_bytes(content[:2], "big")].decode(errors="replace")
    text = content.decode(errors="replace")
    return text.split(",", 8)[-1] if codec in ("ass", "ssa") else text


def _tags(metadata: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((key, value) for key, value in metadata.items() if key.lower() not in _NAMELESS))


def _first_pictures(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield, for each stream of pictures, what its first picture says of its colours."""
    import av

    with av.open(str(path)) as film:
        waiting = {stream.index for stream in film.streams.video}
        for packet in film.demux(list(film.streams.video)):
            if packet.stream.index not in waiting:
                continue
            for frame in packet.decode():
                said: Any = frame
                waiting.discard(packet.stream.index)
                named = {item.type.name for item in said.side_data}
                colors = f"color {int(said.color_primaries)}/{int(said.color_trc)}/{int(said.colorspace)}"
                yield packet.stream.index, (colors, *(HDR[name] for name in sorted(named) if name in HDR))
                break
            if not waiting:
                return


def paired(before: Sequence[Held], after: Sequence[Held]) -> list[tuple[Held | None, Held | None]]:
    """Return each stream with the one that it became: of the same kind and language, the nearest by title.

    Those that are new, or gone, stand alone.
    """
    left = list(after)
    pairs: list[tuple[Held | None, Held | None]] = []
    for each in before:
        same = [other for other in left if (other.kind, other.language) == (each.kind, each.language)]
        same.sort(key=lambda other: (other.digest != each.digest, other.title != each.title))
        if same:
            left.remove(same[0])
        pairs.append((each, same[0] if same else None))
    return [*pairs, *((None, other) for other in left)]


def changes(before: Inventory, after: Inventory) -> list[list[str]]:
    """Return a row for each stream, and for chapters, tags and attachments: before, after, what differs."""
    rows = [
        [_said(was), _said(now), _differs(was, now)] for was, now in paired(before.streams, after.streams)
    ]
    for name in ("chapters", "tags", "attachments"):
        was, now = getattr(before, name), getattr(after, name)
        gone, new = ([each for each in a if each not in b] for a, b in ((was, now), (now, was)))
        differs = [f"{word} {_listed(some)}" for word, some in (("gone:", gone), ("new:", new)) if some]
        rows.append([f"{name}: {_listed(was)}", str(len(now)), "; ".join(differs) or "equal"])
    lengths = f"{before.duration:.3f} s", f"{after.duration:.3f} s"
    return [
        *rows,
        [f"length: {lengths[0]}", lengths[1], f"{1000 * (after.duration - before.duration):+.0f} ms"],
    ]


def _said(held: Held | None) -> str:
    if held is None:
        return "-"
    parts = [
        f"{held.index} {held.kind} {held.codec}",
        held.shape,
        held.language,
        f"'{held.title}'" * bool(held.title),
    ]
    parts += [",".join(held.flags), ", ".join(held.shows)]
    return "; ".join(part for part in parts if part)


def _differs(was: Held | None, now: Held | None) -> str:
    if now is None:
        return "**gone**"
    if was is None:
        return f"new, {now.packets} packets"
    if was.digest == now.digest:
        same = f"bit for bit, {was.packets} packets"
    else:
        kept = (Counter(was.each) & Counter(now.each)).total()
        same = f"{was.packets} packets, now {now.packets}, of which {kept} as they were"
    moved = [
        f"{name} {1000 * (new - old):+.0f} ms"
        for name, old, new in (("starts", was.start, now.start), ("ends", was.end, now.end))
        if abs(new - old) >= 0.0005
    ]
    said = [
        f"{name} differs"
        for name in ("codec", "shape", "language", "title", "flags", "shows")
        if getattr(was, name) != getattr(now, name)
    ]
    cues = [
        f"cue '{text}' at {start:g}-{end:g} s"
        for start, end, text in now.says
        if (start, end, text) not in was.says
    ]
    return "; ".join([same, *moved, *said, *cues])


def _listed(values: Sequence[tuple[Any, ...]]) -> str:
    return ", ".join("=".join(str(part) for part in value) for value in values) or "-"
