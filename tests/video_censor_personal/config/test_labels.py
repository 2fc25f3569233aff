"""Types that tell many things apart: which labels count, and what category each has."""

from __future__ import annotations

import pytest

from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import Config, parse_config

NET = "models: {sources: [{name: net, repo: a/b}]}\n"


def load(entry: str) -> Config:
    return parse_config(f"{NET}detectors: [{{model: net, {entry}}}]\n", "c.yaml")


@pytest.mark.parametrize(
    ("entry", "categories"),
    [
        ("type: sound", ("Violence",)),
        ("type: sound, labels: {Groan: 0.4, Shout: 0.4}", ("Sexual Theme", "Violence")),
        ("type: sound, labels: {Fart: 0.4}, label_categories: {Fart: Crude}", ("Crude",)),
        ("type: nudenet", ("Nudity",)),
        ("type: nudenet, labels: {BUTTOCKS_COVERED: 0.4}", ("Sexual Theme",)),
        ("type: classifier, labels: {porn: nudity, sexy: sexual_themes}", ("Nudity", "Sexual Theme")),
        (
            "type: classifier, labels: {porn: nudity, gore: Gore}, categories: [Gore, Nudity]",
            ("Gore", "Nudity"),
        ),
    ],
)
def test_the_categories_are_those_of_what_counts(entry: str, categories: tuple[str, ...]) -> None:
    config = load(entry)
    assert config.warnings == ()
    assert config.detectors[0].categories == categories


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (
            "type: sound, labels: {Gunshot: 0.4}",
            "2:47: detectors[sound].labels: the model has no label 'Gunshot'; "
            "did you mean 'Gunshot, gunfire'?",
        ),
        ("type: sound, labels: {Fart: 0.4}", "detectors[sound].labels: 'Fart' has no category"),
        ("type: sound, labels: {}", "2:47: detectors[sound].labels: `labels` is empty"),
        ("type: sound, labels: {Shout: loud}", "detectors[sound].labels.Shout: a number is expected"),
        ("type: sound, labels: {Shout: 2}", "detectors[sound].labels.Shout: 2 is too large"),
        ("type: sound, labels: [Shout]", "detectors[sound].labels: keys with values are expected"),
        (
            "type: sound, label_categories: {Shout: Noise}",
            "detectors[sound].label_categories: 'Shout' does not count: it is not among `labels`",
        ),
        (
            "type: sound, categories: [Nudity]",
            "detectors[sound].categories: nothing here is Nudity: 'sound' finds Violence",
        ),
        (
            "type: nudenet, labels: {breasts: 0.4}",
            "detectors[nudenet].labels: the model has no label 'breasts'",
        ),
        ("type: nudenet, threshold: 0.01", "0.01 for 'threshold' is too low"),
        ("type: classifier", "detectors[classifier].type: write `labels`"),
        ("type: classifier, labels: {porn: }", "the value of 'porn' is missing"),
        (
            "type: classifier, labels: {nsfw: Nudity}, names: [SFW, NSFW]",
            "'nsfw' is not among `names`; did you mean 'NSFW'?",
        ),
    ],
)
def test_a_mistake_has_its_place_and_its_sentence(entry: str, says: str) -> None:
    text = f"{NET}detectors: [{{model: net, {entry}}}]\n"
    assert any(says in problem for problem in problems_of(text)), problems_of(text)


@pytest.mark.parametrize(
    ("categories", "lost"),
    [
        ("[Violence, Nudity]", "Nudity is NOT looked for: 'sound' finds Violence, Sexual Theme"),
        ("[Violence]", "Sexual Theme is NOT looked for: it is not among the categories of this detector"),
    ],
)
def test_what_is_not_looked_for_is_told(categories: str, lost: str) -> None:
    config = load(f"type: sound, labels: {{Shout: 0.4, Groan: 0.4}}, categories: {categories}")
    assert any(lost in warning for warning in config.warnings)


def test_a_detector_that_is_switched_off_may_be_unfinished() -> None:
    config = load("type: classifier, enabled: false")
    assert not config.detectors[0].enabled


def test_yamnet_is_the_model_for_sound_unless_another_is_named() -> None:
    config = parse_config("detectors: [{type: sound}]\n", "c.yaml")
    assert [spec.name for spec in config.required_models()] == ["yamnet"]
    assert load("type: sound").detectors[0].model == "net"
