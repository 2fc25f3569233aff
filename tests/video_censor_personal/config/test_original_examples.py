"""Configs in every shape that the original's own examples have load; what has no effect is told."""

from __future__ import annotations

import pytest

from video_censor_personal.config import Config, parse_config

CATEGORIES = """\
detections:
  nudity: {enabled: true, sensitivity: 0.7, model: local}
  profanity: {enabled: true, sensitivity: 0.8, model: local, languages: [en, es]}
  violence: {enabled: true, sensitivity: 0.6, model: clip-vit-base}
  sexual_themes: {enabled: false, sensitivity: 0.75, model: local}
"""
PLACEHOLDERS = f"""\
models:
  cache_dir: ~/models
  auto_download: true
  sources:
    - {{name: eyes, url: "https://h.example/a.safetensors", checksum: "{"a1" * 31}", size_bytes: 0,
       algorithm: sha256, optional: false}}
    - {{name: ears, url: "https://…", checksum: "sha256:…", size_bytes: 3825156096, optional: true}}
"""
LLAVA = """\
detectors:
  - {type: llava, name: look, categories: [violence, gore], config: {model: llava-7b, prompt: "What is it?"}}
"""

EXAMPLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "a quick start, without detectors": (
        f"version: 1.0\n{CATEGORIES}"
        "processing: {frame_sampling: {strategy: uniform, sample_rate: 1.0}, "
        "segment_merge: {enabled: true, merge_threshold: 2.0}, max_workers: 4}\n"
        "output: {format: json, include_confidence: true, pretty_print: true}\n",
        ("detections.profanity.languages", "detections.nudity.model", "processing.max_workers"),
    ),
    "concepts in words, and models of an older form": (
        f"{CATEGORIES}"
        "  custom_concepts:\n    - {name: ads, enabled: false, sensitivity: 0.5, description: Brands}\n"
        "models:\n  local: {vision_model: a/b, cache_dir: ./models}\n"
        "  third_party: {enabled_fallback: false, providers: [{name: x, enabled: false}]}\n",
        ("detections.custom_concepts", "models.local", "models.third_party"),
    ),
    "placeholders for checksums": (PLACEHOLDERS + CATEGORIES + LLAVA, ("eyes", "ears", "auto_download")),
    "placeholders, and no detectors": (PLACEHOLDERS + CATEGORIES, ("models.sources[eyes]",)),
    "settings of a detector in a section": (CATEGORIES + LLAVA, ("detectors[look]",)),
    "the same of one that exists here": (
        "detectors: [{type: speech-profanity, model: base, device: auto, config: {language: en}}]\n",
        ("detectors[speech-profanity].config",),
    ),
    "detectors below `detection`": (
        "detection:\n  detectors:\n    - {type: clip, name: c, categories: [Nudity],\n"
        "       prompts: [{category: Nudity, text: [skin]}]}\n"
        "video: {extraction: {fps: 2, max_width: 1280}}\n"
        "audio: {enabled: true, extraction: {sample_rate: 16000}, detection: {detectors: []}}\n"
        "output: {format: json, include_frames: false, include_metadata: true}\n",
        ("detection:", "video.extraction", "audio:", "output.include_metadata", "output.include_frames"),
    ),
    "sound changed as an older version had it": (
        f"{CATEGORIES}audio: {{detection: {{enabled: true}}, remediation: {{enabled: true, mode: bleep}}}}\n",
        ("`remediation.audio`",),
    ),
    "chapters to skip": (
        "video:\n  metadata_output:\n    skip_chapters: {enabled: true, name_format: '{labels}'}\n",
        ("video.metadata_output.skip_chapters.name_format: has no effect",),
    ),
    "a picture changed in every way": (
        f"{CATEGORIES}"
        "detectors: [{type: mock, categories: [Nudity], enable_nudity: true, enable_sexual_theme: false}]\n"
        "remediation: {audio: {enabled: false}, video: {enabled: true, mode: blank, blank_color: '#000000', "
        "category_modes: {Nudity: cut, Sexual Theme: cut, Violence: blank, Profanity: none}}}\n",
        ("enable_nudity", "enable_sexual_theme"),
    ),
    "sounds": (
        f"{CATEGORIES}"
        "detectors: [{type: audio-classification, name: noises, enabled: true, model: audioset-vit-base, "
        "categories: [Violence], confidence_threshold: 0.6, chunk_duration: 2.0, device: null}]\n",
        ("detectors[noises].model: 'audioset-vit-base' is taken as the model 'yamnet'", "chunk_duration"),
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_loads_and_says_what_has_no_effect(name: str) -> None:
    text, parts = EXAMPLES[name]
    config = parse_config(text, "c.yaml")
    for part in parts:
        assert any(part in warning for warning in config.warnings), (part, config.warnings)


def load(text: str) -> Config:
    return parse_config(PLACEHOLDERS + text, "c.yaml")


def test_a_source_with_mistakes_that_nothing_needs_is_left_out_and_named() -> None:
    config = load("    - {name: words, repo: a/b, fallback: [eyes]}\ndetectors: [{type: scripted}]\n")
    assert [(spec.name, spec.fallback) for spec in config.models.sources] == [("words", ())]
    eyes, ears = config.models.unusable
    assert (eyes.name, ears.name) == ("eyes", "ears")
    assert eyes.problems[0].startswith("c.yaml:5:70: models.sources[eyes].checksum: ")
    assert "64 hex digits are expected, 62 characters were given" in eyes.problems[0]
    (warning,) = [each for each in config.warnings if "[eyes]" in each]
    assert warning.startswith(eyes.problems[0])
    assert "left out: no enabled detector needs it" in warning


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("name: my model, repo: a/b", "cannot be the name of a model"),
        ("repo: a/b", "'name' is missing"),
        ("name: m", "`repo` (Hugging Face) or `url` is missing"),
        ("name: m, repo: a/", "is not a repository"),
        ("name: m, repo: a/b, treshold: 1", "unknown key 'treshold'"),
        ("name: m, url: 'ftp://h/x', checksum: md5:0", "is not a md5 digest"),
        ("name: m, repo: a/b, fallback: [nobody]", "no model 'nobody'"),
        ("name: m, repo: a/b, optional: perhaps", "true or false is expected"),
        ("name: Spare, repo: a/b", "differs from 'spare' only by case"),
    ],
)
@pytest.mark.parametrize("detectors", ["detectors: [{type: scripted}]", "detectors: [{type: mock}]"])
def test_any_mistake_in_such_a_source_is_a_warning(source: str, part: str, detectors: str) -> None:
    text = f"models: {{sources: [{{name: spare, repo: a/spare}}, {{{source}}}]}}\n{detectors}\n"
    config = parse_config(text, "c.yaml")
    assert any(part in warning for warning in config.warnings)
    assert [spec.name for spec in config.models.sources] == ["spare"]
