"""What a packet says, apart from how its container wraps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_START = b"\x00\x00\x01"
_WAVPACK = b"wvpk"
_WAVPACK_PLACE = 20
"""Bytes of a WavPack block's header that only its place in the file decides."""
_LENGTH_SIZE_AT = {"h264": 4, "hevc": 21}
"""Where avcC and hvcC (ISO/IEC 14496-15, 5.3.3 and 8.3.3) say how many bytes a length has, less one."""


def content(stream: Any, packet: Any) -> Iterator[bytes]:
    """Yield the parts of a packet that are the same in every container.

    H.264 and H.265 come as units between start codes (ISO/IEC 14496-10, annex B; transport streams, AVI)
    or behind lengths (MP4, Matroska); AAC with or without a header on each packet (ISO/IEC 14496-3, ADTS).
    A WavPack block says its size, and where it is in the file, before what it holds (WavPack 5 binary file
    format, 2.0). Muxers change one into the other. All else is yielded whole.
    """
    payload = bytes(packet)
    context = stream.codec_context
    codec = context.codec.canonical_name if context is not None else ""
    if codec in _LENGTH_SIZE_AT:
        extra = context.extradata or b""
        if extra[:1] == b"\x01" and len(extra) > _LENGTH_SIZE_AT[codec]:
            yield from _behind_lengths(payload, (extra[_LENGTH_SIZE_AT[codec]] & 3) + 1)
        else:
            yield from (unit.rstrip(b"\x00") for unit in payload.split(_START)[1:])
    elif codec == "aac" and not context.extradata and payload[:1] == b"\xff":
        yield payload[7 if payload[1] & 1 else 9 :]
    elif codec == "wavpack" and payload[:4] == _WAVPACK:
        yield from _wavpack_blocks(payload)
    else:
        yield payload


def _wavpack_blocks(payload: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(payload):
        end = at + 8 + int.from_bytes(payload[at + 4 : at + 8], "little")
        yield payload[at + _WAVPACK_PLACE : end]
        at = end


def _behind_lengths(payload: bytes, size: int) -> Iterator[bytes]:
    at = 0
    while at < len(payload):
        end = at + size + int.from_bytes(payload[at : at + size], "big")
        yield payload[at + size : end].rstrip(b"\x00")
        at = end
