"""Real ONNX networks, written byte by byte: the onnx package is not needed to run one.

Wire format: https://protobuf.dev/programming-guides/encoding, fields: onnx.proto3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "float16": 10}
_OPSET = 13
_IR = 8


@dataclass(frozen=True)
class Node:
    """One operation; an attribute is a whole number or a list of them."""

    kind: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: Mapping[str, int | Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """An input or output; a size that is left open has a name."""

    name: str
    shape: Sequence[int | str]
    type: str = "float32"


def network(
    nodes: Sequence[Node],
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    constants: Mapping[str, NDArray[np.generic]],
    remark: str = "",
    about: Mapping[str, str] | None = None,
) -> bytes:
    """Return a network's file.

    Args:
        nodes: its operations, in order.
        inputs: what it takes.
        outputs: what it gives.
        constants: by name.
        remark: makes the bytes of two networks differ.
        about: what it says of itself.
    """
    graph = b"".join(
        [
            *(_bytes(1, _node(each)) for each in nodes),
            _text(2, "small"),
            *(_bytes(5, _tensor(name, array)) for name, array in constants.items()),
            _text(10, remark),
            *(_bytes(11, _value(each)) for each in inputs),
            *(_bytes(12, _value(each)) for each in outputs),
        ]
    )
    said = b"".join(_bytes(14, _text(1, key) + _text(2, value)) for key, value in (about or {}).items())
    return _number(1, _IR) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, _OPSET)) + said


def _node(node: Node) -> bytes:
    names = [*(_text(1, name) for name in node.inputs), *(_text(2, name) for name in node.outputs)]
    attributes = [_bytes(5, _attribute(name, value)) for name, value in node.attributes.items()]
    return b"".join([*names, _text(4, node.kind), *attributes])


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, 2)
    return _text(1, name) + b"".join(_number(8, each) for each in value) + _number(20, 7)


def _tensor(name: str, array: NDArray[np.generic]) -> bytes:
    sizes = b"".join(_number(1, size) for size in array.shape)
    return sizes + _number(2, _TYPES[str(array.dtype)]) + _text(8, name) + _bytes(9, array.tobytes())


def _value(value: Value) -> bytes:
    sizes = [_number(1, size) if isinstance(size, int) else _text(2, size) for size in value.shape]
    tensor = _number(1, _TYPES[value.type]) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _text(1, value.name) + _bytes(2, _bytes(1, tensor))


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low]) if not rest else bytes([low | 0x80]) + _varint(rest)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())
