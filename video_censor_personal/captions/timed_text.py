"""The boxes behind a text of an MP4 (3GPP TS 26.245, 5.17), which say what each stretch of it looks like."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from video_censor_personal.captions.markup import Replacement

_SIZE = struct.Struct(">I4s")
_COUNT = struct.Struct(">H")
_SPAN = struct.Struct(">HH")
_STYLE = struct.Struct(">HH8s")
_KARAOKE = struct.Struct(">IHH")
_KARAOKE_BEGIN = 4
"""Bytes before the count: when the first stretch is lit."""
_OF_ONE_STRETCH = frozenset({b"hlit", b"blnk", b"href"})


def moved_boxes(boxes: bytes, replacements: Sequence[Replacement], mark: int = 0) -> bytes:
    """Return the boxes for a text in which characters were replaced; they count its characters.

    A stretch that lay within a replaced word, behind its first character, is of nothing any more, and goes.

    Args:
        boxes: as they stand behind the text.
        replacements: what was replaced in it, in order.
        mark: how many characters of the text, at its beginning, are its byte order mark, and not counted.
    """
    return b"".join(_moved(kind, content, _Offsets(replacements, mark)) for kind, content in _boxes(boxes))


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the type and the content of each box; what is none has no type."""
    at = 0
    while at + _SIZE.size <= len(content):
        size, kind = _SIZE.unpack_from(content, at)
        if not _SIZE.size <= size <= len(content) - at:
            break
        yield kind, content[at + _SIZE.size : at + size]
        at += size
    yield b"", content[at:]


@dataclass(frozen=True, slots=True)
class _Offsets:
    """Where borders between the characters of a text are, once some are replaced."""

    replacements: Sequence[Replacement]
    mark: int

    def moved(self, offset: int) -> int:
        """Return where a border is; one within a replaced word is at the end of what took its place."""
        at = offset + self.mark
        grown = -self.mark
        for each in self.replacements:
            if at <= each.start:
                break
            if at < each.end:
                return each.start + len(each.text) + grown
            grown += len(each.text) - (each.end - each.start)
        return at + grown


def _moved(kind: bytes, content: bytes, offsets: _Offsets) -> bytes:
    try:
        if kind == b"styl":
            content = _styles(content, offsets)
        elif kind == b"krok":
            content = _karaoke(content, offsets)
        elif kind in _OF_ONE_STRETCH:
            start, end = map(offsets.moved, _SPAN.unpack_from(content))
            content = _SPAN.pack(start, end) + content[_SPAN.size :]
    except struct.error:
        # It is cut off, or its text has too many characters: players do without it.
        return b""
    if not kind:
        return content
    return _SIZE.pack(_SIZE.size + len(content), kind) + content


def _styles(content: bytes, offsets: _Offsets) -> bytes:
    count = _COUNT.unpack_from(content)[0]
    end = _COUNT.size + count * _STYLE.size
    made = []
    for start, stop, look in _STYLE.iter_unpack(content[_COUNT.size : end]):
        first, last = offsets.moved(start), offsets.moved(stop)
        if first < last or start >= stop:
            made.append(_STYLE.pack(first, last, look))
    return _COUNT.pack(len(made)) + b"".join(made) + content[end:]


def _karaoke(content: bytes, offsets: _Offsets) -> bytes:
    count = _COUNT.unpack_from(content, _KARAOKE_BEGIN)[0]
    begin = _KARAOKE_BEGIN + _COUNT.size
    end = begin + count * _KARAOKE.size
    stretches = _KARAOKE.iter_unpack(content[begin:end])
    moved = (_KARAOKE.pack(at, offsets.moved(start), offsets.moved(stop)) for at, start, stop in stretches)
    return content[:begin] + b"".join(moved) + content[end:]
