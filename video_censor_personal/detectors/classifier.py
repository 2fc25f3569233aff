"""Whole pictures, by any network that gives each picture a score for some labels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from video_censor_personal.detectors.base import (
    Frame,
    FrameDetector,
    Judgement,
    Parameter,
    thresholds,
    unsuitable,
)
from video_censor_personal.detectors.devices import DEVICE, first_line, only_network, onnx_session
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.detectors.labels import Counted, labelled_hits, nearest
from video_censor_personal.detectors.picture_input import COLOURS, PARAMETERS, PictureInput, mistake
from video_censor_personal.findings.observations import Hit, Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHARES_WITHIN = 1e-3
_SHOWN = 4
_DIGITS = 4


class ClassifierDetector(FrameDetector):
    """Each label that counts is an observation of each frame.

    The model is the one `*.onnx` file of its entry; the names of its labels come from `names`, else from its
    `config.json`. What counts is *infer*: only that is kept, and `open` says whether the model has it.
    """

    type_name = "classifier"
    version = "1"
    default_categories = ()
    schema = (
        Parameter("sample_rate", "number", None, "infer", minimum=0.02, maximum=60.0),
        Parameter("labels", "category-map", None, "infer"),
        Parameter("names", "text-list", (), "infer"),
        *PARAMETERS,
        Parameter("activation", "text", "softmax", "infer", choices=("softmax", "sigmoid", "none")),
        *thresholds(0.5),
        DEVICE,
    )
    frame_size = (224, 224)
    _session: Any = None
    _input: PictureInput
    _places: Mapping[str, int]

    @classmethod
    def found_categories(cls, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the categories of the labels that count."""
        return tuple(dict.fromkeys((parameters["labels"] or {}).values()))

    @classmethod
    def misconfigured(cls, parameters: Mapping[str, Any]) -> str | None:
        """Say so where nothing counts, a label is none of `names`, or a size or colour is not one."""
        labels, names = parameters["labels"], parameters["names"]
        if not labels:
            return "write `labels`: which of the model's labels count, each with its category"
        if names and (unknown := next((label for label in labels if label not in names), None)):
            return f"'{unknown}' is not among `names`; {nearest(unknown, names)}"
        return mistake(parameters)

    def open(self, model: InstalledModel | None) -> None:
        """Load the network.

        Raises:
            DetectorError: it takes no pictures, its outputs are not what the parameters say, or it does not
                have the labels that count.
        """
        import numpy as np

        file = only_network("classifier", model)
        session, device = onnx_session("classifier", model, file, self.parameters["device"])
        try:
            names = tuple(self.parameters["names"]) or _names(model)
            self._input = PictureInput.of(session.get_inputs(), self.parameters)
            self._session = session
            width, height = self._input.resize
            outputs = self._outputs(np.zeros((height, width, COLOURS), dtype=np.uint8))
            _check(outputs, names, self.parameters["activation"])
        except Exception as error:
            self.close()
            raise unsuitable("classifier", model, first_line(error)) from error
        self.device, self.frame_size = device, self._input.resize
        labels = self.parameters["labels"]
        if unknown := next((label for label in labels if label not in names), None):
            self.close()
            why = f"it has no label '{unknown}'; {nearest(unknown, names)}"
            raise unsuitable("classifier", model, why)
        self._places = {label: names.index(label) for label in labels}

    def close(self) -> None:
        """Free the network."""
        self._session = None

    def observe(self, frames: Sequence[Frame]) -> Iterator[Observation]:
        """Yield one observation for each frame and label that counts."""
        if self._session is None:
            raise RuntimeError("open() comes before observe()")
        for frame in frames:
            scores = _activated(self._outputs(frame.image), self.parameters["activation"])
            for label, place in self._places.items():
                yield Observation(frame.time, frame.time, label, round(float(scores[place]), _DIGITS))

    def _outputs(self, image: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return what the network says of a picture, as it is."""
        (found, *_) = self._session.run(None, {self._input.name: self._input.values(image)})
        if found.ndim != 2:
            raise ValueError(f"its output has the shape {list(found.shape)}, not pictures x labels")
        outputs: NDArray[np.float64] = found[0].astype("float64")
        return outputs

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """Yield a hit for each stretch of pictures that score enough for a label, in its category."""
        counted = {label: Counted(each) for label, each in judgement.parameters["labels"].items()}
        yield from labelled_hits(observations, judgement, counted, "the picture")


def _names(model: InstalledModel | None) -> tuple[str, ...]:
    """Return the labels of a model in the order of its outputs, as its `config.json` has them.

    Raises:
        ValueError: it has none.
    """
    file = model.named("config.json") if model else None
    if file is None:
        raise ValueError("its entry has no config.json to name its labels: give their `names`")
    try:
        names = {int(place): str(name) for place, name in json.loads(file.read_bytes())["id2label"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"its {file.name} has no names of labels (id2label): give their `names`") from error
    if sorted(names) != list(range(len(names))):
        raise ValueError(f"its {file.name} numbers the labels {sorted(names)}: give their `names`")
    return tuple(names[place] for place in range(len(names)))


def _check(outputs: NDArray[np.float64], names: Sequence[str], activation: str) -> None:
    """Compare the outputs for a black picture with what is said of them. Raises ValueError."""
    import numpy as np

    if outputs.size != len(names):
        raise ValueError(
            f"it has {outputs.size} outputs, and there are {len(names)} names: {', '.join(names)}"
        )
    if activation == "softmax" and outputs.size == 1:
        raise ValueError(
            "it has one output, which softmax makes 1 for every picture: set `activation: sigmoid`"
        )
    are_shares = bool(outputs.min() >= 0 and abs(outputs.sum() - 1) < _SHARES_WITHIN)
    are_scores = bool(outputs.min() >= -_SHARES_WITHIN and outputs.max() <= 1 + _SHARES_WITHIN)
    shown = np.array2string(outputs[:_SHOWN], precision=3)
    if activation == "softmax" and are_shares:
        raise ValueError(f"its outputs are probabilities already ({shown} for black): set `activation: none`")
    if activation == "none" and not are_scores:
        raise ValueError(
            f"its outputs are no scores ({shown} for black): set `activation` to softmax or sigmoid"
        )


def _activated(outputs: NDArray[np.float64], activation: str) -> NDArray[np.float64]:
    """Return scores: outputs that are such already ("none"), or made so."""
    import numpy as np

    if activation == "none":
        return outputs
    if activation == "sigmoid":
        return 1 / (1 + np.exp(-outputs))
    powers = np.exp(outputs - outputs.max())
    shares: NDArray[np.float64] = powers / powers.sum()
    return shares
