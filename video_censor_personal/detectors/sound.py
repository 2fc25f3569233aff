"""Sounds such as screams and shots, through YAMNet: every half second is scored for each of some classes.

Model: YAMNet (Google, 2019), a MobileNet trained on AudioSet. Its classes do not exclude each other: a scream
in music is both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from video_censor_personal.detectors.audioset import LABELS, SOUNDS
from video_censor_personal.detectors.base import (
    AudioDetector,
    Judgement,
    thresholds,
    unsuitable,
)
from video_censor_personal.detectors.devices import DEVICE, first_line, only_network, onnx_session
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.detectors.labels import PARAMETERS, LabelledDetector, labelled_hits
from video_censor_personal.detectors.mel import HOP, PATCH, RATE
from video_censor_personal.findings.observations import Hit, Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from video_censor_personal.detectors.yamnet import Network

STEP = 7680
"""Samples between two patches: 0.48 s, about half of one."""
SILENCE = 1e-3
"""Of full scale; a patch that stays below is not scored."""
AROUND = STEP / RATE
"""Seconds before and after what was found in which the rest of it may be, for edges score less."""
FLOOR = 0.04
"""What scores less is not kept."""
_DIGITS = 4


class SoundDetector(LabelledDetector, AudioDetector):
    """Scores patches of about a second; each class that scores something is an observation.

    The model is the one `*.onnx` file of its entry, with the file of weights that it may name beside it.
    """

    type_name = "sound"
    version = "1"
    known, floor = LABELS, FLOOR
    default_categories = ("Violence",)
    schema = (*PARAMETERS, *thresholds(0.4), DEVICE)
    sample_rate = RATE
    window_seconds = 120.0
    hears_words = False
    _network: Network | None = None

    def open(self, model: InstalledModel | None) -> None:
        """Load the network. Raises DetectorError when it is none that scores AudioSet's classes."""
        file = only_network("sound", model)
        from video_censor_personal.detectors.yamnet import Network

        session, device = onnx_session("sound", model, file, self.parameters["device"])
        try:
            self._network = Network(session, file)
        except Exception as error:
            raise unsuitable("sound", model, first_line(error)) from error
        self.device = device

    def close(self) -> None:
        """Free the network."""
        self._network = None

    def observe(self, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        """Yield one observation for each patch and class that scores something, as long as the patch."""
        import numpy as np

        if self._network is None:
            raise RuntimeError("open() comes before observe()")
        firsts = starts(len(pcm))
        samples = np.pad(pcm, (0, firsts[-1] + PATCH - len(pcm)))
        loud = [first for first in firsts if np.abs(samples[first : first + PATCH]).max() >= SILENCE]
        if not loud:
            return
        for first, scores in zip(loud, self._network.scores(samples, loud), strict=True):
            begin, end = start + first / RATE, start + min(first + PATCH, len(pcm)) / RATE
            for place, label in SOUNDS.items():
                score = float(scores[place])
                # Not `>=`: a score that is no number must not get lost.
                if not score < FLOOR:
                    yield Observation(begin, end, label.name, round(score, _DIGITS))

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """Yield a hit for each stretch of sound that scores enough for a label, in its category."""
        counted = LABELS.counted(judgement.parameters)
        for hit in labelled_hits(observations, judgement, counted, "the sound"):
            yield replace(hit, margin=(AROUND, AROUND))


def starts(length: int) -> list[int]:
    """Return the first samples of the patches that cover so many samples; the last one ends with them."""
    last = ceil(max(length - PATCH, 0) / HOP) * HOP
    return [*range(0, last, STEP), last]
