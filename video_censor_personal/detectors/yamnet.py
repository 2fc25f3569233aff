"""YAMNet as an ONNX network, in each of the forms that it comes in.

It takes mel bands or samples, as floats or, quantised, as bytes; and it gives probabilities or what becomes
one by the logistic function. Which of these, is read from the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_censor_personal.detectors.audioset import CLASSES
from video_censor_personal.detectors.mel import BANDS, FRAMES, HOP, PATCH, bands
from video_censor_personal.detectors.onnx_constants import constants

_FLOAT = "tensor(float)"
_BYTES: Mapping[str, type[np.integer[Any]]] = {"tensor(uint8)": np.uint8, "tensor(int8)": np.int8}


class Network:
    """An open network. Its session's input is one patch.

    Raises:
        ValueError: it takes or gives something else than YAMNet does.
    """

    def __init__(self, session: Any, file: Path) -> None:
        inputs, self._output = session.get_inputs(), session.get_outputs()[0].name
        self._session, self._input = session, inputs[0].name
        self._shape = _patch_shape(inputs)
        numbers = constants(file.read_bytes()) if inputs[0].type in _BYTES else {}
        self._encoding = _Encoding.of(inputs[0], numbers)
        self._decoding = _Encoding.of(session.get_outputs()[0], numbers)
        (silence,) = self._outputs(np.zeros(PATCH, dtype=np.float32), [0])
        self._is_logistic = bool(silence.min() < 0 or silence.max() > 1)

    def scores(self, samples: NDArray[np.float32], firsts: Iterable[int]) -> Iterator[NDArray[np.float64]]:
        """Yield the score (0..1) of each class for each patch.

        Args:
            samples: of some sound.
            firsts: where the patches begin, in whole `HOP`s.
        """
        for outputs in self._outputs(samples, firsts):
            yield 1 / (1 + np.exp(-outputs)) if self._is_logistic else outputs

    def _outputs(self, samples: NDArray[np.float32], firsts: Iterable[int]) -> Iterator[NDArray[np.float64]]:
        is_mel = len(self._shape) > 1
        values = bands(samples) if is_mel else samples
        for first in firsts:
            begin = first // HOP if is_mel else first
            patch = values[begin : begin + (FRAMES if is_mel else PATCH)].reshape(self._shape)
            (found,) = self._session.run([self._output], {self._input: self._encoding.encode(patch)})
            if found.ndim == 0 or found.shape[-1] != CLASSES:
                raise ValueError(f"its output has the shape {list(found.shape)}, not N x {CLASSES} classes")
            # Some cut the samples into several patches themselves.
            yield self._decoding.decode(found).reshape(-1, CLASSES).max(axis=0)


@dataclass(frozen=True, slots=True)
class _Encoding:
    """How numbers are written for the network: as they are (`kind` is float), or number / scale + zero."""

    kind: type[np.floating[Any] | np.integer[Any]]
    scale: float = 1.0
    zero: float = 0.0

    @classmethod
    def of(cls, tensor: Any, numbers: Mapping[str, float]) -> _Encoding:
        """Return the encoding of an input or output; `numbers` are the constants of the network."""
        if tensor.type == _FLOAT:
            return cls(np.float32)
        if tensor.type not in _BYTES:
            raise ValueError(f"{tensor.name} is a {tensor.type}")
        try:
            return cls(
                _BYTES[tensor.type], numbers[f"{tensor.name}_scale"], numbers[f"{tensor.name}_zero_point"]
            )
        except KeyError as error:
            raise ValueError(f"it does not say the {error.args[0]} that its bytes stand for") from error

    def encode(self, values: NDArray[np.float32]) -> NDArray[Any]:
        if not issubclass(self.kind, np.integer):
            return values
        limits = np.iinfo(self.kind)
        whole = np.round(values / self.scale + self.zero)
        return np.clip(whole, limits.min, limits.max).astype(self.kind)

    def decode(self, values: NDArray[Any]) -> NDArray[np.float64]:
        return (values.astype(np.float64) - self.zero) * self.scale


def _patch_shape(inputs: list[Any]) -> tuple[int, ...]:
    """Return the shape of a patch as the network takes it: (samples,), or ones and then frames x bands."""
    if len(inputs) == 1:
        shape = inputs[0].shape
        for ours in ((PATCH,), (1,) * (len(shape) - 2) + (FRAMES, BANDS)):
            # A size that is free has a name in place of a number.
            if len(shape) == len(ours) and all(
                not isinstance(size, int) or size == wanted for size, wanted in zip(shape, ours, strict=True)
            ):
                return ours
    given = ", ".join(f"{each.name} {each.shape}" for each in inputs)
    raise ValueError(f"its input is {given}, not 1 x 1 x {FRAMES} x {BANDS} mel bands or {PATCH} samples")
