"""ONNX networks in the forms that YAMNet comes in: the louder the sound, the surer they are of one class."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tests.support.onnx_file import Node, Value, network

SCREAMING = 11
Form = Literal["bytes", "bands", "samples"]


def loudness_net(form: Form = "bytes", *, place: int = SCREAMING, classes: int = 521) -> bytes:
    """Return a network that is sure of the class at `place` when it is loud, and of no other.

    Args:
        form: what it takes: mel bands as bytes or as floats, or samples.
        place: of the class.
        classes: how many there are.
    """
    weights = np.zeros((1, classes), np.float32)
    weights[0, place] = 1.0
    constants: dict[str, NDArray[np.generic]] = {
        "weights": weights,
        "low": np.full((1, classes), -8.0, np.float32),
        "audio_scale": np.array(0.05, np.float32),
        "audio_zero_point": np.array(140, np.uint8),
        "class_scores_scale": np.array(0.1, np.float32),
        "class_scores_zero_point": np.array(200, np.uint8),
    }
    shape: list[int | str] = ["samples"] if form == "samples" else [1, 1, 96, 64]
    if form == "samples":
        measure = [
            Node("Mul", ["audio", "audio"], ["squares"]),
            Node("ReduceMean", ["squares"], ["power"], {"axes": [0], "keepdims": 1}),
            Node("Mul", ["power", "hundred"], ["level"]),
        ]
        constants["hundred"] = np.array([1000.0], np.float32)
    else:
        source = "audio" if form == "bands" else "values"
        measure = [
            Node("ReduceMean", [source], ["mean"], {"axes": [2, 3], "keepdims": 0}),
            Node("Add", ["mean", "seven"], ["level"]),
        ]
        constants["seven"] = np.array([[8.0]], np.float32)
    judge = [Node("Mul", ["level", "weights"], ["parts"]), Node("Add", ["parts", "low"], ["logits"])]
    numbers = ["_scale", "_zero_point"]
    if form == "bytes":
        first = Node("DequantizeLinear", ["audio", *("audio" + each for each in numbers)], ["values"])
        ends = ["logits", *("class_scores" + each for each in numbers)]
        nodes = [first, *measure, *judge, Node("QuantizeLinear", ends, ["class_scores"])]
        kind = "uint8"
    elif form == "bands":
        nodes = [*measure, *judge, Node("Identity", ["logits"], ["class_scores"])]
        kind = "float32"
    else:
        nodes = [*measure, *judge, Node("Sigmoid", ["logits"], ["class_scores"])]
        kind = "float32"
    return network(
        nodes, [Value("audio", shape, kind)], [Value("class_scores", [1, classes], kind)], constants
    )
