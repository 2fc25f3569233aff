"""Which detector types exist and what they can be told, without importing any of them.

Every parameter has a role. Changing an *infer* parameter makes stored observations stale, so the
model runs again. Changing a *decide* parameter only re-runs the detector's rule over stored
observations, and opens no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, cast

from video_censor_personal.findings.languages import language_code

if TYPE_CHECKING:
    from video_censor_personal.detectors.base import Detector

Kind = Literal["number", "integer", "text", "language", "boolean", "text-list", "path"]
Role = Literal["infer", "decide"]
Medium = Literal["audio", "frames", "none"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a detector type.

    A `default` of None means 'not set'. `choices` limits a text, or each item of a text-list.
    A *path* stands for the content of its file: an edit of the file counts as an edit of the value.
    A *language* is the same however it is tagged.
    """

    name: str
    kind: Kind
    default: object
    role: Role
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True)
class DetectorType:
    """What a detector type needs and offers; `implementation` is 'module:Class'.

    `version` changes when the same input would give other observations, which makes stored ones stale.
    """

    name: str
    medium: Medium
    needs_model: bool
    version: str
    parameters: tuple[Parameter, ...]
    default_categories: tuple[str, ...]
    implementation: str

    def load(self) -> type[Detector]:
        """The detector's class. Its module imports no inference runtime until the detector is opened."""
        module, name = self.implementation.split(":")
        return cast("type[Detector]", getattr(import_module(module), name))

    def complete(self, given: Mapping[str, object]) -> dict[str, object]:
        """The value of every parameter: the given one, else its default."""
        values = {each.name: given.get(each.name, each.default) for each in self.parameters}
        for each in self.parameters:
            if each.kind == "language":
                values[each.name] = language_code(str(values[each.name])) or values[each.name]
        return values

    def only(self, role: Role, given: Mapping[str, object]) -> dict[str, object]:
        """The values of the parameters with one role, defaults included: what a cache key is made of."""
        values = self.complete(given)
        return {
            parameter.name: values[parameter.name] for parameter in self.parameters if parameter.role == role
        }


TIERS = ("religious", "mild", "strong", "slur")

_SPEECH = DetectorType(
    name="speech",
    medium="audio",
    needs_model=True,
    version="3",
    parameters=(
        Parameter("language", "language", "en", "infer", doc="the language listened for"),
        Parameter(
            "tracks",
            "text",
            "language",
            "decide",
            choices=("language", "all"),
            doc="the sound tracks listened to: those that may be in the language, or all",
        ),
        Parameter(
            "beam_size", "integer", 5, "infer", 1, 20, doc="1 is faster and loses about a tenth of the words"
        ),
        Parameter(
            "compute_type",
            "text",
            "int8",
            "infer",
            choices=("int8", "int8_float32", "float32"),
            doc="arithmetic of the model on the CPU",
        ),
        Parameter(
            "vad",
            "boolean",
            False,
            "infer",
            doc="skip what a voice detector calls no speech; loses sung words",
        ),
        Parameter(
            "align",
            "boolean",
            True,
            "infer",
            doc="tighten word times by matching their sound; English only",
        ),
        Parameter(
            "threshold", "number", 0.0, "decide", 0.0, 1.0, doc="least probability of a word that counts"
        ),
        Parameter(
            "tiers",
            "text-list",
            ("mild", "strong", "slur"),
            "decide",
            choices=TIERS,
            doc="tiers of the built-in list that count",
        ),
        Parameter("words", "text-list", (), "decide", doc="more words and phrases that count, in any tier"),
        Parameter(
            "word_file", "path", None, "decide", doc="a word list of your own, used beside the built-in one"
        ),
        Parameter("allow", "text-list", (), "decide", doc="words and phrases that never count"),
    ),
    default_categories=("Profanity",),
    implementation="video_censor_personal.detectors.speech:SpeechDetector",
)

_NSFW = DetectorType(
    name="nsfw",
    medium="frames",
    needs_model=True,
    version="2",
    parameters=(
        Parameter(
            "sample_rate",
            "number",
            None,
            "infer",
            0.02,
            60.0,
            doc="seconds between frames; unset: processing's",
        ),
        Parameter("threshold", "number", 0.5, "decide", 0.0, 1.0, doc="least score of a frame that counts"),
    ),
    default_categories=("Nudity", "Sexual Theme"),
    implementation="video_censor_personal.detectors.nsfw:NsfwDetector",
)

_SCRIPTED = DetectorType(
    name="scripted",
    medium="none",
    needs_model=False,
    version="1",
    parameters=(
        Parameter("script", "path", None, "infer", doc="JSON file with the observations to report"),
        Parameter("threshold", "number", 0.5, "decide", 0.0, 1.0, doc="least score that counts"),
    ),
    default_categories=("Profanity", "Nudity", "Violence", "Sexual Theme"),
    implementation="video_censor_personal.detectors.scripted:ScriptedDetector",
)

DETECTOR_TYPES: Mapping[str, DetectorType] = MappingProxyType(
    {kind.name: kind for kind in (_SPEECH, _NSFW, _SCRIPTED)}
)

ALIASES: Mapping[str, str] = MappingProxyType({"speech-profanity": "speech", "mock": "scripted"})


def detector_type(name: str) -> DetectorType:
    """The type of that name, or of that name in the original program.

    Raises KeyError for a name that is neither.
    """
    return DETECTOR_TYPES[ALIASES.get(name, name)]
