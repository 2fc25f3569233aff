"""An ONNX network in the form of NudeNet's that says where the red rectangle of a picture is, exactly.

A rectangle's middle is the mean of the places in it, and its width is the root of 12 times their variance.
"""

from __future__ import annotations

import numpy as np

from tests.support.onnx_file import Node, Value, network

BREAST_EXPOSED = 3
SCORE = 0.9


def red_box_net(*, size: tuple[int, int] = (320, 320), classes: int = 18, names: str | None = None) -> bytes:
    """Return the network.

    Args:
        size: width and height of the pictures that it takes.
        classes: how many it has; the rectangle is of number `BREAST_EXPOSED`.
        names: what it says its classes are.
    """
    width, height = size
    scores = np.full((1, classes, 1), 0.01, np.float32)
    scores[0, BREAST_EXPOSED] = SCORE
    constants = {
        "red": np.array([0], np.int64),
        "x": np.arange(width, dtype=np.float32).reshape(1, 1, 1, width) + 0.5,
        "y": np.arange(height, dtype=np.float32).reshape(1, 1, height, 1) + 0.5,
        "twelve": np.array([[12.0]], np.float32),
        "little": np.array(1e-9, np.float32),
        "third": np.array([2], np.int64),
        "scores": scores,
    }
    nodes = [
        Node("Gather", ["images", "red"], ["mask"], {"axis": 1}),
        Node("ReduceMean", ["mask"], ["bare_mass"], {"axes": [2, 3], "keepdims": 0}),
        Node("Add", ["bare_mass", "little"], ["mass"]),
        *(node for axis in ("x", "y") for node in _moments(axis)),
        Node("Concat", ["x_middle", "y_middle", "x_size", "y_size"], ["flat"], {"axis": 1}),
        Node("Unsqueeze", ["flat", "third"], ["sides"]),
        Node("Concat", ["sides", "scores"], ["output0"], {"axis": 1}),
    ]
    inputs = [Value("images", ["batch", 3, height, width])]
    outputs = [Value("output0", ["batch", 4 + classes, "boxes"])]
    return network(nodes, inputs, outputs, constants, about=None if names is None else {"names": names})


def _moments(axis: str) -> list[Node]:
    mean: dict[str, int | list[int]] = {"axes": [2, 3], "keepdims": 0}
    return [
        Node("Mul", ["mask", axis], [f"{axis}_places"]),
        Node("ReduceMean", [f"{axis}_places"], [f"{axis}_sum"], mean),
        Node("Div", [f"{axis}_sum", "mass"], [f"{axis}_middle"]),
        Node("Mul", [f"{axis}_places", axis], [f"{axis}_squares"]),
        Node("ReduceMean", [f"{axis}_squares"], [f"{axis}_square_sum"], mean),
        Node("Div", [f"{axis}_square_sum", "mass"], [f"{axis}_square"]),
        Node("Mul", [f"{axis}_middle", f"{axis}_middle"], [f"{axis}_middle_square"]),
        Node("Sub", [f"{axis}_square", f"{axis}_middle_square"], [f"{axis}_spread"]),
        Node("Relu", [f"{axis}_spread"], [f"{axis}_variance"]),
        Node("Mul", [f"{axis}_variance", "twelve"], [f"{axis}_scaled"]),
        Node("Sqrt", [f"{axis}_scaled"], [f"{axis}_size"]),
    ]
