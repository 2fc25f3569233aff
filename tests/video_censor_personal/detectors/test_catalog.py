from __future__ import annotations

import pytest

from video_censor_personal.detectors.base import Detector, Parameter
from video_censor_personal.detectors.catalog import DETECTOR_TYPES, detector_type

PARAMETERS = [(kind, parameter) for kind in DETECTOR_TYPES.values() for parameter in kind.schema]
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "number": (int, float),
    "integer": (int,),
    "text": (str,),
    "language": (str,),
    "boolean": (bool,),
    "text-list": (tuple,),
    "path": (str,),
    "numbers": (tuple,),
    "number-map": (dict,),
    "text-map": (dict,),
    "prompts": (tuple,),
    "category-map": (dict,),
}


@pytest.mark.parametrize(
    ("kind", "parameter"),
    PARAMETERS,
    ids=[f"{kind.type_name}.{parameter.name}" for kind, parameter in PARAMETERS],
)
def test_a_default_is_itself_allowed(kind: type[Detector], parameter: Parameter) -> None:
    default = parameter.default
    if default is None:
        return
    assert isinstance(default, PYTHON_TYPES[parameter.kind])
    if isinstance(default, int | float) and parameter.minimum is not None:
        assert parameter.minimum <= default
    if isinstance(default, int | float) and parameter.maximum is not None:
        assert default <= parameter.maximum
    if parameter.choices and parameter.kind != "language":
        assert set(default if isinstance(default, tuple) else (default,)) <= set(parameter.choices)


@pytest.mark.parametrize("kind", DETECTOR_TYPES.values(), ids=lambda kind: kind.type_name)
def test_a_parameter_is_declared_once(kind: type[Detector]) -> None:
    names = [parameter.name for parameter in kind.schema]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("beam_size", "infer"),
        ("language", "infer"),
        ("vad", "infer"),
        ("align", "infer"),
        ("compute_type", "infer"),
        ("threshold", "decide"),
        ("words", "decide"),
        ("word_file", "decide"),
        ("allow", "decide"),
        ("tiers", "decide"),
        ("tracks", "decide"),
    ],
)
def test_what_an_edit_of_a_speech_parameter_costs(name: str, role: str) -> None:
    speech = detector_type("speech")
    (parameter,) = (one for one in speech.schema if one.name == name)
    assert parameter.role == role


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("speech", "speech"),
        ("speech-profanity", "speech"),
        ("audio-classification", "sound"),
        ("mock", "scripted"),
        ("clip", "clip"),
    ],
)
def test_names_of_the_original_are_understood(asked: str, got: str) -> None:
    assert detector_type(asked).type_name == got


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        detector_type("spech")


def test_given_values_win_over_defaults() -> None:
    values = detector_type("nsfw").complete({"threshold": 0.7})
    assert (values["sample_rate"], values["threshold"]) == (None, 0.7)
