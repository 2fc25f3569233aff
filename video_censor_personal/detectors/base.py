"""What every detector is: something that observes, and a rule that decides.

The two halves are apart. `observe` needs the model and is run once for a video. `decide` is a pure
function of what was observed, so an edit of a threshold or a word list opens no model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import VideoCensorError
from video_censor_personal.findings.observations import Hit, Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class DetectorError(VideoCensorError):
    """A detector could not do its work, so the video must not be taken for clean."""

    kind = "detector"


class Frame(Protocol):
    """A decoded picture: `time` in seconds on the container's time line, `image` H x W x 3 RGB."""

    @property
    def time(self) -> float: ...  # noqa: D102
    @property
    def image(self) -> NDArray[np.uint8]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a detector's rule goes by.

    `parameters` holds every parameter of the type (`DetectorType.complete`). `step` is the time in
    seconds between two sampled frames, `duration` the video's length in seconds.
    """

    detector: str
    categories: tuple[str, ...]
    parameters: Mapping[str, object]
    step: float
    duration: float


class Detector(ABC):
    """Common to all detectors. Construction is cheap; `open` loads the model; `close` frees it."""

    type_name: ClassVar[str]

    def __init__(self, parameters: Mapping[str, object] | None = None) -> None:
        self.parameters = detector_type(self.type_name).complete(parameters or {})

    @abstractmethod
    def open(self, model: InstalledModel | None) -> None:
        """Load the model from its files (None for a type that needs no model).

        Raises DetectorError when they are no usable model.
        """

    def close(self) -> None:  # noqa: B027  # most detectors hold nothing that needs closing
        """Free what `open` took. May be called more than once."""

    @staticmethod
    @abstractmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """The hits among the observations, in time order. Imports no inference runtime."""


class AudioDetector(Detector):
    """Listens to sound in windows: mono, `sample_rate` samples a second, at most `window_seconds` long."""

    sample_rate: ClassVar[int]
    window_seconds: ClassVar[float] = 240.0

    @abstractmethod
    def observe(self, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        """What is heard in a window that begins at `start` seconds, in time order.

        It depends on nothing but the window, so that a run that was stopped can be gone on with.
        """


class FrameDetector(Detector):
    """Looks at frames. `frame_size` is the width and height it works at; larger frames are scaled down."""

    frame_size: ClassVar[tuple[int, int]]

    @abstractmethod
    def observe(self, frames: Sequence[Frame]) -> Iterator[Observation]:
        """What is seen in a batch of frames, in their order; it depends on nothing but these."""


class StandaloneDetector(Detector):
    """Needs neither sound nor frames."""

    @abstractmethod
    def observe(self) -> Iterator[Observation]:
        """All observations, in time order."""


def number(parameters: Mapping[str, object], name: str) -> float:
    """A number among checked parameters. Raises TypeError if it is none."""
    value = parameters[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(name)
    return float(value)


def texts(parameters: Mapping[str, object], name: str) -> tuple[str, ...]:
    """A list of texts among checked parameters. Raises TypeError if it is none."""
    value = parameters[name]
    if not isinstance(value, tuple | list):
        raise TypeError(name)
    return tuple(str(item) for item in value)


def span_of(seen: Observation, judgement: Judgement) -> tuple[float, float]:
    """The seconds of the film that an observation stands for; an instant, for a sampling step either way.

    The neighbours one step away were seen too, but what lies between was not, and may be the same.
    """
    unsure = judgement.step if seen.start == seen.end else 0.0
    return max(0.0, seen.start - unsure), min(judgement.duration, seen.end + unsure)
