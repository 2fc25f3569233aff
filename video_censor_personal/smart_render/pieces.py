"""Encoded stretches of a copy that was made before: they are taken from it, not encoded again.

Each is known by a key, the digest of all that it depends on. The copy itself keeps them, so nothing else on
the disk does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.probe import codec_name, open_by_header
from video_censor_personal.media.reader import is_flush
from video_censor_personal.smart_render.entry_points import unit_codec
from video_censor_personal.smart_render.nal_units import Framing


@dataclass(frozen=True, slots=True)
class Piece:
    """An encoded stretch in a copy: packets `first` and so many after it of the copy's picture `track`.

    `track` counts pictures only, covers excepted. `digest` is of what the packets hold.
    """

    key: str
    track: int
    first: int
    count: int
    digest: str


class PieceDamaged(Exception):
    """A copy does not hold what was put there; what was taken from it is worth nothing."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What of a copy that is there can be used again; no copy: nothing."""

    copy: Path | None = None
    by_key: Mapping[str, Piece] = field(default_factory=dict)

    @classmethod
    def of(cls, copy: Path, pieces: Iterable[Piece]) -> Pieces:
        """Return the pieces of a copy."""
        return cls(copy, {each.key: each for each in pieces})


class PieceReader:
    """Reads pieces from a copy, in the order in which they are there."""

    def __init__(self, pieces: Pieces, track: int) -> None:
        self._pieces = pieces
        self._track = track
        self._stack = ExitStack()
        self._packets: Iterator[Any] | None = None
        self._at = 0

    def find(self, key: str) -> Piece | None:
        """Return the piece of that key, if it can still be read."""
        piece = self._pieces.by_key.get(key)
        return piece if piece is not None and piece.track == self._track and piece.first >= self._at else None

    def read(self, piece: Piece) -> Iterator[tuple[tuple[bytes, ...], Any]]:
        """Yield the packets of a piece, each with what it holds: units, where the codec has them.

        Raises:
            PieceDamaged: afterwards, or at once, where they are not what they were.
        """
        digest = hashlib.sha256()
        try:
            for packet in self._from(piece):
                parts = parts_of(packet)
                add_parts(digest, parts)
                yield parts, packet
        except MediaError as error:
            raise PieceDamaged(str(error)) from error
        if digest.hexdigest() != piece.digest:
            raise PieceDamaged(f"{self._pieces.copy} is not as it was")

    def close(self) -> None:
        """Close the copy."""
        self._stack.close()

    def _from(self, piece: Piece) -> Iterator[Any]:
        if self._packets is None:
            assert self._pieces.copy is not None
            film = self._stack.enter_context(open_by_header(self._pieces.copy))
            stream = film.info.of_kind("video")[piece.track]
            self._packets = (packet for packet in film.packets(stream.index) if not is_flush(packet))
        for packet in self._packets:
            self._at += 1
            if self._at > piece.first:
                yield packet
            if self._at == piece.first + piece.count:
                return
        raise PieceDamaged(f"{self._pieces.copy} is shorter than it was")


def add_parts(digest: Any, parts: Iterable[bytes]) -> None:
    """Add what a packet holds to a digest; zeros at the end of a unit do not count."""
    for part in parts:
        content = part.rstrip(b"\x00")
        digest.update(len(content).to_bytes(4, "big"))
        digest.update(content)


def parts_of(packet: Any) -> tuple[bytes, ...]:
    """Return what a packet of a file holds."""
    codec = unit_codec(codec_name(packet.stream))
    if codec is None:
        return (bytes(packet),)
    framing = Framing.of(codec, packet.stream.codec_context.extradata or b"")
    return tuple(framing.split(bytes(packet)))
