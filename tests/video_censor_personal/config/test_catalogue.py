"""Models that a config names and does not describe: of the catalogue, or as `quality` chooses them."""

from __future__ import annotations

import pytest

from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import Config, parse_config
from video_censor_personal.config.catalogue import catalogue
from video_censor_personal.config.quality import MODELS, QUALITIES
from video_censor_personal.detectors.catalog import DETECTOR_TYPES

OWN = "{name: whisper-base, url: https://h.example/m.bin, checksum: " + "a" * 64 + "}"


def config(detectors: str, top: str = "", sources: str = "") -> Config:
    return parse_config(f"{top}\nmodels: {{sources: [{sources}]}}\ndetectors: [{detectors}]\n", "c.yaml")


def names(config: Config) -> list[str]:
    return [spec.name for spec in config.models.sources]


def test_a_model_of_the_catalogue_is_named_without_its_source() -> None:
    read = config("{type: speech, model: whisper-small}")
    assert names(read) == ["whisper-small", "whisper-base", "whisper-tiny-en"]
    assert [spec.name for spec in read.required_models()] == ["whisper-small"]
    assert read.model("whisper-small") == catalogue()["whisper-small"]
    assert read.warnings == ()


def test_the_config_s_own_model_of_that_name_is_used() -> None:
    read = config("{type: speech, model: whisper-base}", sources=OWN)
    assert names(read) == ["whisper-base"]
    assert read.models.sources[0].sources == ("https://h.example/m.bin",)
    fallback = config("{type: speech, model: whisper-small}", sources=OWN)
    assert names(fallback) == ["whisper-base", "whisper-small"]


def test_what_the_config_says_of_all_models_counts_for_those_of_the_catalogue() -> None:
    read = parse_config(
        "models: {on_unavailable: fallback}\ndetectors: [{type: speech, model: whisper-base}]\n", "c.yaml"
    )
    assert [spec.on_unavailable for spec in read.models.sources] == ["fallback", "fallback"]


def test_a_misspelt_name_is_told_the_nearest_of_both() -> None:
    (problem,) = problems_of("detectors: [{type: speech, model: whisper-bse}]")
    assert problem == (
        "1:35: detectors[speech].model: no model 'whisper-bse' in models.sources or the catalogue; "
        "did you mean 'whisper-base'?"
    )


@pytest.mark.parametrize("quality", QUALITIES)
def test_each_quality_names_models_that_are_there(quality: str) -> None:
    read = config("{type: speech}, {type: nsfw}", f"quality: {quality}")
    chosen = dict(next(models for name, models in MODELS.items() if name == quality))
    assert read.quality == quality
    assert [each.model for each in read.detectors] == [chosen["speech"], chosen["nsfw"]]
    assert {spec.name for spec in read.required_models()} == {chosen["speech"], chosen["nsfw"]}
    assert set(chosen.values()) <= set(catalogue())
    assert all(catalogue()[model].size for model in chosen.values())
    needing = {name for name, kind in DETECTOR_TYPES.items() if kind.needs_model}
    assert needing - {"classifier"} <= set(chosen), "any network may be a classifier"


def test_better_is_larger() -> None:
    sizes = [sum(catalogue()[model].size for model in MODELS[quality].values()) for quality in QUALITIES]
    assert sizes == sorted(set(sizes))


def test_a_detector_that_names_its_model_has_that() -> None:
    read = config("{type: speech, model: whisper-tiny-en}, {type: nsfw}", "quality: best")
    assert [each.model for each in read.detectors] == ["whisper-tiny-en", "open-nsfw"]
    assert read.warnings == ()


def test_another_quality_is_another_model_for_some_detectors_only() -> None:
    before, after = (config("{type: speech}, {type: nsfw}", f"quality: {name}") for name in ("fast", "best"))
    changed = [b.name for b, a in zip(before.detectors, after.detectors, strict=True) if a != b]
    assert changed == ["speech"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "quality: good\ndetectors: [{type: speech}]",
            "1:10: quality: 'good' is not one of fast, balanced, best; known: fast, balanced, best",
        ),
        ("quality: [fast]\ndetectors: [{type: speech}]", "1:10: quality: text is expected, not a list"),
        (
            "detectors: [{type: classifier, labels: {porn: Nudity}}]",
            "1:13: detectors[classifier]: 'model' is missing: a detector of type 'classifier' needs one of "
            "models.sources or of the catalogue",
        ),
    ],
)
def test_what_is_wrong_with_a_quality_or_missing(text: str, problem: str) -> None:
    assert problem in problems_of(text)


@pytest.mark.parametrize("detectors", ["", "{type: speech, model: whisper-base}", "{type: mock}"])
def test_a_quality_that_chooses_nothing_is_warned_of(detectors: str) -> None:
    warnings = config(detectors, "quality: best").warnings
    assert warnings[0].startswith("c.yaml:1:1: quality: has no effect")


def test_a_licence_of_the_catalogue_is_accepted_by_the_config() -> None:
    assert catalogue()["nudenet-320n"].license == "AGPL-3.0"
    assert catalogue()["nudenet-320n"].license_terms
    asking = [spec.name for spec in catalogue().values() if spec.license_terms]
    assert asking == [spec.name for spec in catalogue().values() if "AGPL" in str(spec.license)]
    for accepted, pending in (("[]", True), ("[AGPL-3.0]", False)):
        read = parse_config(
            f"models: {{accept_licenses: {accepted}}}\ndetectors: [{{type: nsfw, model: nudenet-320n}}]\n",
            "c.yaml",
        )
        assert (read.models.sources[0].license_terms is not None) is pending
