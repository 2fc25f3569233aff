"""A detector that judges others: whom it names, which model it gets, and the original's entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import load_config, parse_config

SOURCES = "models: {sources: [{name: eyes, repo: a/b}, {name: mind, repo: c/d}]}\n"
NSFW = "{type: nsfw, name: nsfw, model: eyes}"


def config(*entries: str) -> str:
    return f"{SOURCES}detectors: [{', '.join(entries)}]\n"


def test_it_names_those_whose_findings_it_judges() -> None:
    found = parse_config(config("{type: llava, model: mind, judges: [nsfw]}", NSFW), "c.yaml")
    assert found.detectors[0].parameters["judges"] == ("nsfw",)
    assert found.warnings == ()


MISTAKES = {
    "nobody": (
        "{type: llava, model: mind, judges: [nfsw]}",
        "no detector 'nfsw' whose findings can be judged; did",
    ),
    "itself": (
        "{type: llava, model: mind, judges: [llava]}",
        "no detector 'llava' whose findings can be judged",
    ),
    "one that is off": (
        "{type: scripted, name: s, enabled: false}, {type: llava, model: mind, judges: [s]}",
        "the detector 's' is switched off",
    ),
    "a model and a server": (
        "{type: llava, model: mind, endpoint: 'http://127.0.0.1:1/v1'}",
        "a detector with an `endpoint` has no model",
    ),
    "a server elsewhere": (
        "{type: llava, endpoint: 'http://10.0.0.1/v1'}",
        "llava].endpoint: pictures of the film would be sent to another machine",
    ),
    "words on what is not looked for": (
        "{type: llava, model: mind, categories: [Nudity], ask: {Violence: blood}}",
        "ask: Violence: not among its categories, Nudity",
    ),
    "a band": ("{type: llava, model: mind, band: [0.9, 0.1]}", "band: `band` is two scores"),
    "a prompt that is not there": (
        "{type: llava, model: mind, prompt_file: absent.txt}",
        "prompt_file: there is no file",
    ),
    "no frames at all": ("{type: llava, model: mind, max_frames: 0}", "max_frames"),
    "something else than shots": ("{type: llava, model: mind, every: frame}", "every"),
}


@pytest.mark.parametrize(("entry", "why"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_named(entry: str, why: str) -> None:
    (problem,) = problems_of(config(NSFW, entry))
    assert why in problem


def test_one_that_is_off_may_name_what_is_off() -> None:
    entries = (
        "{type: scripted, name: s, enabled: false}, {type: llava, enabled: false, model: mind, judges: [s]}"
    )
    assert parse_config(config(entries), "c.yaml").warnings == ()


def test_a_server_needs_no_model() -> None:
    found = parse_config("detectors: [{type: llava, endpoint: 'http://127.0.0.1:11434/v1'}]", "c.yaml")
    assert found.detectors[0].model is None
    assert found.required_models() == ()


ORIGINAL = {
    "liuhaotian/llava-v1.5-7b": ("llava-v1.5-7b-gguf", "is taken as the model"),
    "llava-hf/llava-1.5-7b-hf": ("llava-v1.5-7b-gguf", "is taken as the model"),
    "liuhaotian/llava-v1.6-mistral-7b": ("llava-v1.6-mistral-7b-gguf", "is taken as the model"),
    "liuhaotian/llava-v1.5-13b": (
        "llava-v1.5-7b-gguf",
        "is not in the catalogue: 'llava-v1.5-7b-gguf' takes",
    ),
}


@pytest.mark.parametrize("name", ORIGINAL)
def test_models_of_the_original_are_those_of_the_catalogue(name: str) -> None:
    model, warning = ORIGINAL[name]
    found = parse_config(f"detectors: [{{type: llava, model_name: {name}}}]", "c.yaml")
    needed = found.required_models()[0]
    assert found.detectors[0].model == needed.name == model
    assert {file.path.rpartition(".")[2] for file in needed.files} == {"gguf"}
    assert len(needed.files) == 2
    (said,) = found.warnings
    assert warning in said


@pytest.mark.parametrize(
    ("quality", "model"),
    [
        ("fast", "smolvlm-256m-gguf"),
        ("balanced", "smolvlm-500m-gguf"),
        ("best", "llava-v1.6-mistral-7b-gguf"),
    ],
)
@pytest.mark.parametrize("name", ["", ", model_name: somebody/another"])
def test_one_that_names_no_model_gets_that_of_the_quality(quality: str, model: str, name: str) -> None:
    found = parse_config(f"quality: {quality}\ndetectors: [{{type: llava{name}}}]", "c.yaml")
    assert found.detectors[0].model == model
    assert [" is not in the catalogue: the model that `quality`" in each for each in found.warnings] == (
        [True] if name else []
    )


def test_a_model_of_the_config_wins_over_that_of_the_original() -> None:
    found = parse_config(config("{type: llava, model: mind, model_name: a/llava}"), "c.yaml")
    assert found.detectors[0].model == "mind"
    (said,) = found.warnings
    assert "model_name: has no effect" in said


@pytest.mark.parametrize("is_there", [True, False])
def test_a_prompt_of_the_original_is_used_where_it_is(tmp_path: Path, is_there: bool) -> None:
    prompt = tmp_path / "prompts" / "look.txt"
    prompt.parent.mkdir()
    if is_there:
        prompt.write_text("What is it?")
    path = tmp_path / "c.yaml"
    path.write_text(
        "detectors: [{type: llava, model_name: liuhaotian/llava-v1.5-7b, prompt_file: ./prompts/look.txt}]"
    )
    found = load_config(path)
    assert found.detectors[0].parameters["prompt_file"] == (str(prompt) if is_there else None)
    assert any("the built-in prompt is used" in each for each in found.warnings) is not is_there
