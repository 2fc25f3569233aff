"""The list `prompts` of a detector that looks for what is described in words."""

from __future__ import annotations

import pytest

from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import parse_config
from video_censor_personal.detectors.prompts import Prompt

MODEL = "clip-vit-b32-onnx-xenova"


def entry(text: str) -> str:
    return f"detectors:\n  - type: clip\n{text}"


def test_prompts_are_read_and_categories_follow_from_them() -> None:
    text = (
        "    concepts: [smoking]\n"
        "    prompts:\n"
        "      - {category: sexual_themes, text: a photo of a couple, threshold: 0.7}\n"
        "      - {name: spiders, category: Scary, text: [a spider, a web]}\n"
        "      - {name: snakes, category: Scary, text: [a snake]}\n"
    )
    config = parse_config(entry(text), "c.yaml")
    (detector,) = config.detectors
    assert config.warnings == ()
    assert detector.model == MODEL
    assert detector.categories == ("Smoking", "Sexual Theme", "Scary")
    assert detector.parameters["prompts"] == (
        Prompt("Sexual Theme", "Sexual Theme", ("a photo of a couple",)),
        Prompt("spiders", "Scary", ("a spider", "a web")),
        Prompt("snakes", "Scary", ("a snake",)),
    )
    assert detector.parameters["thresholds"] == {"Sexual Theme": 0.7}


def test_without_anything_the_usual_is_looked_for() -> None:
    (detector,) = parse_config(entry(""), "c.yaml").detectors
    assert detector.categories == ("Violence",)
    assert detector.parameters["concepts"] == ("violence", "blood", "weapons")


def test_a_model_of_its_own_is_used() -> None:
    config = parse_config(
        "models: {sources: [{name: eyes, repo: a/b}]}\n" + entry("    model: eyes"), "c.yaml"
    )
    assert [spec.name for spec in config.required_models()] == ["eyes"]


PROBLEMS = {
    "no category": (
        "    prompts: [{text: a spider}]",
        "3:15: detectors[clip].prompts[0]: 'category' is missing: what is found belongs to one",
    ),
    "no text": (
        "    prompts: [{category: A}]",
        "3:15: detectors[clip].prompts[0]: 'text' is missing: a prompt is a text, or a list of them",
    ),
    "an empty list": (
        "    prompts: [{category: A, text: []}]",
        "3:15: detectors[clip].prompts[0]: 'text' is missing: a prompt is a text, or a list of them",
    ),
    "an empty text": (
        "    prompts: [{category: A, text: [a spider, '']}]",
        "3:46: detectors[clip].prompts[0].text: text is expected, but it is empty",
    ),
    "keys where a text should be": (
        "    prompts: [{category: A, text: [a: b]}]",
        "3:36: detectors[clip].prompts[0].text: text is expected, not keys with values",
    ),
    "a text twice": (
        "    prompts: [{category: A, text: [a spider, A Spider]}]",
        "3:46: detectors[clip].prompts[0].text: 'A Spider' is given twice",
    ),
    "a text of another prompt": (
        "    prompts: [{category: A, text: a spider}, {category: B, text: [a spider]}]",
        "3:67: detectors[clip].prompts[1].text: 'a spider' is given twice",
    ),
    "a category twice": (
        "    prompts: [{category: violence, text: a}, {category: Violence, text: b}]",
        "3:57: detectors[clip].prompts[1].category: 'Violence' is looked for twice; "
        "put the texts into one list, or name both",
    ),
    "a name twice": (
        "    prompts: [{name: a, category: A, text: a}, {name: a, category: B, text: b}]",
        "3:55: detectors[clip].prompts[1].name: 'a' is looked for twice; "
        "put the texts into one list, or name both",
    ),
    "a threshold above one": (
        "    prompts: [{category: A, text: a, threshold: 2}]",
        "3:49: detectors[clip].prompts[0].threshold: 2 is too large; the most is 1",
    ),
    "an unknown key": (
        "    prompts: [{category: A, text: a, treshold: 0.5}]",
        "3:38: detectors[clip].prompts[0]: unknown key 'treshold'; did you mean 'threshold'?",
    ),
    "no list": (
        "    prompts: {Violence: a fight}",
        "3:14: detectors[clip].prompts: a list is expected (lines that begin with '- '), "
        "not keys with values",
    ),
    "a text for a prompt": (
        "    prompts: [a fight]",
        "3:15: detectors[clip].prompts[0]: keys with values are expected, not 'a fight'",
    ),
    "an unknown concept": (
        "    concepts: [violance]",
        "3:16: detectors[clip].concepts: 'violance' is not known; did you mean 'violence'?",
    ),
    "a threshold of nothing": (
        "    concepts: [blood]\n    thresholds: {bood: 0.7}",
        "4:17: detectors[clip].thresholds: `thresholds` has 'bood', and what is looked for is blood",
    ),
    "a category that nothing finds": (
        "    categories: [Nudity]",
        "3:17: detectors[clip].categories: nothing here is Nudity: 'clip' finds Violence",
    ),
    "a model that is nowhere": (
        "    model: clop",
        "3:12: detectors[clip].model: no model 'clop' in models.sources or the catalogue; none is known",
    ),
}


@pytest.mark.parametrize(("text", "expected"), PROBLEMS.values(), ids=PROBLEMS)
def test_each_mistake_has_its_place(text: str, expected: str) -> None:
    assert problems_of(entry(text)) == [expected]


def test_a_category_that_is_left_out_is_warned_of() -> None:
    text = "    categories: [Violence]\n    concepts: [blood, smoking]\n"
    config = parse_config(entry(text), "c.yaml")
    assert config.detectors[0].categories == ("Violence",)
    assert config.warnings == (
        "c.yaml:3:17: detectors[clip].categories: "
        "Smoking is NOT looked for: it is not among the categories of this detector",
    )


def test_what_is_switched_off_may_be_anything_that_can_be_read() -> None:
    text = "    enabled: false\n    categories: [Nudity]\n    concepts: [blood, blood]\n"
    assert parse_config(entry(text), "c.yaml").warnings == ()
