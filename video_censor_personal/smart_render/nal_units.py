"""The units that H.264 and H.265 are made of, as containers store them.

Between start codes (ITU-T H.264 and H.265, annex B) or behind lengths (ISO/IEC 14496-15).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Codec = Literal["h264", "hevc"]

_START = b"\x00\x00\x01"
_LENGTH_SIZE_AT: dict[Codec, int] = {"h264": 4, "hevc": 21}
"""Where avcC and hvcC (ISO/IEC 14496-15, 5.3.3 and 8.3.3) say how many bytes a length has, less one."""
_GUARDED = re.compile(rb"\x00\x00\x03")
_UNGUARDED = re.compile(rb"\x00\x00(?=[\x00-\x03])")


@dataclass(frozen=True, slots=True)
class Framing:
    """How units are told apart: by lengths of so many bytes; 0: by start codes."""

    length_size: int = 0

    @classmethod
    def of(cls, codec: Codec, extradata: bytes) -> Framing:
        """Return the framing of the packets of a stream with that extradata."""
        at = _LENGTH_SIZE_AT[codec]
        return cls((extradata[at] & 3) + 1 if is_record(extradata) and len(extradata) > at else 0)

    def split(self, payload: bytes) -> Iterator[bytes]:
        """Yield the units of a packet; what is behind a damaged length is left out."""
        if not self.length_size:
            yield from (unit for each in payload.split(_START)[1:] if (unit := each.rstrip(b"\x00")))
            return
        at = 0
        while at + self.length_size < len(payload):
            begin = at + self.length_size
            at = begin + int.from_bytes(payload[at:begin], "big")
            if at > begin:
                yield payload[begin:at]

    def join(self, units: Iterable[bytes]) -> bytes:
        """Return the packet of these units."""
        if not self.length_size:
            return b"".join(b"\x00" + _START + unit for unit in units)
        return b"".join(len(unit).to_bytes(self.length_size, "big") + unit for unit in units)


def is_record(extradata: bytes) -> bool:
    """Whether extradata is an avcC or hvcC record, not units between start codes."""
    return extradata[:1] == b"\x01"


def unit_type(codec: Codec, unit: bytes) -> int:
    """Return nal_unit_type (H.264, 7.3.1; H.265, 7.3.1.2)."""
    return unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63


def unguarded(unit: bytes) -> bytes:
    """Return a unit without the bytes that keep it from looking like a start code (7.3.1.1)."""
    return _GUARDED.sub(b"\x00\x00", unit)


def guarded(unit: bytes) -> bytes:
    """Return a unit with those bytes."""
    return _UNGUARDED.sub(b"\x00\x00\x03", unit)
