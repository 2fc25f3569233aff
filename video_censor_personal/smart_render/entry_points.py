"""Packets at which a decoder can begin, and those after which it needs nothing that came before."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, get_args

from video_censor_personal.media.probe import codec_name
from video_censor_personal.smart_render.nal_units import Codec, Framing, unit_type
from video_censor_personal.smart_render.parameter_sets import (
    SETS,
    by_id,
    parameter_sets,
    read_avc_sequence,
    set_id,
)

_H264_IDR = 5
_HEVC_IDR = (19, 20)
_HEVC_CRA = 21
_AV1_SEQUENCE, _AV1_FRAME_HEADER, _AV1_FRAME = 1, 3, 6
_AV1_DELIMITER = 2
_CHANGED = "its parameter sets change in its middle"


class Entry(IntEnum):
    """What can be begun with a packet."""

    NONE = 0
    KEY = 1
    """The container calls it a key frame; what follows may still look back."""
    CLEAN = 2
    """Nothing from here on looks back."""
    AFTER_END = 3
    """The same, where what is before ends with an end-of-sequence unit (H.265, 7.4.2.4.4)."""


class EntryFinder:
    """Looks at the packets of one stream; `sets` are its parameter sets, `obstacle` what is odd of it."""

    def __init__(self, stream: Any) -> None:
        self.obstacle = ""
        self._codec = codec_name(stream)
        extradata = (stream.codec_context.extradata if stream.codec_context is not None else None) or b""
        self._sets: dict[tuple[int, int], bytes] = {}
        self._framing = Framing()
        if (codec := unit_codec(self._codec)) is not None:
            self._framing = Framing.of(codec, extradata)
            self._sets = dict(by_id(codec, parameter_sets(codec, extradata)))
            for unit in self._sets.values():
                self._look_at_set(codec, unit)

    @property
    def sets(self) -> tuple[bytes, ...]:
        """The parameter sets of H.264 and H.265."""
        return tuple(self._sets.values())

    def look(self, packet: Any) -> Entry:
        """Return what can be begun with the next packet."""
        if (codec := unit_codec(self._codec)) is not None:
            try:
                return self._units(codec, packet)
            except (ValueError, IndexError):
                self.obstacle = "its parameter sets cannot be read"
                return Entry.NONE
        if not packet.is_keyframe:
            return Entry.NONE
        if self._codec == "vp9":
            return Entry.CLEAN if _is_vp9_key(bytes(packet)) else Entry.NONE
        if self._codec == "av1":
            return Entry.CLEAN if _is_av1_key(bytes(packet)) else Entry.NONE
        return Entry.KEY

    def _units(self, codec: Codec, packet: Any) -> Entry:
        entry = Entry.NONE
        for unit in self._framing.split(bytes(packet)):
            kind = unit_type(codec, unit)
            if kind in SETS[codec]:
                name = set_id(codec, unit)
                if self._sets.setdefault(name, unit) != unit:
                    self.obstacle = _CHANGED
                self._look_at_set(codec, unit)
            elif (codec == "h264" and kind == _H264_IDR) or (codec == "hevc" and kind in _HEVC_IDR):
                entry = Entry.CLEAN
            elif codec == "hevc" and kind == _HEVC_CRA:
                entry = Entry.AFTER_END
        return entry

    def _look_at_set(self, codec: Codec, unit: bytes) -> None:
        if codec == "h264" and unit_type(codec, unit) == 7 and not read_avc_sequence(unit).is_progressive:
            self.obstacle = "it is interlaced, or may be"


def unit_codec(codec: str) -> Codec | None:
    """Return the codec if it is one of those whose packets consist of units (H.264, H.265)."""
    return next((each for each in get_args(Codec) if each == codec), None)


def without_delimiters(payload: bytes) -> bytes:
    """Return a packet of AV1 as containers keep it, without what only a bare stream needs (AV1, 7.5)."""
    return b"".join(whole for kind, whole, _ in _av1_units(payload) if kind != _AV1_DELIMITER)


def _is_vp9_key(payload: bytes) -> bool:
    """Whether the frame header (VP9, 6.2) says: a key frame, which is shown."""
    bits = f"{int.from_bytes(payload[:2], 'big'):016b}"
    if len(payload) < 2 or bits[:2] != "10":
        return False
    at = 5 if bits[2:4] == "11" else 4
    return bits[at : at + 3] == "001"


def _is_av1_key(payload: bytes) -> bool:
    """Whether there are a sequence header and then a key frame that is shown (AV1, 5.5, 5.9.2)."""
    has_sequence = False
    for kind, _, content in _av1_units(payload):
        if kind == _AV1_SEQUENCE:
            # Neither still_picture nor reduced_still_picture_header.
            has_sequence = bool(content) and content[0] & 0b11000 == 0
        elif kind in (_AV1_FRAME_HEADER, _AV1_FRAME):
            # show_existing_frame 0, frame_type 0, show_frame 1
            return has_sequence and bool(content) and content[0] >> 4 == 0b0001
    return False


def _av1_units(payload: bytes) -> list[tuple[int, bytes, bytes]]:
    """Return the type, the whole and the content of each unit (AV1, 5.3)."""
    found, at = [], 0
    while at < len(payload):
        head = payload[at]
        begin = at + (2 if head & 4 else 1)
        size, used = _leb128(payload, begin) if head & 2 else (len(payload) - begin, 0)
        end = begin + used + size
        found.append((head >> 3 & 15, payload[at:end], payload[begin + used : end]))
        at = end
    return found


def _leb128(payload: bytes, at: int) -> tuple[int, int]:
    number = 0
    for count, byte in enumerate(payload[at : at + 8]):
        number |= (byte & 127) << (7 * count)
        if not byte & 128:
            return number, count + 1
    return number, 8
