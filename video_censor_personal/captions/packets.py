"""Words hidden in packets of text, of which all else stays byte for byte."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av

from video_censor_personal.captions.hiding import Texts, fitting
from video_censor_personal.captions.markup import Form, replaced
from video_censor_personal.captions.timed_text import moved_boxes
from video_censor_personal.findings.languages import language_code
from video_censor_personal.media.encodings import ExactText, NotText

_FORMS: dict[str, Form] = {
    **{"subrip": "plain", "text": "plain", "webvtt": "plain", "mov_text": "plain"},
    **{"ass": "ass", "ssa": "ass"},
}
"""The codecs whose packets can be edited, and how their texts are marked up."""
_FIELDS = 8
"""Commas before the text of a line of ASS as Matroska keeps it."""
_UNTIMED = 10.0
"""Seconds for which a cue may be shown that does not say how long."""
_UTF16 = b"\xfe\xff"
_LENGTH = 2


def can_be_edited(codec: str) -> bool:
    """Whether words can be hidden in a track of a codec."""
    return codec in _FORMS


class PacketEditor:
    """Edits the packets of one track of text.

    Args:
        stream: the track in the open film.
        origin: the container's time, in seconds, of the film's 0.
        texts: what is hidden in all texts.
    """

    def __init__(self, stream: Any, origin: Fraction, texts: Texts) -> None:
        self._codec = stream.codec_context.codec.canonical_name
        self._origin = origin
        self._language = language_code(stream.language)
        self._editor = texts.of(stream.index, self._language)

    def edited(self, packet: Any) -> Any | None:
        """Return a packet with words hidden, or the very same; None where it is dropped."""
        if packet.pts is None or not packet.size:
            return packet
        start = float(packet.pts * packet.time_base - self._origin)
        end = start + (float(packet.duration * packet.time_base) if packet.duration else _UNTIMED)
        payload = bytes(packet)
        before, text, behind = _parts(self._codec, payload)
        try:
            written = _written(text, self._language)
        except NotText:
            # Nobody can tell what it says.
            return None if self._editor.is_near(start, end) else packet
        found = self._editor.edited(start, end, written.text, _FORMS[self._codec])
        if found is None:
            return packet
        if found.is_dropped:
            return None
        made = fitting(found.replacements, written)
        changed = written.encoded(replaced(written.text, made))
        if self._codec == "mov_text":
            before = len(changed).to_bytes(_LENGTH, "big")
            behind = moved_boxes(behind, made, int(text.startswith(_UTF16)))
        return with_payload(packet, before + changed + behind)


def text_of(packet: Any) -> bytes:
    """Return the bytes of a packet that are its text."""
    return _parts(packet.stream.codec_context.codec.canonical_name, bytes(packet))[1]


def _parts(codec: str, payload: bytes) -> tuple[bytes, bytes, bytes]:
    """Return what stands before the text of a packet, the text, and what stands behind it."""
    if codec == "mov_text":
        end = _LENGTH + int.from_bytes(payload[:_LENGTH], "big")
        return payload[:_LENGTH], payload[_LENGTH:end], payload[end:]
    if codec in ("ass", "ssa"):
        fields = payload.split(b",", _FIELDS)
        return payload[: len(payload) - len(fields[-1])], fields[-1], b""
    return b"", payload, b""


def _written(text: bytes, language: str | None) -> ExactText:
    """Return the text of a packet: UTF-8, as it should be, whatever the language. Raises NotText."""
    try:
        return ExactText(text.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return ExactText.of(text, language)


def with_payload(packet: Any, payload: bytes) -> Any:
    """Return a packet like another, with other bytes: its times, flags and side data are the same."""
    made = av.Packet(payload)
    made.stream = packet.stream
    made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
    made.time_base = packet.time_base
    made.is_keyframe = packet.is_keyframe
    for data in packet.iter_sidedata():
        made.set_sidedata(data)
    return made
