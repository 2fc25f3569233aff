"""Decoding a body that a server encoded although it was asked not to."""

from __future__ import annotations

import zlib

_NAMES = {"gzip", "x-gzip", "deflate"}
_GZIP_MAGIC = b"\x1f\x8b"

_ALWAYS_FINE = 64 * 1024 * 1024
_MOST_TIMES = 100
"""A body may grow to so many bytes, or to so many times what was sent. Weights compress to four fifths, text
to a tenth, and only a decompression bomb to a thousandth."""


class EncodingError(ValueError):
    """The bytes are not what the Content-Encoding says, or would grow too large."""


class Decoder:
    """Decodes a body in pieces that are never larger than asked for.

    Args:
        name: the Content-Encoding.
        head: the first bytes of the body.

    Raises:
        EncodingError: the encoding is not known here, or the body does not begin like that.
    """

    def __init__(self, name: str, head: bytes) -> None:
        if name not in _NAMES:
            raise EncodingError(name)
        self._window = _window(name, head)
        self._inflate = zlib.decompressobj(self._window)
        self._waiting = head
        self._sent = len(head)
        self._made = 0

    def feed(self, data: bytes) -> None:
        """Add the next bytes of the body."""
        self._waiting += data
        self._sent += len(data)

    def take(self, most: int) -> bytes:
        """Return decoded bytes, at most so many; none if more of the body is needed first.

        Raises:
            EncodingError: the bytes cannot be decoded, or grow too large.
        """
        while True:
            if self._inflate.eof and not self._next_member():
                return b""
            try:
                data = self._inflate.decompress(self._waiting, most)
            except zlib.error as error:
                raise EncodingError(str(error)) from error
            ended = self._inflate.eof
            self._waiting = self._inflate.unused_data if ended else self._inflate.unconsumed_tail
            self._made += len(data)
            if self._made > max(_ALWAYS_FINE, _MOST_TIMES * self._sent):
                raise EncodingError(f"{self._sent:,} bytes became more than {self._made:,}")
            if data or not ended:
                return data

    def _next_member(self) -> bool:
        """Begin the next member of a gzip body, if there is one; anything else at the end is padding."""
        if self._window > zlib.MAX_WBITS and self._waiting.startswith(_GZIP_MAGIC):
            self._inflate = zlib.decompressobj(self._window)
            return True
        self._waiting = self._waiting[:1] if len(self._waiting) == 1 else b""
        return False

    @property
    def finished(self) -> bool:
        """Whether the body is decoded to its end."""
        return self._inflate.eof


def is_decodable(name: str) -> bool:
    """Whether there is a decoder for a Content-Encoding."""
    return name in _NAMES


def _window(name: str, head: bytes) -> int:
    """Return zlib's name of the format: gzip, zlib, or bare deflate, which some servers send instead."""
    if name != "deflate":
        return zlib.MAX_WBITS + 16
    is_zlib = len(head) > 1 and head[0] & 15 == zlib.DEFLATED and (head[0] << 8 | head[1]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
