"""The pages on configuration and detectors say what is true: every key, every default, every snippet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from video_censor_personal.config import Config, parse_config
from video_censor_personal.config.keys import KEYS, NO_EFFECT
from video_censor_personal.detectors.catalog import DETECTOR_TYPES
from video_censor_personal.errors import ConfigInvalid

PAGES = [Path(__file__).parents[2] / "docs" / name for name in ("detectors.md", "configuration.md")]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| `([^`]+)` \| (?:`([^`]*)`)? ?\| .+ \|$", re.MULTILINE)


def plain(text: str) -> str:
    return text.replace("`", "")


class Row(NamedTuple):
    section: str
    key: str
    default: str


def rows() -> Iterator[Row]:
    parts = HEADING.split(TEXT)[1:]
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        table = body.partition("| key | default | meaning |")[2].split("\n\n")[0]
        for key, default in ROW.findall(table):
            yield Row("" if title == "Top level" else title.replace("`", ""), key, default)


ROWS = list(rows())


def test_every_key_is_listed_and_no_other() -> None:
    known = {(section, key) for section, keys in KEYS.items() for key in keys}
    known |= {
        (f"detectors[] of type {kind.type_name}", parameter.name)
        for kind in DETECTOR_TYPES.values()
        for parameter in kind.schema
    }
    listed = [(row.section, row.key) for row in ROWS]
    assert set(listed) == known
    assert len(listed) == len(set(listed))


def test_every_key_without_effect_is_listed_with_its_reason() -> None:
    known = {
        (f"{section}.{key}".strip("."), why)
        for section, keys in NO_EFFECT.items()
        for key, why in keys.items()
    }
    table = TEXT.partition("| key | why |")[2].split("\n\n")[0]
    listed = re.findall(r"^\| `([^`]+)` \| (.+) \|$", table, re.MULTILINE)
    assert {(key, plain(why)) for key, why in listed} == {(key, plain(why)) for key, why in known}


def config_with(section: str, key: str, value: str) -> Config:
    """A config in which that key of that section is given, and all else is as little as it can be."""
    model = "{name: m, repo: a/b"
    head = f"models: {{sources: [{model}}}]}}\n"
    kind = section.rpartition(" ")[2]
    given = f"{key}: {value}"
    match section:
        case "":
            return parse_config(given, "c.yaml")
        case "models.sources[]" if key in {"algorithm", "size_bytes"}:
            url = f"{{name: m, url: https://h.example/m, checksum: {'a' * 64}, {given}}}"
            return parse_config(f"models: {{sources: [{url}]}}", "c.yaml")
        case "models.sources[]":
            return parse_config(f"models: {{sources: [{model}, {given}}}]}}", "c.yaml")
        case "models.sources[].files[]":
            file = f"{{path: f, checksum: {'a' * 64}, {given}}}"
            return parse_config(f"models: {{sources: [{model}, files: [{file}]}}]}}", "c.yaml")
        case "models.sources[].files[].parts[]":
            part = f"{{url: https://h.example/1, checksum: {'a' * 64}, size: 1, {given}}}"
            file = f"{{path: f, checksum: {'a' * 64}, parts: [{part}]}}"
            return parse_config(f"models: {{sources: [{model}, files: [{file}]}}]}}", "c.yaml")
        case "detectors[]":
            return parse_config(f"{head}detectors: [{{type: speech, model: m, {given}}}]", "c.yaml")
        case "detections.<category>":
            return parse_config(f"detections: {{Nudity: {{{given}}}}}", "c.yaml")
        case "library":
            return parse_config(f"library: {{films: [/films/*.mkv], {given}}}", "c.yaml")
        case _ if section.startswith("detectors[]"):
            needs = "model: m, " if DETECTOR_TYPES[kind].needs_model else ""
            needs += "labels: {a: Nudity}, " if kind == "classifier" else ""
            return parse_config(f"{head}detectors: [{{type: {kind}, {needs}{given}}}]", "c.yaml")
    for name in reversed(section.split(".")):
        given = f"{name}: {{{given}}}"
    return parse_config(given, "c.yaml")


DEFAULTS = [row for row in ROWS if row.default]


@pytest.mark.parametrize("row", DEFAULTS, ids=lambda row: f"{row.section}.{row.key}")
def test_giving_the_default_is_the_same_as_giving_nothing(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIDEO_CENSOR_CACHE_DIR", raising=False)
    given = config_with(row.section, row.key, row.default)
    assert given == config_with(row.section, row.key, "null")


@pytest.mark.parametrize("snippet", re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL))
def test_every_snippet_loads(snippet: str) -> None:
    assert parse_config(snippet, "snippet.yaml").warnings == ()


def test_the_example_of_mistakes_is_what_the_program_says() -> None:
    shown = TEXT.partition("```text\n")[2].partition("```")[0].splitlines()
    source = f"    - chekcsum: {'a' * 64}\n      name: open-nsfw\n      url: https://h.example/m\n"
    text = "\n" * 4 + "models:\n  sources:\n" + source
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(text, "video-censor.yaml")
    said = sorted(caught.value.problems)
    for line, problem in zip(sorted(shown), said, strict=True):
        assert problem.startswith(line.removesuffix("…"))
