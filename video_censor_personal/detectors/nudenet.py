"""Bare and covered parts of the body in frames, each with its place: the NudeNet detectors.

Model: YOLOv8 of NudeNet 3.4, 18 classes. Its weights are under the AGPL-3.0, and come only where a config
names them. Each class is judged by itself, so that a part that is surely covered hides none that may be bare.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
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
from video_censor_personal.detectors.labels import PARAMETERS, Label, LabelledDetector, Labels, labelled_hits
from video_censor_personal.detectors.pictures import resized
from video_censor_personal.findings.observations import Box, Hit, Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NUDITY, _SEXUAL = "Nudity", "Sexual Theme"
PARTS = (
    Label("FEMALE_GENITALIA_COVERED", _SEXUAL),
    Label("FACE_FEMALE"),
    Label("BUTTOCKS_EXPOSED", _NUDITY, is_usual=True),
    Label("FEMALE_BREAST_EXPOSED", _NUDITY, is_usual=True),
    Label("FEMALE_GENITALIA_EXPOSED", _NUDITY, is_usual=True),
    Label("MALE_BREAST_EXPOSED", _NUDITY),
    Label("ANUS_EXPOSED", _NUDITY, is_usual=True),
    Label("FEET_EXPOSED", _NUDITY),
    Label("BELLY_COVERED", _SEXUAL),
    Label("FEET_COVERED", _SEXUAL),
    Label("ARMPITS_COVERED", _SEXUAL),
    Label("ARMPITS_EXPOSED", _NUDITY),
    Label("FACE_MALE"),
    Label("BELLY_EXPOSED", _NUDITY),
    Label("MALE_GENITALIA_EXPOSED", _NUDITY, is_usual=True),
    Label("ANUS_COVERED", _SEXUAL),
    Label("FEMALE_BREAST_COVERED", _SEXUAL),
    Label("BUTTOCKS_COVERED", _SEXUAL),
)
"""In the order of the network's outputs."""
LABELS = Labels(PARTS)
SIZE = 320
"""Width and height of what a network sees that does not say."""
FLOOR = 0.1
"""What scores less is not kept."""
OVERLAP = 0.45
"""Of two boxes of a class that have this much of their union in common, the better one is kept."""
_SIDES = 4
_DIGITS = 4


class NudenetDetector(LabelledDetector, FrameDetector):
    """Each box that scores something is an observation; the model is the one `*.onnx` file of its entry."""

    type_name = "nudenet"
    version = "2"
    known, floor = LABELS, FLOOR
    default_categories = ("Nudity",)
    schema = (
        Parameter("sample_rate", "number", None, "infer", minimum=0.02, maximum=60.0),
        *PARAMETERS,
        *thresholds(0.5),
        DEVICE,
    )
    frame_size = (SIZE, SIZE)
    _session: Any = None

    def open(self, model: InstalledModel | None) -> None:
        """Load the network. Raises DetectorError when it is none with NudeNet's classes."""
        import numpy as np

        file = only_network("nudenet", model)
        session, device = onnx_session("nudenet", model, file, self.parameters["device"])
        try:
            self.frame_size = _size(session)
            self._session = session
            width, height = self.frame_size
            list(self._boxes(np.zeros((height, width, 3), dtype=np.uint8)))
        except Exception as error:
            self.close()
            raise unsuitable("nudenet", model, first_line(error)) from error
        self.device = device

    def close(self) -> None:
        """Free the network."""
        self._session = None

    def observe(self, frames: Sequence[Frame]) -> Iterator[Observation]:
        """Yield one observation a box, labelled with its class."""
        if self._session is None:
            raise RuntimeError("open() comes before observe()")
        for frame in frames:
            for label, score, box in self._boxes(frame.image):
                yield Observation(frame.time, frame.time, label, score, box=box)

    def _boxes(self, image: NDArray[np.uint8]) -> Iterator[tuple[str, float, Box]]:
        import numpy as np

        picture, width, height = letterbox(image, self.frame_size)
        values = picture.transpose(2, 0, 1)[np.newaxis].astype(np.float32) / 255
        (found, *_) = self._session.run(None, {self._session.get_inputs()[0].name: values})
        if found.ndim != 3 or found.shape[1] != _SIDES + len(PARTS):
            raise ValueError(
                f"its output has the shape {list(found.shape)}, not 1 x {_SIDES + len(PARTS)} x boxes"
            )
        sides, scores = found[0, :_SIDES], found[0, _SIDES:]
        # From centre and size to corners, in fractions of the picture; the padding is no part of it.
        middle, half = sides[:2], sides[2:] / 2
        whole = np.array([[width], [height]], dtype=np.float32)
        low, high = (np.clip(corner / whole, 0, 1) for corner in (middle - half, middle + half))
        corners = np.concatenate([low, high]).T
        for number, label in enumerate(PARTS):
            # Not `>=`: a score that is no number must not get lost.
            (likely,) = np.nonzero(~(scores[number] < FLOOR))
            for at in likely[best(corners[likely], scores[number, likely])]:
                left, top, right, bottom = (float(side) for side in corners[at])
                box = Box(*(round(side, _DIGITS) for side in (left, top, right - left, bottom - top)))
                yield label.name, round(float(scores[number, at]), _DIGITS), box

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """Yield a hit for each stretch of pictures that score enough for a label, in its category."""
        counted = LABELS.counted(judgement.parameters)
        yield from labelled_hits(observations, judgement, counted, "the picture")


def letterbox(image: NDArray[np.uint8], size: tuple[int, int]) -> tuple[NDArray[np.uint8], int, int]:
    """Return a picture scaled into a black one of this width and height, at its left and top.

    The numbers are the width and height that it has there.
    """
    import numpy as np

    scale = min(size[0] / image.shape[1], size[1] / image.shape[0])
    width, height = (max(1, round(side * scale)) for side in (image.shape[1], image.shape[0]))
    boxed = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    boxed[:height, :width] = resized(image, height, width, "BILINEAR")
    return boxed, width, height


def best(corners: NDArray[np.float32], scores: NDArray[np.float32]) -> list[int]:
    """Return which boxes are kept, the best first: each that overlaps none better much.

    Args:
        corners: left, top, right and bottom of each.
        scores: of each.
    """
    import numpy as np

    kept: list[int] = []
    left = np.argsort(-scores, kind="stable")
    areas = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    while left.size:
        first, left = int(left[0]), left[1:]
        kept.append(first)
        low = np.maximum(corners[first, :2], corners[left, :2])
        high = np.minimum(corners[first, 2:], corners[left, 2:])
        common = np.prod(np.maximum(high - low, 0), axis=1)
        union = areas[first] + areas[left] - common
        left = left[common <= OVERLAP * union]
    return kept


def _size(session: Any) -> tuple[int, int]:
    """Return width and height of what the network sees. Raises ValueError when it is not NudeNet's kind."""
    given, *others = session.get_inputs()
    shape, about = given.shape, session.get_modelmeta().custom_metadata_map
    if others or len(shape) != 4 or shape[1] != 3 or given.type != "tensor(float)":
        raise ValueError(f"its input is {given.name} {shape} {given.type}, not N x 3 x height x width floats")
    if "names" in about:
        names = ast.literal_eval(about["names"])
        if tuple(names[number] for number in sorted(names)) != LABELS.names:
            raise ValueError(f"it finds {', '.join(map(str, names.values()))}, not what NudeNet does")
    usual = ast.literal_eval(about.get("imgsz", f"[{SIZE}, {SIZE}]"))
    height, width = (
        side if isinstance(side, int) else said for side, said in zip(shape[2:], usual, strict=True)
    )
    return width, height
