"""Small constants of an ONNX file, such as the scale of a quantised network's input.

onnxruntime does not tell them, and the onnx package is not worth installing for a few numbers. What is read
is the wire format of protocol buffers: https://protobuf.dev/programming-guides/encoding, fields as in
`onnx.proto3`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

_GRAPH = 7
_INITIALIZER = 5
_TYPE, _FLOATS, _INTEGERS, _NAME, _RAW = 2, 4, 5, 8, 9
_FORMATS = {1: "<f", 2: "<B", 3: "<b"}
"""How `struct` calls a tensor's types: float, uint8, int8."""


def constants(content: bytes) -> dict[str, float]:
    """Return the single numbers among a network's initializers, by name.

    Args:
        content: of the file.

    Raises:
        ValueError: it is cut short, or no such file.
    """
    found: dict[str, float] = {}
    try:
        graph = _message(content, _GRAPH)
        for field, tensor in _fields(graph):
            if field == _INITIALIZER and isinstance(tensor, bytes):
                parts = dict(_fields(tensor))
                name, number = parts.get(_NAME), _number(parts)
                if isinstance(name, bytes) and number is not None:
                    found[name.decode(errors="replace")] = number
    except (struct.error, TypeError) as error:
        raise ValueError("the file is damaged") from error
    return found


def _message(content: bytes, wanted: int) -> bytes:
    found = (value for field, value in _fields(content) if field == wanted)
    return next((value for value in found if isinstance(value, bytes)), b"")


def _number(tensor: Mapping[int, int | float | bytes]) -> float | None:
    """Return the number that a tensor holds; None where it is of another type, or not one number."""
    kind, raw = tensor.get(_TYPE), tensor.get(_RAW)
    form = _FORMATS.get(kind) if isinstance(kind, int) else None
    if form is None:
        return None
    if isinstance(raw, bytes):
        return _unpacked(form, raw)
    given = tensor.get(_FLOATS if form == "<f" else _INTEGERS)
    if not isinstance(given, bytes):
        return given
    if form == "<f":
        return _unpacked(form, given)
    number, end = _varint(given, 0)
    return (number - (1 << 64) if number >> 63 else number) if end == len(given) else None


def _unpacked(form: str, raw: bytes) -> float | None:
    return float(struct.unpack(form, raw)[0]) if len(raw) == struct.calcsize(form) else None


def _fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Yield number and value of each field of a message."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        match key & 7:
            case 0:
                value, at = _varint(message, at)
                yield key >> 3, value
            case 1:
                at += 8
            case 2:
                length, at = _varint(message, at)
                if at + length > len(message):
                    raise ValueError("the file is cut short")
                yield key >> 3, message[at : at + length]
                at += length
            case 5:
                yield key >> 3, struct.unpack_from("<f", message, at)[0]
                at += 4
            case other:
                raise ValueError(f"no field has the wire type {other}")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    raise ValueError("the file is cut short")
