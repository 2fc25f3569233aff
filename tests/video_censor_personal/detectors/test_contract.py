"""What holds for every detector type, run over all of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.video_censor_personal.detectors.installed import installed
from video_censor_personal.detectors.base import Detector, Judgement
from video_censor_personal.detectors.catalog import DETECTOR_TYPES
from video_censor_personal.detectors.prompts import Prompt
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Observation

EVERY_TYPE = pytest.mark.parametrize("kind", DETECTOR_TYPES.values(), ids=lambda kind: kind.type_name)
COUNTING = {
    "speech": Observation(1.0, 1.4, "word", 0.9, "Damn,"),
    "sound": Observation(1.0, 1.9, "Explosion", 0.9),
    "subtitles": Observation(1.0, 1.4, "cue", 1.0, "D*mn,"),
    "nsfw": Observation(1.0, 1.0, "nsfw", 0.9),
    "clip": Observation(1.0, 1.0, "spiders", 0.9),
    "nudenet": Observation(1.0, 1.0, "BUTTOCKS_EXPOSED", 0.9),
    "classifier": Observation(1.0, 1.0, "porn", 0.9),
    "llava": Observation(1.0, 1.4, "B", 0.9),
    "scripted": Observation(1.0, 1.4, "B", 0.9),
}
GIVEN: dict[str, dict[str, object]] = {
    "clip": {"prompts": (Prompt("spiders", "B", ("a photo of a spider",)),)},
    "classifier": {"labels": {"porn": "B"}},
}
"""Parameters without which a type finds nothing."""


def judgement(kind: type[Detector], **given: object) -> Judgement:
    parameters = kind.complete({**GIVEN.get(kind.type_name, {}), **given})
    categories = kind.found_categories(parameters) or ("A", "B")
    return Judgement("mine", categories, parameters, step=0.5, duration=10.0)


@EVERY_TYPE
def test_it_is_built_and_closed_without_a_model(kind: type[Detector]) -> None:
    detector = kind()
    detector.close()
    detector.close()
    assert detector.parameters == kind.complete({})


@EVERY_TYPE
def test_a_folder_without_its_model_is_refused(kind: type[Detector], tmp_path: Path) -> None:
    detector = kind()
    if not kind.needs_model:
        detector.open(None)
        return
    (tmp_path / "readme.txt").write_text("no model")
    for model in (installed(tmp_path), installed(tmp_path / "absent"), None):
        with pytest.raises(DetectorError) as failure:
            detector.open(model)
        assert " tasks models`" in failure.value.fix


@EVERY_TYPE
def test_nothing_observed_is_nothing_decided(kind: type[Detector]) -> None:
    assert list(kind.decide([], judgement(kind))) == []


@EVERY_TYPE
def test_hits_belong_to_the_detector_and_to_its_categories(kind: type[Detector]) -> None:
    terms = judgement(kind)
    hits = list(kind.decide([COUNTING[kind.type_name]], terms))
    assert hits
    for hit in hits:
        assert hit.detector == "mine"
        assert hit.category in terms.categories
        assert 0 <= hit.start < hit.end <= 10.0
        assert hit.score == 0.9
        assert hit.reason


@EVERY_TYPE
def test_a_score_below_the_threshold_does_not_count(kind: type[Detector]) -> None:
    assert list(kind.decide([COUNTING[kind.type_name]], judgement(kind, threshold=0.91))) == []


@EVERY_TYPE
def test_a_score_at_the_threshold_counts(kind: type[Detector]) -> None:
    assert list(kind.decide([COUNTING[kind.type_name]], judgement(kind, threshold=0.9)))


@EVERY_TYPE
def test_deciding_loads_no_runtime(kind: type[Detector]) -> None:
    seen, terms = COUNTING[kind.type_name], judgement(kind)
    given, category = GIVEN.get(kind.type_name, {}), terms.categories[-1]
    program = f"""
import sys
from video_censor_personal.detectors.base import Judgement
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.detectors.prompts import Prompt
from video_censor_personal.findings.observations import Observation
kind = detector_type({kind.type_name!r})
found = list(kind.decide([{seen!r}], Judgement("d", ({category!r},), kind.complete({given!r}), 0.5, 9.0)))
heavy = {{"numpy", "onnxruntime", "faster_whisper", "ctranslate2", "av", "yaml"}} & set(sys.modules)
print(len(found), sorted(heavy))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "1 []\n"
