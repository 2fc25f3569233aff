"""Configs of the original program load, and say loudly what has become of each key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import load_config, parse_config
from video_censor_personal.detectors.prompts import Prompt
from video_censor_personal.findings.policy import CategoryPolicy

DIGEST = "c" * 64
ORIGINAL = f"""\
version: 1.0
detections:
  nudity:
    enabled: true
    sensitivity: 0.7
    model: "local"
  profanity:
    enabled: true
    sensitivity: 0.8
    model: "local"
  violence:
    enabled: true
    sensitivity: 0.6
    model: "local"
  sexual_themes:
    enabled: true
    sensitivity: 0.75
    model: "local"
detectors:
  - type: "llava"
    name: "llava-vision"
    categories: ["Nudity", "Sexual Theme"]
    model_name: "liuhaotian/llava-v1.5-7b"
    model_path: null
    prompt_file: "./prompts/llava-detector.txt"
    device: "auto"
  - type: "clip"
    name: "clip-vision"
    categories: ["Violence"]
    model_name: "openai/clip-vit-base-patch32"
    model_path: "./models/clip"
    device: "cpu"
    confidence_threshold: 0.5
    prompts:
      - category: "Violence"
        text: ["a fight", "blood"]
  - type: "speech-profanity"
    name: "speech"
    categories: ["Profanity"]
    model: "base"
    languages: ["en", "es"]
    confidence_threshold: 0.8
    enabled: true
    device: "cpu"
  - type: "audio-classification"
    name: "sounds"
    categories: ["Violence"]
    model: "MIT/ast-finetuned-audioset-10-10-0.4593"
    confidence_threshold: 0.6
    chunk_duration: 2.0
    device: "auto"
  - type: "mock"
    name: "mock"
    categories: ["Nudity"]
processing:
  frame_sampling:
    strategy: "scene_based"
    sample_rate: 1.5
  segment_merge:
    enabled: true
    merge_threshold: 3.0
  max_workers: 4
audio:
  detection:
    enabled: true
output:
  format: "json"
  include_confidence: false
  pretty_print: true
  include_frames: false
remediation:
  audio:
    enabled: true
    mode: "bleep"
    categories: ["Profanity"]
    bleep_frequency: 1000
    output_path: "/tmp/out.wav"
  video:
    enabled: true
    mode: "blank"
    blank_color: "#000"
    category_modes:
      Nudity: "cut"
      Violence: "none"
video:
  metadata_output:
    skip_chapters:
      enabled: true
      name_format: "skip: {{labels}}"
models:
  cache_dir: null
  auto_download: false
  sources:
    - name: "llava"
      url: "https://h.example/llava.safetensors"
      checksum: "{DIGEST}"
      size_bytes: 0
      algorithm: "sha256"
      optional: true
model_config:
  device: "cpu"
"""

WARNINGS = """\
6:5: detections.nudity.model: has no effect: the model is named by the detector's own `model`
10:5: detections.profanity.model: has no effect: the model is named by the detector's own `model`
14:5: detections.violence.model: has no effect: the model is named by the detector's own `model`
18:5: detections.sexual_themes.model: has no effect: the model is named by the detector's own `model`
23:17: detectors[llava-vision].model_name: 'liuhaotian/llava-v1.5-7b' is taken as the model \
'llava-v1.5-7b-gguf'
24:5: detectors[llava-vision].model_path: has no effect: models are kept where `models.cache_dir` says
25:18: detectors[llava-vision].prompt_file: there is no file {here}/prompts/llava-detector.txt: \
the built-in prompt is used
30:5: detectors[clip-vision].model_name: has no effect: the model is named by `model`
31:5: detectors[clip-vision].model_path: has no effect: models are kept where `models.cache_dir` says
33:5: detectors[clip-vision].confidence_threshold: has no effect: \
a score is measured against neutral prompts here; write `threshold`
40:12: detectors[speech].model: 'base' is taken as the model 'whisper-base'
41:5: detectors[speech].languages: only the first, 'en', has an effect; `language: auto` hears each
42:5: detectors[speech].confidence_threshold: has no effect: \
write `threshold`, the least probability of a word that counts
48:12: detectors[sounds].model: 'MIT/ast-finetuned-audioset-10-10-0.4593' is taken as the model 'yamnet'
49:5: detectors[sounds].confidence_threshold: has no effect: \
scores of another model mean other things; write `threshold`
50:5: detectors[sounds].chunk_duration: has no effect: \
the model hears in pieces of about a second, half of one apart
52:5: detectors[mock]: it finds what its `script` says, and has none: \
with this detector, Nudity is NOT looked for
62:3: processing.max_workers: has no effect: the number of workers follows from the machine; see --jobs
63:1: audio: has no effect: \
sound is analysed by detectors that listen, and changed as `remediation.audio` says
70:3: output.include_frames: has no effect: pictures are never written to the results
77:5: remediation.audio.output_path: has no effect: no sound file is kept beside the video
89:7: video.metadata_output.skip_chapters.name_format: has no effect: \
a chapter's title is `skip:`, the categories and how sure they are
92:3: models.auto_download: has no effect: \
models are fetched when --download-models or the task `models` asks for it
100:1: model_config: has no effect: nothing reads it; a detector's settings stand in its own entry
"""


def test_every_key_loads_with_exactly_one_warning_for_each_that_has_no_effect(tmp_path: Path) -> None:
    path = tmp_path / "video-censor.yaml"
    path.write_text(ORIGINAL)
    config = load_config(path)
    assert [warning.removeprefix(f"{path}:") for warning in config.warnings] == (
        WARNINGS.replace("{here}", str(tmp_path)).splitlines()
    )


def test_what_has_an_effect_has_it() -> None:
    config = parse_config(ORIGINAL, "original.yaml")
    assert {name: policy.threshold for name, policy in config.detections.items()} == {
        "Nudity": 0.3,
        "Profanity": 0.2,
        "Violence": 0.4,
        "Sexual Theme": 0.25,
    }
    assert config.detections["Nudity"] == CategoryPolicy(True, 0.3, 0.0)
    assert [(d.name, d.type, d.enabled) for d in config.detectors] == [
        ("llava-vision", "llava", True),
        ("clip-vision", "clip", True),
        ("speech", "speech", True),
        ("sounds", "sound", True),
        ("mock", "scripted", True),
    ]
    assert config.detectors[1].model == "clip-vit-b32-onnx-xenova"
    assert config.detectors[1].parameters["prompts"] == (
        Prompt("Violence", "Violence", ("a fight", "blood")),
    )
    assert config.detectors[1].parameters["concepts"] == ()
    assert config.detectors[2].parameters["language"] == "en"
    assert (config.processing.sample_rate, config.processing.merge_threshold) == (1.5, 3.0)
    assert (config.audio.mode, config.audio.categories) == ("bleep", ("Profanity",))
    assert dict(config.video.category_modes) == {"Nudity": "cut", "Violence": "none"}
    assert not config.output.include_confidence
    assert config.models.sources[0].optional


def test_the_whisper_that_the_original_names_by_its_size_comes_from_the_shipped_catalogue() -> None:
    config = parse_config(ORIGINAL, "original.yaml")
    assert [spec.name for spec in config.models.sources] == [
        "llava",
        "llava-v1.5-7b-gguf",
        "clip-vit-b32-onnx-xenova",
        "clip-vit-b32-immich",
        "whisper-base",
        "whisper-tiny-en",
        "yamnet",
    ]
    _, _, needed, _ = config.required_models()
    assert needed.hub is not None
    assert needed.hub.repo == "Systran/faster-whisper-base"
    assert [file.path for file in needed.files] == [
        "config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.txt",
    ]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("", "whisper-base"),
        ("model: tiny.en", "whisper-tiny-en"),
        ("model: large", "whisper-large-v3"),
        ("model: turbo", "whisper-large-v3-turbo"),
    ],
)
def test_every_size_is_known(model: str, name: str) -> None:
    config = parse_config(f"detectors:\n  - type: speech-profanity\n    {model}\n", "c.yaml")
    assert [spec.name for spec in config.required_models()] == [name]
    assert config.warnings == (
        f"c.yaml:{'3:12' if model else '2:5'}: detectors[speech-profanity].model: "
        f"'{model.removeprefix('model: ') or 'base'}' is taken as the model '{name}'",
    )


def test_a_source_of_the_config_wins_over_the_catalogue() -> None:
    text = (
        "models: {sources: [{name: whisper-base, repo: my/own}]}\n"
        "detectors: [{type: speech-profanity, model: base}]\n"
    )
    (needed,) = parse_config(text, "c.yaml").required_models()
    assert needed.hub is not None
    assert needed.hub.repo == "my/own"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "detectors: [{type: speech-profanity, model: huge}]",
            "1:45: detectors[speech-profanity].model: no model 'huge' in models.sources",
        ),
        (
            "detectors: [{type: clip, promts: []}]",
            "1:26: detectors[clip]: unknown key 'promts'; did you mean 'prompts'?",
        ),
    ],
)
def test_mistakes_in_it_are_still_mistakes(text: str, expected: str) -> None:
    (problem,) = problems_of(text)
    assert problem.startswith(expected)


def test_a_detector_that_was_switched_off_is_not_complained_about() -> None:
    text = "detectors: [{type: clip, enabled: false, categories: [Violence]}]"
    assert parse_config(text, "c.yaml").warnings == ()
