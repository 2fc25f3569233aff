"""The JSON Schema of results files: made of the keys that the reader knows and of what the page says of each.

`python -m tests.docs.results_schema` writes it; a test tells when that is to be done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import get_args

from tests.docs.config_schema import Schema, choice, described, number, optional
from tests.docs.pages import REPOSITORY
from video_censor_personal.config.values import AudioMode, OtherTracks, VideoMode
from video_censor_personal.export import results_reader
from video_censor_personal.export.results_json import SCHEMA_VERSION
from video_censor_personal.findings.certainty import CERTAINTIES
from video_censor_personal.findings.segments import PictureArea

PATH = REPOSITORY / "video_censor_personal" / "schemas" / "results.schema.json"
PAGE = REPOSITORY / "docs" / "results.md"

KEYS: Mapping[str, tuple[str, ...]] = {
    "": results_reader._TOP,
    "metadata": results_reader._METADATA,
    "metadata.models.<name>": ("checksums", "source"),
    "metadata.tracks[]": results_reader._TRACK,
    "metadata.coverage[]": results_reader._COVERAGE,
    "metadata.coverage[].gaps[]": results_reader._SPAN,
    "metadata.coverage[].judged": results_reader._JUDGED,
    "metadata.dropped_streams[]": results_reader._DROPPED,
    "segments[]": results_reader._SEGMENT,
    "segments[].video_style": results_reader._STYLE,
    "segments[].detections[]": results_reader._DETECTION,
    "segments[].detections[].box": results_reader._BOX,
    "segments[].detections[].sightings[]": results_reader._SIGHTING,
    "summary": (
        *("total_segments_detected", "total_flagged_duration", "detection_counts", "certainty_counts"),
    ),
}
LARGEST = 1e9
NUMBER, SHARE, COUNT = number(-LARGEST, LARGEST), number(0, 1), number(0, LARGEST)
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WORD: Schema = {"type": "string", "minLength": 1}
TEXTS: Schema = {"anyOf": [WORD, {"type": "array", "items": WORD}]}
COUNTS: Schema = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}
ANYTHING: Schema = {}
_MINUTE = "0*[0-5]?[0-9]"
_FRACTION = "([.,][0-9]*)?"
TIME: Schema = {
    "anyOf": [
        number(0, 1e7),
        {
            "type": "string",
            "pattern": rf"^\s*(([0-9]+:{_MINUTE}|[0-9]+):{_MINUTE}{_FRACTION}|[0-9]+{_FRACTION})\s*$",
        },
    ]
}
COLOR: Schema = {"type": "string", "pattern": "^(#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}))?$"}


def word(*words: str) -> Schema:
    """Return the schema of one of a few words; an empty text is none."""
    return choice((*words, ""))


def there(*keys: str) -> Schema:
    """Return the schema of an object in which these keys have a value."""
    return {"required": list(keys), "properties": {key: {"not": {"type": "null"}} for key in keys}}


def either(*ways: Schema) -> Schema:
    return {"anyOf": [*ways]}


def whole(*keys: str) -> Schema:
    return {"allOf": [there(*keys)]}


NAMED = either(
    {"required": ["category"], "properties": {"category": WORD}},
    {"required": ["labels"], "properties": {"labels": {"anyOf": [WORD, {"type": "array", "minItems": 1}]}}},
)
RULES: Mapping[str, Schema] = {
    "": {"required": ["segments"]},
    "metadata.tracks[]": whole("stream"),
    "segments[]": {
        "allOf": [
            NAMED,
            either(there("start_time"), there("start_time_seconds")),
            either(there("end_time"), there("end_time_seconds")),
        ]
    },
    "segments[].detections[].box": whole(*results_reader._BOX),
    "segments[].detections[].sightings[]": whole("start", "end", *results_reader._BOX),
}
"""What of an object must be there."""


SIDES = dict.fromkeys(results_reader._BOX, SHARE)
VALUES: Mapping[str, Mapping[str, Schema | str]] = {
    "": {
        **{"$schema": ANYTHING, "schema_version": number(-LARGEST, SCHEMA_VERSION)},
        **dict.fromkeys(("segments", "weak_segments", "retired_segments"), "segments[]"),
        **{"metadata": "metadata", "summary": "summary"},
    },
    "metadata": {
        **dict.fromkeys(("file", "processed_at", "config", "output_file", "fingerprint"), TEXT),
        **dict.fromkeys(("warnings", "incomplete", "skipped"), TEXTS),
        **{"duration": TIME, "duration_seconds": TIME, "allow_all_segments": FLAG},
        **{"models": "metadata.models", "tracks": "metadata.tracks[]", "coverage": "metadata.coverage[]"},
        "dropped_streams": "metadata.dropped_streams[]",
    },
    "metadata.models.<name>": {"checksums": ANYTHING, "source": ANYTHING},
    "metadata.tracks[]": {
        **{"stream": COUNT, "language": TEXT, "title": TEXT, "heard_by": TEXTS},
        "remediation": word(*get_args(OtherTracks)),
    },
    "metadata.coverage[]": {
        **dict.fromkeys(("detector", "kind", "language", "device", "file", "why"), TEXT),
        **{"start": NUMBER, "end": NUMBER, "looked_at_seconds": NUMBER, "there_seconds": NUMBER},
        **dict.fromkeys(("stream", "undecodable_packets", "missing_packets"), COUNT),
        **dict.fromkeys(("gaps", "doubtful"), "metadata.coverage[].gaps[]"),
        **{"incomplete": FLAG, "judged": "metadata.coverage[].judged"},
    },
    "metadata.coverage[].gaps[]": dict.fromkeys(results_reader._SPAN, NUMBER),
    "metadata.coverage[].judged": {
        **dict.fromkeys(("asked_for", "chosen", "judged"), COUNT),
        **{"failed": "metadata.coverage[].gaps[]", "why": TEXT},
    },
    "metadata.dropped_streams[]": dict.fromkeys(results_reader._DROPPED, ANYTHING),
    "segments[]": {
        **dict.fromkeys(("id", "category", "description", "note"), TEXT),
        **dict.fromkeys(("start_time", "start_time_seconds", "end_time", "end_time_seconds"), TIME),
        **{"duration_seconds": NUMBER, "frame_data": ANYTHING, "labels": TEXTS, "confidence": SHARE},
        **{"certainty": word(*CERTAINTIES), "allow": FLAG, "reviewed": FLAG, "arranged": FLAG},
        "audio_remediation": word(*dict.fromkeys((*get_args(AudioMode), "none"))),
        "video_remediation": word(*dict.fromkeys((*get_args(VideoMode), "none"))),
        **{"video_style": "segments[].video_style", "detections": "segments[].detections[]"},
    },
    "segments[].video_style": {"area": word(*get_args(PictureArea)), "color": COLOR, "strength": SHARE},
    "segments[].detections[]": {
        **dict.fromkeys(("label", "reasoning", "detector", "text"), TEXT),
        **{"confidence": SHARE, "start": NUMBER, "end": NUMBER, "track": COUNT},
        "margin": {
            "type": "array",
            **{"minItems": 2, "maxItems": 2, "items": {"anyOf": [number(0, 10), {"type": "null"}]}},
        },
        "box": "segments[].detections[].box",
        "sightings": "segments[].detections[].sightings[]",
    },
    "segments[].detections[].box": SIDES,
    "segments[].detections[].sightings[]": {
        **dict.fromkeys(("start", "end", "moment", "shot"), NUMBER),
        **SIDES,
    },
    "summary": {
        **{"total_segments_detected": COUNT, "total_flagged_duration": COUNT},
        **{"detection_counts": COUNTS, "certainty_counts": COUNTS},
    },
}
"""The values of keys; a text is the place of an object, or with [] that of the objects of a list."""


DESCRIBED = described(PAGE)


def mapping(place: str) -> Schema:
    """Return the schema of an object."""
    properties = {}
    for key in KEYS[place]:
        value = of(VALUES[place][key])
        # A null counts as nothing; only the list of segments must be one.
        ways = value if key == "segments" or not value else optional(value)
        properties[key] = {"description": DESCRIBED[place, key][0], **ways}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if place in ("metadata", "summary"):  # what is not known there is not kept, and does no harm
        del schema["additionalProperties"]
    return {**schema, **RULES.get(place, {})}


def of(value: Schema | str) -> Schema:
    """Return the schema of a value, which may be named by its place."""
    match value:
        case "segments[]":
            return {"type": "array", "items": {"$ref": "#/$defs/segment"}}
        case "metadata.models":  # of what has another form, nothing is read
            model = mapping("metadata.models.<name>")
            return {"type": "object", "additionalProperties": {"properties": model["properties"]}}
        case str():
            inner = mapping(value)
            return {"type": "array", "items": inner} if value.endswith("[]") else inner
    return value


def build() -> Schema:
    """Return the whole schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://video-censor-personal.example/schemas/results.schema.json",
        "title": "Results file of Video Censor Personal",
        "description": "What was found in a film, how much of it was looked at, and what a person decided.",
        **mapping(""),
        "$defs": {"segment": mapping("segments[]")},
    }


def text() -> str:
    """Return the file."""
    return json.dumps(build(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
