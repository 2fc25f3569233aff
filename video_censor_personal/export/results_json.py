"""The results file: what was found and what a person decided about it, as JSON.

It has every key of the original program's file, so its review window and scripts still work, and
adds what they leave out: stable ids, one category a segment, the times of single detections.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from modeltasks.support.files import write_whole
from video_censor_personal.config.values import OutputConfig
from video_censor_personal.findings.coverage import Coverage, Judged, Span
from video_censor_personal.findings.observations import Box, Hit, Sighting
from video_censor_personal.findings.segments import PictureStyle, Segment
from video_censor_personal.findings.timecode import format_time
from video_censor_personal.findings.tracks import SoundTrack

SCHEMA_VERSION = 2
"""1 is the original program's file, which has no number."""
_SIGHTING = re.compile(r'\{\n\s+("start": [^{}]*?"height": [-\d.e]+)\n\s+\}')
"""There may be thousands; each is written in one line."""
_PROCESSED_AT = re.compile(r'"processed_at": "([^"\\]*)"')


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A model that took part: its files' checksums, by path, and the source its bytes came from."""

    name: str
    checksums: tuple[tuple[str, str], ...] = ()
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a results file says.

    `file` and `config` are names without folders; `fingerprint` is the video's SHA-256; `duration`
    is in seconds; a hand-made file may lack any of them. `incomplete` names detectors that did not
    run to the end, or were shown too little; of these, `skipped` were left out because their optional model
    was not there. `retired` are segments with somebody's decision that the last analysis no longer
    found; they act on nothing and come back with their decision. `weak` are those that are hardly worth a
    look. `allowed_by_default` says that segments nobody looked at are allowed. `tracks` are the film's sound
    tracks, as far as they are known. `dropped_streams` are what the container of the clean copy could not
    hold, with stream, kind, codec, language and why; None where no copy was asked for. `doubts` are what was
    odd in the file that it was
    read from; they are never written.
    """

    file: str | None
    duration: float | None
    segments: tuple[Segment, ...]
    config: str | None = None
    fingerprint: str | None = None
    processed_at: str | None = None
    output_file: str | None = None
    models: tuple[ModelUse, ...] = ()
    warnings: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    allowed_by_default: bool = False
    retired: tuple[Segment, ...] = ()
    weak: tuple[Segment, ...] = ()
    tracks: tuple[SoundTrack, ...] = ()
    dropped_streams: tuple[dict[str, Any], ...] | None = None
    doubts: tuple[str, ...] = ()

    @property
    def unseen(self) -> tuple[str, ...]:
        """The detectors that should have looked at all of the film, and did not."""
        return tuple(name for name in self.incomplete if name not in self.skipped)


def write_results(path: Path, results: Results, options: OutputConfig | None = None) -> tuple[Results, bool]:
    """Write the file, unless it says the same already; return what is in it now, and whether it was written.

    `processed_at` is set to now when it is None, and alone is no reason to write: it tells when the
    content last changed. The file appears whole or not at all, with the user's umask.

    Raises:
        OSError: the folder cannot be written.
    """
    options = options or OutputConfig()
    now = results.processed_at or datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    try:
        before = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        before = ""
    found = _PROCESSED_AT.search(before)
    same = replace(results, processed_at=found[1] if found else now)
    if before == render_results(same, options):
        return same, False
    made = replace(results, processed_at=now)
    write_whole(path, render_results(made, options), durable=True)
    return made, True


def render_results(
    results: Results, options: OutputConfig, text_of: Callable[[Segment], str] | None = None
) -> str:
    """Return the text of the file; `text_of` gives `segment_text` where that is known already."""
    text_of = text_of or partial(segment_text, options=options)
    pretty = options.pretty_print
    parts = {
        "schema_version": str(SCHEMA_VERSION),
        "metadata": _json(_metadata(results), pretty, 1),
        "segments": _list(map(text_of, results.segments), pretty),
        "summary": _json(summarise(results.segments), pretty, 1),
    }
    if results.weak:
        parts["weak_segments"] = _list(map(text_of, results.weak), pretty)
    if results.retired:
        parts["retired_segments"] = _list(map(text_of, results.retired), pretty)
    entries = [f'"{key}": {part}' for key, part in parts.items()]
    text = "{\n  " + ",\n  ".join(entries) + "\n}\n" if pretty else "{" + ", ".join(entries) + "}\n"
    # The name of a film need not be Unicode; what of it is not, JSON can escape.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def segment_text(segment: Segment, options: OutputConfig) -> str:
    """Return a segment as it stands in the file."""
    entry = segment_entry(segment, include_confidence=options.include_confidence)
    text = _json(entry, options.pretty_print, 2)
    return _SIGHTING.sub(lambda found: "{" + " ".join(found[1].split()) + "}", text)


def summarise(segments: Iterable[Segment]) -> dict[str, Any]:
    """Return count, total seconds and count by category. Overlapping spans count in full."""
    found = list(segments)
    summary: dict[str, Any] = {
        "total_segments_detected": len(found),
        "total_flagged_duration": _milliseconds(sum(each.duration for each in found)),
        "detection_counts": dict(sorted(Counter(each.category for each in found).items())),
    }
    if any(each.certainty != "sure" for each in found):
        summary["certainty_counts"] = dict(sorted(Counter(each.certainty for each in found).items()))
    return summary


def coverage_entries(coverage: Iterable[Coverage]) -> list[dict[str, Any]]:
    """Return the coverage as plain values, an object for each track of each detector."""
    return [
        {
            "detector": each.detector,
            "stream": each.stream,
            "kind": each.kind,
            "language": each.language,
            "start": _milliseconds(each.start),
            "end": _milliseconds(each.end),
            "there_seconds": _milliseconds(each.length),
            "looked_at_seconds": _milliseconds(each.looked_at),
            "gaps": _spans(each.gaps),
            "undecodable_packets": each.undecodable,
            "missing_packets": each.missing,
            "doubtful": _spans(each.doubtful),
            "incomplete": each.is_incomplete,
            "device": each.device,
            **({"file": each.file, "why": each.why} if each.kind == "text" else {}),
            **({"judged": _judged(each.judged)} if each.judged is not None else {}),
        }
        for each in coverage
    ]


def _metadata(results: Results) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "file": results.file,
        "duration": None if results.duration is None else format_time(results.duration),
        "duration_seconds": None if results.duration is None else _milliseconds(results.duration),
        "processed_at": results.processed_at,
        "config": results.config,
        "fingerprint": results.fingerprint,
        "models": {
            use.name: {"checksums": dict(use.checksums), "source": use.source} for use in results.models
        },
        "warnings": list(results.warnings),
        "incomplete": list(results.incomplete),
        "allow_all_segments": results.allowed_by_default,
    }
    lists = {
        "tracks": [_track(each) for each in results.tracks],
        "skipped": list(results.skipped),
        "coverage": coverage_entries(results.coverage),
    }
    metadata |= {key: value for key, value in lists.items() if value}
    if results.output_file is not None:
        metadata["output_file"] = results.output_file
    if results.dropped_streams is not None:
        metadata["dropped_streams"] = list(results.dropped_streams)
    return metadata


def _json(value: object, pretty: bool, depth: int) -> str:
    """The JSON of a value that stands inside so many others."""
    text = json.dumps(value, indent=2 if pretty else None, ensure_ascii=False)
    return text.replace("\n", "\n" + "  " * depth) if pretty else text


def _list(texts: Iterable[str], pretty: bool) -> str:
    """A list of what is JSON already."""
    found = list(texts)
    if not found or not pretty:
        return f"[{', '.join(found)}]"
    return "[\n    " + ",\n    ".join(found) + "\n  ]"


def _judged(judged: Judged) -> dict[str, Any]:
    return {
        "asked_for": judged.asked,
        "chosen": judged.chosen,
        "judged": judged.judged,
        "failed": _spans(judged.failed),
        "why": judged.why,
    }


def _spans(spans: Iterable[Span]) -> list[dict[str, float]]:
    return [{"start": _milliseconds(span.start), "end": _milliseconds(span.end)} for span in spans]


def _track(track: SoundTrack) -> dict[str, Any]:
    entry = {name: value for name, value in asdict(track).items() if value is not None}
    return entry | {"heard_by": list(track.heard_by)}


def segment_entry(segment: Segment, *, include_confidence: bool = True) -> dict[str, Any]:
    """Return a segment as plain values, as the file has it."""
    entry: dict[str, Any] = {
        "id": segment.id,
        "start_time": format_time(segment.start),
        "start_time_seconds": _milliseconds(segment.start),
        "end_time": format_time(segment.end),
        "end_time_seconds": _milliseconds(segment.end),
        "duration_seconds": _milliseconds(segment.duration),
        "category": segment.category,
        "labels": list(segment.labels),
        "description": segment.description,
    }
    if include_confidence:
        entry["confidence"] = round(segment.confidence, 4)
    entry["certainty"] = segment.certainty
    entry["allow"] = segment.allow
    for key in ("reviewed", "audio_remediation", "video_remediation", "note"):
        value = getattr(segment, key)
        if value is not None:
            entry[key] = value
    if segment.arranged:
        entry["arranged"] = True
    if style := style_entry(segment.video_style):
        entry["video_style"] = style
    entry["detections"] = [_detection(hit, include_confidence) for hit in segment.detections]
    return entry


def style_entry(style: PictureStyle) -> dict[str, Any]:
    """Return a style as plain values, as the file has it."""
    return {key: value for key, value in asdict(style).items() if value is not None}


def _detection(hit: Hit, include_confidence: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"label": hit.label, "reasoning": hit.reason}
    if include_confidence:
        entry["confidence"] = round(hit.score, 4)
    entry |= {"detector": hit.detector, "start": _milliseconds(hit.start), "end": _milliseconds(hit.end)}
    if hit.text is not None:
        entry["text"] = hit.text
    if hit.track is not None:
        entry["track"] = hit.track
    if hit.margin is not None:
        entry["margin"] = [_milliseconds(seconds) for seconds in hit.margin]
    if hit.box is not None:
        entry["box"] = _sides(hit.box)
    if hit.sightings:
        entry["sightings"] = [_sighting(seen) for seen in hit.sightings]
    return entry


def _sighting(seen: Sighting) -> dict[str, float]:
    times = {"start": seen.start, "end": seen.end, "moment": seen.moment, "shot": seen.shot}
    return {name: _milliseconds(time) for name, time in times.items() if time is not None} | _sides(seen.box)


def _sides(box: Box) -> dict[str, float]:
    return {side: round(getattr(box, side), 5) for side in ("left", "top", "width", "height")}


def _milliseconds(seconds: float) -> float:
    return round(seconds, 3)
