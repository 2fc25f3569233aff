"""ONNX classifiers of pictures, in the shapes and with the names of exported vision transformers."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tests.support.onnx_file import Node, Value, network

Ending = Literal["", "Softmax", "Sigmoid"]


def colour_net(
    *,
    shape: tuple[int | str, ...] = ("batch_size", 3, 224, 224),
    weights: tuple[tuple[float, ...], ...] = ((0.0, 0.0), (0.0, 8.0), (0.0, 0.0)),
    ending: Ending = "",
    axes: tuple[int, int] = (2, 3),
) -> bytes:
    """Return a network whose outputs are sums of the mean of each colour.

    Args:
        shape: of its input.
        weights: a row for each colour as the network gets it, a column for each output.
        ending: what is done with the outputs last.
        axes: of its input's rows and columns.
    """
    nodes = [
        Node("ReduceMean", ["pixel_values"], ["means"], {"axes": axes, "keepdims": 0}),
        Node("MatMul", ["means", "weights"], ["sums"]),
        Node(ending or "Identity", ["sums"], ["logits"]),
    ]
    outputs = [Value("logits", ["batch_size", len(weights[0])])]
    return network(
        nodes, [Value("pixel_values", list(shape))], outputs, {"weights": np.array(weights, np.float32)}
    )
