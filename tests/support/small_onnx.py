"""A real ONNX network of three nodes, written byte by byte: the onnx package is not needed to run one.

It has the shape of the NSFW classifier (N x 224 x 224 x 3 to N x 2): the mean of each colour, two of
them, and a softmax. Wire format: https://protobuf.dev/programming-guides/encoding, fields: onnx.proto3.
"""

from __future__ import annotations

_FLOAT, _INT64 = 1, 7


BLUE, GREEN, RED = range(3)


def small_onnx(remark: str = "", *, colors: tuple[int, int] = (BLUE, GREEN)) -> bytes:
    """Return the network; `remark` makes the bytes of two of them differ.

    Its score is near 1 where there is more of the second of `colors` than of the first.
    """
    mean = _node("ReduceMean", ["x"], ["means"], [_ints("axes", [1, 2]), _int("keepdims", 0)])
    pair = _node("Gather", ["means", "two"], ["pair"], [_int("axis", 1)])
    softmax = _node("Softmax", ["pair"], ["scores"], [_int("axis", 1)])
    two = _number(1, 2) + _number(2, _INT64) + _text(8, "two") + _bytes(7, bytes(colors))
    graph = b"".join(
        [
            *(_bytes(1, node) for node in (mean, pair, softmax)),
            _text(2, "small"),
            _bytes(5, two),
            _text(10, remark),
            _bytes(11, _value("x", ["N", 224, 224, 3])),
            _bytes(12, _value("scores", ["N", 2])),
        ]
    )
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, 13))


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low]) if not rest else bytes([low | 0x80]) + _varint(rest)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _int(name: str, value: int) -> bytes:
    return _text(1, name) + _number(3, value) + _number(20, 2)


def _ints(name: str, values: list[int]) -> bytes:
    return _text(1, name) + b"".join(_number(8, value) for value in values) + _number(20, 7)


def _node(kind: str, inputs: list[str], outputs: list[str], attributes: list[bytes]) -> bytes:
    names = [*(_text(1, name) for name in inputs), *(_text(2, name) for name in outputs)]
    return b"".join([*names, _text(4, kind), *(_bytes(5, attribute) for attribute in attributes)])


def _value(name: str, shape: list[int | str]) -> bytes:
    sizes = [_number(1, size) if isinstance(size, int) else _text(2, size) for size in shape]
    tensor = _number(1, _FLOAT) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))
