"""The published schemas say what the pages and the readers say, whatever a file looks like."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.docs import config_schema, results_schema
from tests.docs.pages import PAGES, blocks
from tests.video_censor_personal.config.test_original_examples import EXAMPLES
from tests.video_censor_personal.examples import segment, word
from tests.video_censor_personal.export.test_results_json import FULL
from tests.video_censor_personal.export.test_results_reader import ENTRY, ORIGINAL
from video_censor_personal.config import parse_config
from video_censor_personal.config.values import OutputConfig
from video_censor_personal.errors import ConfigInvalid
from video_censor_personal.export.json_fields import SegmentsError
from video_censor_personal.export.results_json import render_results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.coverage import Coverage, Judged, Span
from video_censor_personal.shipped import CATALOGUE, schema_path, shipped_config_path

CONFIGS = [shipped_config_path(name) for name in ("video-censor.yaml", CATALOGUE, "example-custom.yaml")]


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(Path(schema_path(name)).read_text(encoding="utf-8")))


CONFIG, RESULTS = validator("config"), validator("results")


def errors(schema: Draft202012Validator, document: object) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in schema.iter_errors(document)]


@pytest.mark.parametrize("made", [config_schema, results_schema])
def test_the_file_is_as_pages_and_program_have_it(made: Any) -> None:
    assert made.PATH.read_text(encoding="utf-8") == made.text(), f"run python -m {made.__name__}"
    Draft202012Validator.check_schema(made.build())


def test_the_page_on_results_has_every_key_and_no_other() -> None:
    known = {(place, key) for place, keys in results_schema.KEYS.items() for key in keys}
    assert set(results_schema.DESCRIBED) - {("What you may change", "key")} == known


def undescribed(schema: object) -> Iterator[str]:
    """Yield the keys of objects, whose other keys are refused, that have no description."""
    if isinstance(schema, dict):
        if "additionalProperties" in schema:
            for key, value in schema.get("properties", {}).items():
                if not value.get("description"):
                    yield key
        for value in schema.values():
            yield from undescribed(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from undescribed(value)


def yaml_configs() -> list[Any]:
    shipped = [pytest.param(Path(path).read_text(), id=Path(path).name) for path in CONFIGS]
    theirs = [pytest.param(text, id=name) for name, (text, _) in EXAMPLES.items()]
    pages = [
        pytest.param(block.text, id=str(block))
        for page in PAGES
        if page.name in {"configuration.md", "detectors.md", "library.md", "models.md", "cluster.md"}
        for block in blocks(page)
        if block.language == "yaml"
    ]
    return [*shipped, *theirs, *pages]


@pytest.mark.parametrize("text", yaml_configs())
def test_configs_that_load_are_valid(text: str) -> None:
    try:
        parse_config(text, "c.yaml")
    except ConfigInvalid:
        assert "placeholders" not in text
        return
    assert errors(CONFIG, yaml.safe_load(text)) == []


COVERED = Coverage(
    detector="llava", stream=0, kind="video", start=0.0, end=9.0, gaps=(Span(1.0, 2.0),),
    undecodable=1, missing=None, doubtful=(Span(3.0, 4.0),), language="eng", device="cpu",
    judged=Judged(asked=9, chosen=8, judged=7, seconds=7.0, failed=(Span(5.0, 6.0),), why="late"),
)  # fmt: skip
READ = replace(COVERED, kind="text", stream=None, file="film.srt", why="it is of another film", judged=None)
DOCUMENT = json.loads(
    render_results(
        replace(
            FULL,
            coverage=(COVERED, READ),
            skipped=("nsfw",),
            segments=(
                *FULL.segments,
                segment(5.0, 6.0, detections=(word(5.0, 6.0, track=1),), arranged=True),
            ),
            weak=(replace(FULL.segments[0], certainty="weak"),),
            dropped_streams=(
                {"stream": 3, "kind": "data", "codec": None, "language": None, "why": "no place for it"},
            ),
        ),
        OutputConfig(),
    )
)


def test_what_is_written_is_valid_and_has_every_key() -> None:
    assert errors(RESULTS, DOCUMENT) == []
    never_written = {"$schema", "frame_data", "certainty_counts"}
    text = json.dumps(DOCUMENT)
    for place, keys in results_schema.KEYS.items():
        for key in keys:
            assert key in never_written or f'"{key}"' in text, f"{place}.{key}: the example lacks it"


@pytest.mark.parametrize("document", [ORIGINAL, {"segments": []}, {"segments": [ENTRY]}])
def test_what_others_wrote_is_valid(document: object) -> None:
    assert errors(RESULTS, document) == []


JUNK: tuple[Any, ...] = (
    None,
    "",
    "x",
    "00:00:99",
    -1,
    0.5,
    2,
    1e12,
    True,
    [],
    {},
    [None],
    ["x"],
    {"x": 1},
    [{}],
)


def spoilt(document: Any, chance: random.Random) -> Any:
    """Return a document in which one value is something else, is gone, or has another name."""
    made = copy.deepcopy(document)
    holders: list[tuple[Any, Any]] = []

    def collect(value: Any) -> None:
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            holders.append((value, key))
            if isinstance(value[key], dict | list):
                collect(value[key])

    collect(made)
    holder, key = chance.choice(holders)
    match chance.randrange(4):
        case 0 if isinstance(holder, dict):
            holder[f"{key}x"] = holder.pop(key)
        case 1:
            del holder[key]
        case _:
            holder[key] = copy.deepcopy(chance.choice(JUNK))
    return made


NOT_SAID = ("runs backwards",)
"""What of a mistake no schema can say: how values go with each other."""
NOT_READ = re.compile(r"\$\.(summary|metadata\.models)|\.(there_seconds|looked_at_seconds|duration_seconds):")
"""What is described for other programs, and not read back, or only at times."""


def why_refused(path: Path) -> str | None:
    """Return why a results file cannot be read; None where it can."""
    try:
        read_results(path)
    except SegmentsError as error:
        return str(error)
    return None


def test_reader_and_schema_of_results_refuse_the_same(tmp_path: Path) -> None:
    path, refused = tmp_path / "r.json", 0
    for seed in range(500):
        document = spoilt(DOCUMENT, random.Random(seed))
        path.write_text(json.dumps(document))
        found, why = errors(RESULTS, document), why_refused(path)
        if why is None:
            assert [error for error in found if not NOT_READ.search(error)] == [], seed
        else:
            refused += 1
            assert found or any(word in why for word in NOT_SAID), (seed, why)
    assert refused > 100


WHOLE = """\
version: 1
quality: fast
models:
  cache_dir: /models
  offline: false
  max_size: 5G
  network: {connect_timeout: 5s, retries: 2, backoff: [1, 2], connections: 4, max_rate: 5Mi}
  sources:
    - {name: a, url: "https://h.example/a.onnx",
       checksum: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,
       size_bytes: 9, optional: true}
    - name: b
      repo: acme/b
      files:
        - {path: b.onnx, size: 3, checksum: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb}
      fallback: [a]
detectors:
  - {type: nsfw, model: a, categories: [Nudity], threshold: 0.7, device: cpu}
  - {type: speech, model: b, language: en, allow: [crap], needs: {gpu: 1}}
  - {type: subtitles}
detections:
  Nudity: {threshold: 0.8, min_duration: 500ms}
processing: {frame_sampling: {sample_rate: 2}, segment_merge: {merge_threshold: 3}}
remediation:
  audio: {enabled: true, mode: bleep, categories: [Profanity], bleep_frequency: 900, padding: 0.1}
  video: {enabled: true, mode: blur, category_modes: {Nudity: {mode: box, color: "#102030"}}, strength: 0.4}
  subtitles: {mode: mask, mask: "***"}
output: {pretty_print: true}
library:
  films: ["/films/*.mkv"]
  exports: [edl]
  runner: tcp://host:8786
  profiles: {kids: {detections: {Nudity: {threshold: 0.4}}, copy: "{stem}.kids{suffix}"}}
"""


def test_reader_and_schema_of_configs_refuse_the_same() -> None:
    """What the schema refuses does not load without a word; of what does not load, it refuses most."""
    whole = yaml.safe_load(WHOLE)
    assert errors(CONFIG, whole) == []
    before = set(parse_config(WHOLE, "c.yaml").warnings)
    both = alone = 0
    for seed in range(250):
        document = spoilt(whole, random.Random(seed))
        if not isinstance(document, dict) or not document:
            continue
        text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
        found = errors(CONFIG, document)
        try:
            told = set(parse_config(text, "c.yaml").warnings) - before
        except ConfigInvalid:
            both, alone = both + bool(found), alone + (not found)
        else:
            assert not found or told, (seed, found, text)
    assert both > 4 * alone, (both, alone)


def test_lists_of_one_and_plain_text_are_valid_as_they_load() -> None:
    text = "models: {accept_licenses: MIT}\nremediation: {video: {enabled: yes, mode: blank}}\n"
    assert parse_config(text, "c.yaml").models.accept_licenses == ("MIT",)
    assert errors(CONFIG, yaml.safe_load(text)) == []


def test_an_editor_says_what_is_wrong() -> None:
    (found,) = errors(CONFIG, {"detectors": [{"type": "nsfw", "treshold": 0.5}]})
    assert "treshold" in found


@pytest.mark.parametrize("schema", [CONFIG, RESULTS])
def test_every_key_has_a_description(schema: Draft202012Validator) -> None:
    assert list(undescribed(schema.schema)) == []
