"""What every detector has: parameters, a half that observes, and a rule that decides.

`observe` needs the model and runs once for a film. `decide` is a pure function of what was observed, so
an edit of a threshold or a word list opens no model.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from modeltasks.errors import Failure
from modeltasks.support.cancel import Cancelled
from video_censor_personal.commands import task
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import DetectorError, NotJudged
from video_censor_personal.findings.certainty import Bounds
from video_censor_personal.findings.coverage import NOT_JUDGED, Span, Unjudged
from video_censor_personal.findings.languages import language_code
from video_censor_personal.findings.observations import Hit, Observation
from video_censor_personal.machine import Machine, shared_cores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from video_censor_personal.media.subtitles import Cue

_MOST_THREADS = 4

Kind = Literal[
    "number",
    "integer",
    "text",
    "language",
    "boolean",
    "path",
    "text-list",
    "numbers",
    "number-map",
    "text-map",
    "prompts",
    "category-map",
]
Role = Literal["infer", "decide", "run"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What is on the screen at `time` (seconds of the film): an RGB image, height x width x 3."""

    time: float
    image: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting of a detector type.

    When an *infer* parameter changes, stored observations are stale and the model runs again; when a
    *decide* parameter changes, only the rule does; a *run* parameter says how the model is run, and nothing
    depends on it. A `default` of None means 'not set'. `choices` limits a text, or each item of a text-list.
    A *path* stands for the content of its file: an edit of the file is an edit of the value. A *language* is
    the same however it is tagged; one of its `choices` may stand for it. *numbers* are a list; a
    *number-map*, *text-map* or *category-map* has names for keys. *prompts* are concepts in words
    (`detectors.prompts.Prompt`).
    """

    name: str
    kind: Kind
    default: object
    role: Role
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a detector's rule goes by.

    `parameters` holds every parameter of the type. `step` is the time between two sampled frames and
    `duration` the film's length, in seconds. For a text, `source` is what it is called, and `heard` are the
    words that were heard in the sound that it goes with.
    """

    detector: str
    categories: tuple[str, ...]
    parameters: Mapping[str, Any]
    step: float
    duration: float
    source: str = ""
    heard: tuple[Observation, ...] = ()

    @property
    def bounds(self) -> Bounds:
        """By what a score is judged, for a type that has the parameters of `thresholds`."""
        given = self.parameters
        return Bounds.of(given["threshold"], given.get("doubtful"), given.get("weak"))


def thresholds(default: float) -> tuple[Parameter, ...]:
    """Return the parameters of a type whose findings are sure, doubtful or weak by their score.

    Args:
        default: the score from which on they are sure. Below it there is nothing, unless that is asked for.
    """
    return (
        Parameter("threshold", "number", default, "decide", minimum=0.0, maximum=1.0),
        Parameter("doubtful", "number", None, "decide", minimum=0.0, maximum=1.0),
        Parameter("weak", "number", None, "decide", minimum=0.0, maximum=1.0),
    )


class Detector(ABC):
    """A detector; its class is the detector type, which `catalog` lists under `type_name`.

    Construction is cheap; `open` loads the model; `close` frees it. The module of a detector imports no
    inference runtime before `open`. `version` changes when the same input would give other observations,
    which makes stored ones stale. `device` is where the model runs, once it is open.
    """

    type_name: ClassVar[str]
    version: ClassVar[str]
    needs_model: ClassVar[bool] = True
    default_categories: ClassVar[tuple[str, ...]]
    schema: ClassVar[tuple[Parameter, ...]]
    device: str = "cpu"

    def __init__(self, parameters: Mapping[str, object] | None = None) -> None:
        self.parameters = self.complete(parameters or {})

    @classmethod
    def complete(cls, given: Mapping[str, object]) -> dict[str, Any]:
        """Return the value of every parameter: the given one, else its default."""
        values = {each.name: given.get(each.name, each.default) for each in cls.schema}
        for each in cls.schema:
            if each.kind == "language":
                values[each.name] = language_code(str(values[each.name])) or values[each.name]
        return values

    @classmethod
    def for_categories(cls, parameters: Mapping[str, Any], categories: Sequence[str]) -> dict[str, Any]:
        """Return complete parameters as they are for these categories: what is observed may depend on them.

        Raises:
            ValueError: one of them is about another category.
        """
        return dict(parameters)

    @classmethod
    def wants_model(cls, parameters: Mapping[str, Any]) -> bool:
        """Whether a detector with these parameters needs a model of the config."""
        return cls.needs_model

    @classmethod
    def misconfigured(cls, parameters: Mapping[str, Any]) -> str | None:
        """Return why a detector with these parameters can find nothing; None: it can."""
        return None

    @classmethod
    def found_categories(cls, parameters: Mapping[str, Any]) -> tuple[str, ...] | None:
        """Return the categories that its findings belong to; None: whichever its entry names."""
        return None

    @classmethod
    def depends_on(cls, parameters: Mapping[str, Any]) -> Mapping[str, object]:
        """Return, by name, what else observations depend on: plain JSON values."""
        return {}

    @abstractmethod
    def open(self, model: InstalledModel | None) -> None:
        """Load the model from its files (None for a type that needs no model).

        Raises:
            DetectorError: they are no usable model.
        """

    def close(self) -> None:  # noqa: B027  # most detectors hold nothing that needs closing
        """Free what `open` took. May be called more than once."""

    @classmethod
    def unjudged(
        cls, observations: Iterable[Observation], parameters: Mapping[str, Any]
    ) -> Iterator[Unjudged]:
        """Yield the stretches that were shown, and of which nothing can be said."""
        for seen in observations:
            if seen.label == NOT_JUDGED:
                yield Unjudged(Span(seen.start, seen.end), seen.text or "")

    @staticmethod
    @abstractmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """Yield the hits among the observations, in time order."""


def _nobody_asks(_seconds: float) -> None:
    """Take how far a detector is, and tell nobody."""


class AudioDetector(Detector):
    """Listens to sound in windows: mono, `sample_rate` samples a second, at most `window_seconds` long."""

    sample_rate: ClassVar[int]
    window_seconds: ClassVar[float] = 240.0
    hears_words: ClassVar[bool] = True
    """Where none that does has listened to a track, its words are nobody's."""
    track_language: str | None = None
    """Of the track that is listened to, as the film gives it."""
    reached: Callable[[float], None] = staticmethod(_nobody_asks)
    """To be told how many seconds of a window are heard, where that takes long; it may raise to stop."""

    @abstractmethod
    def observe(self, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        """Yield what is heard in a window that begins at `start` seconds, in time order.

        It depends on nothing but the window and the track's language, so that an interrupted run can resume.
        """


class FrameDetector(Detector):
    """Looks at frames. `frame_size` is the width and height it works at; larger frames are scaled down.

    Where the model says how large they are, it is known once that is open.
    """

    frame_size: tuple[int, int]

    @abstractmethod
    def observe(self, frames: Sequence[Frame]) -> Iterator[Observation]:
        """Yield what is seen in a batch of frames, in their order; it depends on nothing but these."""


class TextDetector(Detector):
    """Reads what is written for a film: the cues of a track of subtitles, or of a file beside it.

    Its parameter `language` is that of the text. What it yields is no longer than the text: the film's length
    is not told by it.
    """

    @property
    def wants_sound(self) -> bool:
        """Whether it is to be given the sound around a cue."""
        return False

    @abstractmethod
    def observe(self, cues: Sequence[Cue], sound: NearbySound | None, after: float) -> Iterator[Observation]:
        """Yield what is written in the cues of one text, in their order.

        What is said of a cue follows the observation that begins with it, and depends on the text and the
        sound around it alone, so that an interrupted run can resume.

        Args:
            cues: all of them, in time order.
            sound: gives the sound of the film, in time order; None where there is none, or it is not wanted.
            after: cues that begin earlier (seconds) were read by an earlier run.
        """


class NearbySound(Protocol):
    """The sound of a film, mono, 16,000 samples a second; to be asked for in time order."""

    def between(self, start: float, end: float) -> tuple[NDArray[np.float32], float]:
        """Return what there is of the sound from `start` to `end`, and the second where that begins."""


JUDGING = (
    Parameter("judges", "text-list", (), "run"),
    Parameter("band", "numbers", (0.2, 0.8), "infer"),
    Parameter("every", "text", None, "infer", choices=("shot",)),
    Parameter("max_frames", "integer", 60, "infer", minimum=1, maximum=100_000),
)
"""The parameters of each type that judges: whose findings, which of them, and how many of a film at most.

That of whose findings is no *infer* parameter: observations depend on what those observed, not on a name.
"""


class JudgeDetector(Detector):
    """Looks again at the few pictures that other detectors were unsure of, or at one of each shot.

    Its schema has the parameters of `JUDGING`. `frame_size` as for a `FrameDetector`.
    """

    frame_size: ClassVar[tuple[int, int]]

    @classmethod
    def complete(cls, given: Mapping[str, object]) -> dict[str, Any]:
        """Return the value of every parameter; one that judges nobody's findings looks at shots."""
        values = super().complete(given)
        if not values["judges"]:
            values["every"] = "shot"
        return values

    @classmethod
    def misconfigured(cls, parameters: Mapping[str, Any]) -> str | None:
        """Return why a detector with these parameters can find nothing; None: it can."""
        band = parameters["band"]
        if len(band) != 2 or not 0 <= band[0] <= band[1] <= 1:
            return f"`band` is two scores from 0 to 1, the lower one first, not {list(band)}"
        return None

    def check(self, model: InstalledModel | None) -> None:
        """Find out, before the film is decoded, whether `open` would fail.

        Raises:
            DetectorError: it would.
        """

    @abstractmethod
    def observe(self, frame: Frame) -> Iterable[Observation]:
        """Return what is seen in a picture, an observation at least; it depends on nothing else.

        Raises:
            NotJudged: this picture cannot be judged; the next one may be.
        """


class StandaloneDetector(Detector):
    """Needs neither sound nor frames."""

    @abstractmethod
    def observe(self) -> Iterator[Observation]:
        """Yield all observations, in time order."""


def span_of(seen: Observation, judgement: Judgement) -> tuple[float, float]:
    """Return the seconds of the film that an observation stands for; an instant, for a step either way.

    The neighbours one step away were seen too, but what lies between was not, and may be the same.
    """
    unsure = judgement.step if seen.start == seen.end else 0.0
    return max(0.0, seen.start - unsure), min(judgement.duration, seen.end + unsure)


def unusable(type_name: str, model: InstalledModel | None, why: str) -> DetectorError:
    """Return the error for a model that a detector cannot open."""
    return DetectorError(
        f"The {type_name} model in {model.directory if model else None} cannot be used",
        why,
        f"Run {task('verify')} to check it and {task('models')} to repair it",
    )


def unsuitable(type_name: str, model: InstalledModel | None, why: str) -> DetectorError:
    """Return the error for a model that is whole, and not what a detector of this type takes."""
    return DetectorError(
        f"The model in {model.directory if model else None} is none for a detector of type {type_name}",
        why,
        "Name another `model` in the detector's entry of the config, or correct what the entry says of it",
    )


@contextmanager
def failing_closed(name: str) -> Iterator[None]:
    """Make any error of the detector `name` a `DetectorError`: it must not pass for 'nothing found'."""
    try:
        yield
    except (Failure, Cancelled, NotJudged):
        raise
    except Exception as error:
        logger.debug("%s", name, exc_info=True)
        detail = (str(error).splitlines() or [""])[0]
        raise DetectorError(
            f"The detector {name} failed",
            f"{type(error).__name__}: {detail}".rstrip(": "),
            "The video was not cleared. Run again; `enabled: false` leaves the detector out",
        ) from error


def inference_threads() -> int:
    """Return how many threads a model runs in; more gain little and take the cores from the decoder."""
    return min(_MOST_THREADS, shared_cores() or Machine().cores())
