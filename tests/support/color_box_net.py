"""An ONNX network in the form of NudeNet's that finds what is red, green and blue: a box each.

A box reaches from the first to the last row and column with such a pixel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.support.onnx_file import Node, Value, network

BREAST_EXPOSED = 3
SCORE = 0.9
_CLASSES = 18
_SIZE = 320
_COLORS = range(3)


def color_box_net() -> bytes:
    """Return the network; what it finds is of number `BREAST_EXPOSED`, and what it does not find scores 0."""
    of_class = np.zeros((1, _CLASSES, 1), np.float32)
    of_class[0, BREAST_EXPOSED] = SCORE
    places = np.arange(_SIZE, dtype=np.float32)
    constants: dict[str, NDArray[np.generic]] = {
        **{f"number{color}": np.array([color], np.int64) for color in _COLORS},
        "bright": np.array(0.25, np.float32),
        "sharp": np.array(20.0, np.float32),
        "least": np.array(0.0, np.float32),
        "most": np.array(1.0, np.float32),
        "half": np.array(0.5, np.float32),
        "last": np.array([2], np.int64),
        "x_after": places.reshape(1, 1, 1, _SIZE) + 1,
        "y_after": places.reshape(1, 1, _SIZE, 1) + 1,
        "x_rest": _SIZE - places.reshape(1, 1, 1, _SIZE),
        "y_rest": _SIZE - places.reshape(1, 1, _SIZE, 1),
        "size": np.array(_SIZE, np.float32),
        "of_class": of_class,
    }
    nodes = [
        Node("Gather", ["images", f"number{color}"], [f"plane{color}"], {"axis": 1}) for color in _COLORS
    ]
    nodes += [node for color in _COLORS for node in _box(color)]
    nodes.append(Node("Concat", [f"box{color}" for color in _COLORS], ["output0"], {"axis": 2}))
    inputs = [Value("images", ["batch", 3, _SIZE, _SIZE])]
    return network(nodes, inputs, [Value("output0", ["batch", 4 + _CLASSES, len(_COLORS)])], constants)


def _box(color: int) -> list[Node]:
    others = [f"plane{each}" for each in _COLORS if each != color]
    mask, score = f"mask{color}", f"score{color}"
    whole: dict[str, int | list[int]] = {"axes": [2, 3], "keepdims": 0}
    nodes = [
        Node("Max", others, [f"other{color}"]),
        Node("Sub", [f"plane{color}", f"other{color}"], [f"over{color}"]),
        Node("Sub", [f"over{color}", "bright"], [f"bare{color}"]),
        Node("Mul", [f"bare{color}", "sharp"], [f"steep{color}"]),
        Node("Clip", [f"steep{color}", "least", "most"], [mask]),
        Node("ReduceMax", [mask], [score], whole),
    ]
    for axis in ("x", "y"):
        after, rest, until, since = (f"{axis}_{name}{color}" for name in ("after", "rest", "until", "since"))
        nodes += [
            Node("Mul", [mask, f"{axis}_after"], [after]),
            Node("ReduceMax", [after], [until], whole),
            Node("Mul", [mask, f"{axis}_rest"], [rest]),
            Node("ReduceMax", [rest], [f"{rest}_most"], whole),
            Node("Sub", ["size", f"{rest}_most"], [since]),
            Node("Sub", [until, since], [f"{axis}_size{color}"]),
            Node("Add", [until, since], [f"{axis}_sum{color}"]),
            Node("Mul", [f"{axis}_sum{color}", "half"], [f"{axis}_middle{color}"]),
        ]
    sides = [f"{axis}_{name}{color}" for name in ("middle", "size") for axis in ("x", "y")]
    return [
        *nodes,
        Node("Concat", sides, [f"flat{color}"], {"axis": 1}),
        Node("Unsqueeze", [f"flat{color}", "last"], [f"sides{color}"]),
        Node("Unsqueeze", [score, "last"], [f"column{color}"]),
        Node("Mul", [f"column{color}", "of_class"], [f"scores{color}"]),
        Node("Concat", [f"sides{color}", f"scores{color}"], [f"box{color}"], {"axis": 1}),
    ]
