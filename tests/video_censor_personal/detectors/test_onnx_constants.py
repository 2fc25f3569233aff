from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.onnx_file import Node, Value, network
from video_censor_personal.detectors.onnx_constants import constants

CONSTANTS: dict[str, NDArray[np.generic]] = {
    "x_scale": np.array(0.0479, np.float32),
    "x_zero_point": np.array(144, np.uint8),
    "y_zero_point": np.array(-3, np.int8),
    "one": np.array([2.5], np.float32),
    "many": np.array([1, 2, 3], np.float32),
    "long": np.array(7, np.int64),
}
FILE = network(
    [Node("Mul", ["x", "one"], ["y"])],
    [Value("x", [1])],
    [Value("y", [1])],
    CONSTANTS,
    about={"author": "us"},
)


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return bytes([number << 3, content])
    return bytes([number << 3 | 2, len(content)]) + content


def test_single_numbers_are_found_by_name() -> None:
    expected = {"x_scale": 0.0479, "x_zero_point": 144, "y_zero_point": -3, "one": 2.5}
    assert constants(FILE) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("tensor", "number"),
    [
        (field(2, 1) + field(8, b"n") + field(4, b"\x00\x00\x20\x40"), 2.5),
        (field(2, 1) + field(8, b"n") + bytes([4 << 3 | 5]) + b"\x00\x00\x20\x40", 2.5),
        (field(2, 2) + field(8, b"n") + field(5, b"\x90\x01"), 144),
        (field(2, 2) + field(8, b"n") + field(5, 9), 9),
        (field(2, 3) + field(8, b"n") + field(5, b"\xfd" + b"\xff" * 8 + b"\x01"), -3),
    ],
    ids=["packed float", "float", "packed byte", "byte", "packed signed byte"],
)
def test_numbers_are_read_however_they_are_written(tensor: bytes, number: float) -> None:
    assert constants(field(7, field(5, tensor))) == {"n": number}


@pytest.mark.parametrize("cut", [1, 3, 40, len(FILE) // 2])
def test_a_file_that_is_cut_short_is_an_error(cut: int) -> None:
    with pytest.raises(ValueError, match="cut short"):
        constants(FILE[:cut])


@pytest.mark.parametrize("content", [b"\x0f\x01", b"\x3a\x02\x2a\x7f", b"\xff" * 20])
def test_what_is_no_such_file_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"wire type|cut short"):
        constants(content)


def test_nothing_holds_nothing() -> None:
    assert constants(b"") == {}
