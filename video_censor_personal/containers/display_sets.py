"""What a packet of subtitles that are pictures does: show something, or take all away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_PGS, _DVB = "hdmv_pgs_subtitle", "dvb_subtitle"
ENDLESS = frozenset({_PGS, _DVB})
"""Codecs whose pictures are shown until the next ones come."""
_PGS_COMPOSITION, _PGS_STATE_AT, _PGS_OBJECTS_AT = 0x16, 7, 10
_DVB_SYNC, _DVB_COMPOSITION = 0x0F, 0x10
_DVB_NORMAL, _DVB_EMPTY = 0, 2


@dataclass(frozen=True, slots=True)
class DisplaySet:
    """`starts_anew`: it needs nothing that came before. `is_empty`: nothing is shown from it on."""

    starts_anew: bool
    is_empty: bool


def display_set(codec: str, payload: bytes) -> DisplaySet | None:
    """Return what a packet does; None where it only adds to one before.

    Blu-ray: the composition says its state, 0 for one that goes on, and how many objects it shows (as the
    decoders of FFmpeg and VLC read it; not published). Broadcasts: ETSI EN 300 743, 7.2.2.
    """
    if codec == _PGS:
        return next((_pgs(part) for kind, part in _pgs_segments(payload) if kind == _PGS_COMPOSITION), None)
    if codec == _DVB:
        return next((_dvb(part) for kind, part in _dvb_segments(payload) if kind == _DVB_COMPOSITION), None)
    return None


def _pgs_segments(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield segments: a byte of kind, two of length."""
    at = 0
    while at + 3 <= len(payload):
        end = at + 3 + int.from_bytes(payload[at + 1 : at + 3], "big")
        yield payload[at], payload[at + 3 : end]
        at = end


def _pgs(part: bytes) -> DisplaySet | None:
    if len(part) <= _PGS_OBJECTS_AT:
        return None
    return DisplaySet(part[_PGS_STATE_AT] != 0, part[_PGS_OBJECTS_AT] == 0)


def _dvb_segments(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield segments: a byte to synchronize, one of kind, two of page, two of length."""
    at = 0
    while at + 6 <= len(payload) and payload[at] == _DVB_SYNC:
        end = at + 6 + int.from_bytes(payload[at + 4 : at + 6], "big")
        yield payload[at + 1], payload[at + 6 : end]
        at = end


def _dvb(part: bytes) -> DisplaySet | None:
    if len(part) < _DVB_EMPTY:
        return None
    return DisplaySet(part[1] >> 2 & 3 != _DVB_NORMAL, len(part) == _DVB_EMPTY)
