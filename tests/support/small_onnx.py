"""A real ONNX network of three nodes, in the shape of the NSFW classifier (N x 224 x 224 x 3 to N x 2).

It takes the mean of each colour, two of them, and a softmax.
"""

from __future__ import annotations

import numpy as np

from tests.support.onnx_file import Node, Value, network

BLUE, GREEN, RED = range(3)


def small_onnx(remark: str = "", *, colors: tuple[int, int] = (BLUE, GREEN)) -> bytes:
    """Return the network; `remark` makes the bytes of two of them differ.

    Its score is near 1 where there is more of the second of `colors` than of the first.
    """
    nodes = [
        Node("ReduceMean", ["x"], ["means"], {"axes": [1, 2], "keepdims": 0}),
        Node("Gather", ["means", "two"], ["pair"], {"axis": 1}),
        Node("Softmax", ["pair"], ["scores"], {"axis": 1}),
    ]
    inputs, outputs = [Value("x", ["N", 224, 224, 3])], [Value("scores", ["N", 2])]
    return network(nodes, inputs, outputs, {"two": np.array(colors, np.int64)}, remark)
