"""Nudity in frames: the open_nsfw classifier, one score for the whole picture.

Model: ResNet-50 thin of Yahoo's open_nsfw (2016), as ONNX. Its scores are not calibrated per
category, so a frame that counts, counts for every category of the detector.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from video_censor_personal.detectors.base import (
    Frame,
    FrameDetector,
    Judgement,
    Parameter,
    thresholds,
    unusable,
)
from video_censor_personal.detectors.devices import DEVICE, only_network, onnx_session
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.detectors.pictures import resized
from video_censor_personal.detectors.stretches import hits_of
from video_censor_personal.findings.observations import Hit, Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESIZED = 256
CROPPED = 224
MEAN_BGR = (104.0, 117.0, 123.0)


class NsfwDetector(FrameDetector):
    """Scores each frame 0..1; the model is the one `*.onnx` file of its entry."""

    type_name = "nsfw"
    version = "2"
    default_categories = ("Nudity", "Sexual Theme")
    schema = (
        Parameter("sample_rate", "number", None, "infer", minimum=0.02, maximum=60.0),
        *thresholds(0.5),
        DEVICE,
    )
    frame_size = (RESIZED, RESIZED)
    _session: Any = None

    def open(self, model: InstalledModel | None) -> None:
        """Load the network. Raises DetectorError when there is not exactly one usable file."""
        file = only_network("nsfw", model)
        session, self.device = onnx_session("nsfw", model, file, self.parameters["device"])
        shape = session.get_inputs()[0].shape
        if shape[1:] != [CROPPED, CROPPED, 3]:
            raise unusable(
                "nsfw", model, f"its input has the shape {shape}, not N x {CROPPED} x {CROPPED} x 3"
            )
        self._session = session

    def close(self) -> None:
        """Free the network."""
        self._session = None

    def observe(self, frames: Sequence[Frame]) -> Iterator[Observation]:
        """Yield one observation a frame, labelled `nsfw`."""
        import numpy as np

        if not frames:
            return
        if self._session is None:
            raise RuntimeError("open() comes before observe()")
        batch = np.stack([preprocess(frame.image) for frame in frames])
        (scores,) = self._session.run(None, {self._session.get_inputs()[0].name: batch})
        for frame, (_, nsfw) in zip(frames, scores, strict=True):
            yield Observation(frame.time, frame.time, "nsfw", float(nsfw))

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """Yield a hit for each category and each stretch of pictures that score enough."""
        yield from hits_of(observations, judgement, "nsfw", judgement.bounds, "the picture")


def preprocess(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The network's input for one RGB picture: 224 x 224 x 3, BGR, less the training set's mean.

    As in open_nsfw's own `classify_nsfw.py`: squeeze to 256 x 256 whatever the shape, bilinear, then
    take the middle. Its JPEG round trip is left out: a video's frames went through a codec already.
    """
    import numpy as np

    margin = (RESIZED - CROPPED) // 2
    middle = slice(margin, margin + CROPPED)
    scaled = resized(image, RESIZED, RESIZED, "BILINEAR")[middle, middle, ::-1]
    return scaled.astype(np.float32) - np.asarray(MEAN_BGR, dtype=np.float32)
