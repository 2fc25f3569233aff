"""The JSON Schema of the config: made of the keys that the program knows and of what the pages say of each.

`python -m tests.docs.config_schema` writes it; a test tells when that is to be done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml

from modeltasks.spec import ON_UNAVAILABLE
from modeltasks.support.units import DURATIONS
from tests.docs.pages import REPOSITORY, sections, table_rows
from video_censor_personal.config.encoders import SOFTWARE, hardware_names
from video_censor_personal.config.keys import KEYS, NO_EFFECT
from video_censor_personal.config.library import EXPORT_FORMATS
from video_censor_personal.config.quality import QUALITIES
from video_censor_personal.config.values import (
    AudioMode,
    AudioScope,
    OtherTracks,
    PictureSubtitles,
    SubtitleMode,
    UnsupportedStreams,
    VideoMode,
)
from video_censor_personal.detectors.base import Parameter
from video_censor_personal.detectors.catalog import ALIASES, DETECTOR_TYPES
from video_censor_personal.findings.segments import PictureArea

Schema = dict[str, Any]

PATH = REPOSITORY / "video_censor_personal" / "schemas" / "config.schema.json"


def named(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


TEXT, BOOLEAN, TEXTS = named("text"), named("boolean"), named("texts")
DEFS: dict[str, Schema] = {
    "text": {
        "description": "Text is taken as it is written: a name of digits needs no quotes",
        "type": ["string", "number", "boolean"],
        "pattern": r"\S",
    },
    "boolean": {"enum": [True, False, "yes", "no", "on", "off"]},
    "texts": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]},
}
COLOR: Schema = {"type": "string", "pattern": "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$"}
MAP_OF_TEXT: Schema = {"type": "object", "additionalProperties": TEXT}


def choice(words: Iterable[str]) -> Schema:
    return {"enum": list(words)}


def number(least: float | None = None, most: float | None = None, kind: str = "number") -> Schema:
    bounds = {"minimum": least, "maximum": most}
    return {"type": kind, **{key: value for key, value in bounds.items() if value is not None}}


def any_case(words: Iterable[str]) -> str:
    return "|".join("".join(f"[{char}{char.upper()}]" for char in word) for word in words)


def with_unit(units: str, least: float = 0) -> Schema:
    """Return the schema of a number that may carry a unit."""
    pattern = rf"^[0-9]+(\.[0-9]+)?\s*({units})?(/s)?$"
    return {"anyOf": [number(least), {"type": "string", "pattern": pattern}]}


def seconds(least: float = 0) -> Schema:
    return with_unit(any_case(unit for unit in DURATIONS if unit), least)


SIZE = with_unit("[kKmMgGtT]?[iI]?[bB]?")
NUMBERS: Schema = {"anyOf": [number(0), {"type": "array", "items": number(0)}]}
CHECKSUM = {"checksum": TEXT, "algorithm": TEXT}
VIDEO_STYLE = {"area": choice(get_args(PictureArea)), "strength": number(0, 1)}
SOUND = get_args(AudioMode)

VALUES: Mapping[str, Mapping[str, Schema]] = {
    "": {
        "version": {"anyOf": [number(1, 1.999), {"type": "string", "pattern": r"^1(\..*)?$"}]},
        "quality": choice(QUALITIES),
    },
    "models": {
        **{"cache_dir": TEXT, "offline": BOOLEAN, "max_size": SIZE, "accept_licenses": TEXTS},
        "on_unavailable": choice(ON_UNAVAILABLE),
    },
    "models.network": {
        **{"connect_timeout": seconds(0.1), "idle_timeout": seconds(0.1), "backoff": NUMBERS},
        **{"retries": number(0, 100, "integer"), "connections": number(1, 64, "integer"), "max_rate": SIZE},
    },
    "models.sources[]": {
        **dict.fromkeys(("name", "repo", "revision", "url", "license", "license_terms"), TEXT),
        **dict.fromkeys(("include", "exclude", "mirrors", "fallback"), TEXTS),
        **{"optional": BOOLEAN, "allow_pickle": BOOLEAN, "on_unavailable": choice(ON_UNAVAILABLE)},
        **{**CHECKSUM, "size_bytes": number(0, kind="integer")},
    },
    "models.sources[].files[]": {"path": TEXT, **CHECKSUM, "size": number(0, kind="integer")},
    "models.sources[].files[].parts[]": {"url": TEXT, **CHECKSUM, "size": number(1, kind="integer")},
    "detectors[]": {
        **{"type": TEXT, "name": TEXT, "model": TEXT, "categories": TEXTS, "enabled": BOOLEAN},
        "needs": {"type": "object", "additionalProperties": number(0)},
    },
    "detections.<category>": {
        **{key: number(0, 1) for key in ("threshold", "doubtful", "weak", "sensitivity")},
        **{"enabled": BOOLEAN, "min_duration": seconds()},
    },
    "processing.frame_sampling": {
        **{"strategy": choice(("uniform", "scene_based", "all")), "sample_rate": seconds(0.02)},
    },
    "processing.segment_merge": {"enabled": BOOLEAN, "merge_threshold": seconds()},
    "output": {"format": choice(("json",)), "include_confidence": BOOLEAN, "pretty_print": BOOLEAN},
    "remediation.audio": {
        **{"enabled": BOOLEAN, "mode": choice(SOUND), "categories": TEXTS, "sound_file": TEXT},
        "category_modes": {"type": "object", "additionalProperties": choice((*SOUND, "none"))},
        **{"bleep_frequency": number(20, 20000), "duck_level": number(-90, -1), "ramp": number(0, 1)},
        **{"padding": seconds(), "scope": choice(get_args(AudioScope)), "add_track": BOOLEAN},
        "other_tracks": choice(get_args(OtherTracks)),
    },
    "remediation.video": {
        **{"enabled": BOOLEAN, "mode": choice(get_args(VideoMode)), "blank_color": COLOR, "preset": TEXT},
        **VIDEO_STYLE,
        "encoder": choice(
            (
                *("software", "auto", *SOFTWARE.values()),
                *(name for codec in SOFTWARE for name in hardware_names(codec)),
            )
        ),
    },
    "remediation.video.category_modes.<category>": {
        **{"mode": choice(get_args(VideoMode)), "color": COLOR, **VIDEO_STYLE},
    },
    "remediation.subtitles": {
        **{"mode": choice(get_args(SubtitleMode)), "mask": {**TEXT, "maxLength": 40}},
        **{"picture_subtitles": choice(get_args(PictureSubtitles)), "beside": BOOLEAN, "forced": BOOLEAN},
    },
    "remediation.streams": {"unsupported": choice(get_args(UnsupportedStreams))},
    "video.metadata_output.skip_chapters": {"enabled": BOOLEAN},
    "library": {
        **dict.fromkeys(("films", "exclude"), TEXTS),
        **dict.fromkeys(("output_dir", "copy", "results", "runner"), TEXT),
        "exports": {"anyOf": [choice(EXPORT_FORMATS), {"type": "array", "items": choice(EXPORT_FORMATS)}]},
        "paths": MAP_OF_TEXT,
    },
    "library.profiles.<name>": {
        **{"copy": TEXT, "results": TEXT},
        "detectors": {"type": "object", "additionalProperties": {"type": ["object", "null"]}},
    },
}
"""The values of keys that have no keys of their own."""

REQUIRED = {
    "models.sources[]": ["name"],
    "models.sources[].files[]": ["path", "checksum"],
    "models.sources[].files[].parts[]": ["url", "checksum", "size"],
    "library": ["films"],
}


def plain(text: str) -> str:
    """Return what a cell of a page says, without its marks."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text.replace("\\|", "|"))
    text = re.sub(r"[`*]{1,2}(?=\S)|(?<=\S)[`*]{1,2}", "", text).strip()
    return text[:1].upper() + text[1:]


def described(*pages: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """Return what pages say of each key of each section, and what stands beside it: its default."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for page in pages:
        for title, body in sections(page.read_text(encoding="utf-8"), "##").items():
            place = "" if title == "Top level" else title.replace("`", "")
            for row in table_rows(body, "key"):
                key, default, *meaning = re.split(r"(?<!\\)\|", "|".join(row))
                found[place, key.strip().strip("`")] = plain("|".join(meaning)), default.strip().strip("`")
    return found


DESCRIBED = described(*(REPOSITORY / "docs" / name for name in ("configuration.md", "detectors.md")))


def documented(place: str, key: str, value: Schema) -> Schema:
    """Return the schema of a key, with its description and its default; a null stands for that."""
    meaning, default = DESCRIBED[place, key]
    entry: Schema = {"description": meaning}
    if default:
        entry["default"] = yaml.safe_load(default)
    return {**entry, **optional(value)}


def optional(value: Schema) -> Schema:
    """Return the schema of a value that may be null: in the form of which editors say best what is wrong."""
    if "enum" in value:
        return {**value, "enum": [*value["enum"], None]}
    if isinstance(kind := value.get("type"), str):
        return {**value, "type": [kind, "null"]}
    ways = value["anyOf"] if set(value) == {"anyOf"} else [value]
    return {"anyOf": [*ways, {"type": "null"}]}


def below(place: str, key: str) -> Schema | None:
    """Return the schema of a key that has keys of its own; None: it has none."""
    inner = f"{place}.{key}".strip(".")
    if inner in KEYS:
        return mapping(inner)
    if f"{inner}[]" in KEYS:
        items = mapping(f"{inner}[]") if inner != "detectors" else {"$ref": "#/$defs/detector"}
        return {"type": "array", "items": items}
    match inner:
        case "detections":
            inert = {key: no_effect(why) for key, why in NO_EFFECT["detections"].items()}
            category = optional(mapping("detections.<category>"))
            return {"type": "object", "properties": inert, "additionalProperties": category}
        case "remediation.video.category_modes":
            own = mapping("remediation.video.category_modes.<category>")
            modes = choice(get_args(VideoMode))
            return {"type": "object", "additionalProperties": {"anyOf": [modes, own, {"type": "null"}]}}
        case "library.profiles":
            return {
                "type": "object",
                "additionalProperties": optional(mapping("library.profiles.<name>")),
            }
    return None


def no_effect(why: str) -> Schema:
    return {"description": f"Has no effect: {why}", "deprecated": True}


def mapping(place: str) -> Schema:
    """Return the schema of a section."""
    properties: dict[str, Schema] = {}
    for key in KEYS[place]:
        if place == "library.profiles.<name>" and key not in VALUES[place]:
            shared = {"$ref": f"#/properties/{key}"}
            properties[key] = {"description": DESCRIBED[place, key][0], **shared}
            continue
        value = VALUES.get(place, {}).get(key) or below(place, key)
        assert value is not None, (place, key)
        properties[key] = documented(place, key, value)
    properties |= {key: no_effect(why) for key, why in NO_EFFECT.get(place, {}).items()}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, **({"required": REQUIRED[place]} if place in REQUIRED else {})}


def of_parameter(parameter: Parameter) -> Schema:
    """Return the schema of a detector's parameter."""
    least, most = parameter.minimum, parameter.maximum
    words = choice(parameter.choices)
    match parameter.kind:
        case "number":
            return number(least, most)
        case "integer":
            return number(int(least or 0), None if most is None else int(most), "integer")
        case "boolean":
            return BOOLEAN
        case "text" if parameter.choices:
            return words
        case "text" | "language" | "path":
            return TEXT
        case "text-list" if parameter.choices:
            return {"anyOf": [words, {"type": "array", "items": words}]}
        case "text-list":
            return TEXTS
        case "numbers":
            return NUMBERS
        case "number-map":
            return {"type": "object", "additionalProperties": number(least, most)}
        case "text-map" | "category-map":
            return MAP_OF_TEXT
        case "prompts":
            return {"type": "array", "items": PROMPT}


PROMPT: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["category", "text"],
    "properties": {
        "category": {"description": "What a finding counts as", **TEXT},
        "name": {"description": "What it is called; unless given, as its category", **optional(TEXT)},
        "text": {"description": "What is looked for, in words: one text, or several", **TEXTS},
        "threshold": {"description": "The score from which on it is found", **optional(number(0, 1))},
    },
}


def detectors() -> tuple[Schema, dict[str, Schema]]:
    """Return the schema of an entry of `detectors`, and those of each type that it refers to.

    What a type of another package takes, only that knows.
    """
    base = mapping("detectors[]")["properties"]
    kinds: dict[str, Schema] = {}
    rules: list[Schema] = []
    for name, kind in DETECTOR_TYPES.items():
        place = f"detectors[] of type {name}"
        own = {each.name: documented(place, each.name, of_parameter(each)) for each in kind.schema}
        kinds[f"detector-{name}"] = {
            "type": "object",
            "properties": {**base, **own},
            "additionalProperties": False,
        }
        is_it = {"required": ["type"], "properties": {"type": {"const": name}}}
        rules.append({"if": is_it, "then": {"$ref": f"#/$defs/detector-{name}"}})
    names = [*DETECTOR_TYPES, *ALIASES]
    kind_of = {**base["type"], "anyOf": [{"enum": names}, {"type": "string"}]}
    entry = {
        "type": "object",
        "required": ["type"],
        "properties": {**base, "type": kind_of},
        "allOf": rules,
    }
    return entry, kinds


def build() -> Schema:
    """Return the whole schema."""
    entry, kinds = detectors()
    top = mapping("")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://video-censor-personal.example/schemas/config.schema.json",
        "title": "Config of Video Censor Personal",
        "description": "Which models there are, who looks for what in a film, and what becomes of it.",
        **top,
        "$defs": {**DEFS, "detector": entry, **kinds},
    }


def text() -> str:
    """Return the file."""
    return json.dumps(build(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(PATH).write_text(text(), encoding="utf-8")
