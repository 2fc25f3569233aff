"""Reading results files: ours, the original program's, and what people make of them by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from video_censor_personal.config.values import AudioMode, OtherTracks, VideoMode
from video_censor_personal.export.json_fields import Fields, NotResults, load_bytes, parse_json
from video_censor_personal.export.results_json import SCHEMA_VERSION, ModelUse, Results
from video_censor_personal.export.results_times import read_time, read_times
from video_censor_personal.findings.certainty import CERTAINTIES
from video_censor_personal.findings.coverage import Coverage, Judged, Span
from video_censor_personal.findings.observations import Box, Hit, Sighting
from video_censor_personal.findings.reviews import was_decided
from video_censor_personal.findings.segments import (
    PictureArea,
    PictureStyle,
    Segment,
    color_code,
    segment_id,
    with_unique_ids,
)
from video_censor_personal.findings.tracks import SoundTrack

_WIDEST_MARGIN = 10.0
_NOT_KEPT = "is not kept"
AUDIO_ACTIONS = tuple(dict.fromkeys((*get_args(AudioMode), "none")))
VIDEO_ACTIONS = tuple(dict.fromkeys((*get_args(VideoMode), "none")))

_TOP = (
    *("$schema", "schema_version", "metadata", "segments", "summary", "retired_segments", "weak_segments"),
)
_METADATA = (
    *("file", "duration", "duration_seconds", "processed_at", "config", "output_file", "fingerprint"),
    *("models", "warnings", "incomplete", "skipped", "allow_all_segments", "tracks", "coverage"),
    "dropped_streams",
)
_SEGMENT = (
    *("id", "start_time", "start_time_seconds", "end_time", "end_time_seconds", "duration_seconds"),
    *("category", "labels", "description", "confidence", "certainty", "allow", "reviewed"),
    *("audio_remediation", "video_remediation", "video_style", "note", "arranged", "detections"),
    "frame_data",
)
_STYLE = ("area", "color", "strength")
_DROPPED = ("stream", "kind", "codec", "language", "why")
_DETECTION = (
    *("label", "reasoning", "confidence", "detector", "start", "end", "text", "margin", "box", "track"),
    "sightings",
)
_TRACK = ("stream", "language", "title", "heard_by", "remediation")
_COVERAGE = (
    *("detector", "stream", "kind", "language", "start", "end", "there_seconds", "looked_at_seconds"),
    *("gaps", "undecodable_packets", "missing_packets", "doubtful", "incomplete", "device", "file", "why"),
    "judged",
)
_JUDGED = ("asked_for", "chosen", "judged", "failed", "why")
_SPAN = ("start", "end")
_BOX = ("left", "top", "width", "height")
_SIGHTING = ("start", "end", "moment", "shot", *_BOX)


def read_results(path: Path) -> Results:
    """Read a results file, strictly: a decision that is misspelt is an error, not no decision.

    Times may be `HH:MM:SS.mmm`, `MM:SS` or seconds; where the two forms of one differ, see `read_times`.
    A segment without `category` (the original's) becomes one segment for each of its labels, so that none
    of them is overlooked. Only `segments` is required. What is odd, but does no harm, is in `doubts`.

    Raises:
        NotResults: it is somebody else's file.
        SegmentsError: no such file, or something in it makes no sense; names file and place.
    """
    return parse_results(path, load_bytes(path))


def parse_results(path: Path, content: bytes) -> Results:
    """Return what the content of a results file says; `path` is for messages.

    Raises:
        SegmentsError: as `read_results`.
    """
    document = parse_json(path, content)
    if not isinstance(document, dict) or not isinstance(document.get("segments"), list):
        raise NotResults(path, 'it has no list named "segments"')
    top = Fields(str(path), document).only(_TOP)
    if top.number("schema_version", 1) > SCHEMA_VERSION:
        raise top.wrong("schema_version", f"a newer program wrote it, and this one knows {SCHEMA_VERSION}")
    value = document.get("metadata")
    metadata = Fields.of(f"{path}, metadata", {} if value is None else value, "it is written as { … }").once()
    doubts = [f"{metadata.place}: {why}; it {_NOT_KEPT}" for why in metadata.unknown(_METADATA)]
    if any(isinstance(each, dict) and each.get("frame_data") for each in document["segments"]):
        doubts.append(f'{path}, segments: "frame_data" {_NOT_KEPT}')
    duration, odd = read_time(metadata, "duration")
    doubts += odd
    segments, weak = _segments(top, "segments", doubts), _segments(top, "weak_segments", doubts)
    by_default = metadata.flag("allow_all_segments") or False
    # What a person decided counts, wherever it is written.
    decided = tuple(each for each in weak if was_decided(each, allowed_by_default=by_default))
    return Results(
        file=metadata.text("file"),
        duration=duration,
        segments=with_unique_ids([*segments, *decided]) if decided else segments,
        config=metadata.text("config"),
        fingerprint=metadata.text("fingerprint"),
        processed_at=metadata.text("processed_at"),
        output_file=metadata.text("output_file"),
        models=_models(metadata),
        warnings=metadata.texts("warnings"),
        incomplete=_incomplete(metadata),
        skipped=metadata.texts("skipped"),
        coverage=tuple(_coverage(each.only(_COVERAGE)) for each in metadata.objects("coverage", "coverage")),
        allowed_by_default=by_default,
        retired=_segments(top, "retired_segments", doubts),
        weak=tuple(each for each in weak if each not in decided),
        tracks=tuple(_track(each.only(_TRACK)) for each in metadata.objects("tracks", "track")),
        dropped_streams=_dropped(metadata),
        doubts=tuple(doubts),
    )


def not_kept(results: Results) -> tuple[str, ...]:
    """Return those doubts that say what a file has which is gone when it is written again."""
    return tuple(doubt for doubt in results.doubts if doubt.endswith(_NOT_KEPT))


def _segments(top: Fields, key: str, doubts: list[str]) -> tuple[Segment, ...]:
    found: list[Segment] = []
    ids: Counter[str] = Counter()
    for fields in top.objects(key, key.removesuffix("s").replace("_", " ")):
        found += read_segment(fields, doubts)
        if name := fields.text("id"):
            ids[name] += 1
            if ids[name] == 2:
                doubts.append(f'{fields.place} has the id of another, "{name}"; it is given one of its own')
    return with_unique_ids(found)


def read_segment(fields: Fields, doubts: list[str]) -> list[Segment]:
    """Return what an entry of a results file says, and add to `doubts` what is odd in it.

    Raises:
        SegmentsError: something in it makes no sense.
    """
    fields.only(_SEGMENT)
    category, labels = fields.text("category"), fields.texts("labels")
    if category is None and not labels:
        raise fields.error("has no category", 'both "category" and "labels" are missing')
    name = category or labels[0]
    detections = fields.objects("detections", "detection")
    start, end, odd = read_times(fields, name)
    doubts += odd
    # What was detected may be shorter than a millisecond; what a person writes is meant to last.
    if end < start or (end == start and not detections):
        raise fields.error("is empty or runs backwards", f"it starts at {start:g} s and ends at {end:g} s")
    found = Segment(
        id=fields.text("id") or segment_id(name, start),
        start=start,
        end=end,
        category=name,
        labels=labels or (name,),
        description=fields.text("description") or "",
        confidence=fields.number("confidence", 1.0, 0, 1),
        certainty=fields.choice("certainty", CERTAINTIES) or "sure",
        allow=fields.flag("allow") or False,
        reviewed=fields.flag("reviewed"),
        detections=tuple(_hit(each.only(_DETECTION), start, end, name) for each in detections),
        audio_remediation=fields.choice("audio_remediation", AUDIO_ACTIONS),
        video_remediation=fields.choice("video_remediation", VIDEO_ACTIONS),
        video_style=read_style(fields),
        note=fields.text("note"),
        arranged=fields.flag("arranged") or False,
    )
    return (
        [found]
        if category is not None or len(labels) == 1
        else [_with_label(found, label) for label in labels]
    )


def read_style(fields: Fields) -> PictureStyle:
    """Return the `video_style` of an entry.

    Raises:
        SegmentsError: it makes no sense.
    """
    value = fields.value.get("video_style")
    if value is None:
        return PictureStyle()
    form = f"it is written as {{ {', '.join(_STYLE)} }}"
    style = Fields.of(f'{fields.place}, "video_style"', value, form).only(_STYLE)
    written = style.text("color")
    color = color_code(written or "")
    if written is not None and color is None:
        raise style.wrong("color", f'"{written}" is not a colour; write it as "#RRGGBB"')
    strength = None if style.value.get("strength") is None else style.number("strength", 0.0, 0, 1)
    return PictureStyle(style.choice("area", get_args(PictureArea)), color, strength)


def _hit(fields: Fields, start: float, end: float, category: str) -> Hit:
    return Hit(
        start=fields.number("start", start),
        end=fields.number("end", end),
        category=category,
        label=fields.text("label") or category,
        score=fields.number("confidence", 1.0, 0, 1),
        detector=fields.text("detector") or "",
        reason=fields.text("reasoning") or "",
        text=fields.text("text"),
        margin=_margin(fields),
        box=_box(fields),
        track=_stream(fields, "track"),
        sightings=tuple(_sighting(each) for each in fields.objects("sightings", "sighting")),
    )


def _sighting(fields: Fields) -> Sighting:
    fields = fields.only(_SIGHTING)
    if missing := [key for key in ("start", "end") if fields.value.get(key) is None]:
        raise fields.error("does not say when it is", f'"{missing[0]}" is missing')
    start, end = fields.number("start", 0.0), fields.number("end", 0.0)
    if end < start:
        raise fields.error("runs backwards", f"it starts at {start:g} s and ends at {end:g} s")
    moment, shot = (
        None if fields.value.get(key) is None else fields.number(key, 0.0) for key in ("moment", "shot")
    )
    return Sighting(start, end, _rectangle(fields), moment, shot)


def _track(fields: Fields) -> SoundTrack:
    stream = _stream(fields, "stream")
    if stream is None:
        raise fields.error("does not say which it is", '"stream" is missing')
    return SoundTrack(
        stream,
        fields.text("language"),
        fields.text("title"),
        fields.texts("heard_by"),
        fields.choice("remediation", get_args(OtherTracks)),
    )


def _incomplete(metadata: Fields) -> tuple[str, ...]:
    """The detectors that `incomplete` names, and those whose coverage says so."""
    named = metadata.texts("incomplete")
    measured = [
        each.text("detector") for each in metadata.objects("coverage", "coverage") if each.flag("incomplete")
    ]
    return tuple(dict.fromkeys((*named, *(name for name in measured if name))))


def _coverage(fields: Fields) -> Coverage:
    missing = fields.value.get("missing_packets")
    return Coverage(
        stream=_stream(fields, "stream") if fields.text("file") else int(fields.number("stream", 0, least=0)),
        kind=fields.text("kind") or "",
        start=fields.number("start", 0.0),
        end=fields.number("end", 0.0),
        gaps=_spans(fields, "gaps"),
        undecodable=int(fields.number("undecodable_packets", 0, least=0)),
        missing=None if missing is None else int(fields.number("missing_packets", 0, least=0)),
        doubtful=_spans(fields, "doubtful"),
        detector=fields.text("detector") or "",
        language=fields.text("language"),
        device=fields.text("device"),
        file=fields.text("file"),
        why=fields.text("why"),
        is_excused=fields.flag("incomplete") is False and fields.text("why") is not None,
        judged=_judged(fields),
    )


def _judged(fields: Fields) -> Judged | None:
    if fields.value.get("judged") is None:
        return None
    form = '"asked_for", "chosen" and "judged" are numbers of pictures'
    judged = Fields.of(f'{fields.place}, "judged"', fields.value["judged"], form).only(_JUDGED)
    return Judged(
        asked=int(judged.number("asked_for", 0, least=0)),
        chosen=int(judged.number("chosen", 0, least=0)),
        judged=int(judged.number("judged", 0, least=0)),
        seconds=fields.number("looked_at_seconds", 0.0, least=0),
        failed=_spans(judged, "failed"),
        why=judged.text("why"),
    )


def _spans(fields: Fields, key: str) -> tuple[Span, ...]:
    return tuple(
        Span(each.number("start", 0.0), each.number("end", 0.0))
        for each in (span.only(_SPAN) for span in fields.objects(key, key.removesuffix("s")))
    )


def _stream(fields: Fields, key: str) -> int | None:
    return None if fields.value.get(key) is None else int(fields.number(key, 0, least=0))


def _margin(fields: Fields) -> tuple[float, float] | None:
    value = fields.value.get("margin")
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise fields.wrong("margin", "it is not [seconds before, seconds after]")
    sides = Fields(f"{fields.place}, margin", dict(zip(("before", "after"), value, strict=True)))
    return sides.number("before", 0.0, 0, _WIDEST_MARGIN), sides.number("after", 0.0, 0, _WIDEST_MARGIN)


def _box(fields: Fields) -> Box | None:
    value = fields.value.get("box")
    if value is None:
        return None
    form = f"it is written as {{ {', '.join(_BOX)} }}"
    return _rectangle(Fields.of(f"{fields.place}, box", value, form).only(_BOX))


def _rectangle(fields: Fields) -> Box:
    """A rectangle in fractions of the picture; one in pixels would hide something else, or nothing."""
    if any(fields.value.get(side) is None for side in _BOX):
        raise fields.error("is not whole", f"{', '.join(_BOX)} are needed")
    return Box(*(fields.number(side, 0.0, 0, 1) for side in _BOX))


def _with_label(segment: Segment, label: str) -> Segment:
    """The segment for one of its labels; detections without a label of the segment stay with each."""
    return replace(
        segment,
        id=segment_id(label, segment.start),
        category=label,
        labels=(label,),
        detections=tuple(
            replace(hit, category=label)
            for hit in segment.detections
            if hit.label == label or hit.label not in segment.labels
        ),
    )


def _dropped(metadata: Fields) -> tuple[dict[str, Any], ...] | None:
    if metadata.value.get("dropped_streams") is None:
        return None
    return tuple(
        {key: fields.value.get(key) for key in fields.only(_DROPPED).value}
        for fields in metadata.objects("dropped_streams", "dropped stream")
    )


def _models(metadata: Fields) -> tuple[ModelUse, ...]:
    uses: dict[str, Any] = metadata.value.get("models") or {}
    if not isinstance(uses, dict):
        raise metadata.wrong("models", "it is no object")
    return tuple(
        ModelUse(
            name,
            tuple((str(path), str(digest)) for path, digest in checksums.items()),
            use["source"] if isinstance(use.get("source"), str) else None,
        )
        for name, use in uses.items()
        if isinstance(use, dict) and isinstance(checksums := use.get("checksums", {}), dict)
    )
