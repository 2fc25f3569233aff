"""Reading results files: ours, the original program's, and what people make of them by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from video_censor_personal.export.results_json import ModelUse, Results
from video_censor_personal.observations import Box, Hit
from video_censor_personal.segments import Segment, SegmentsError, segment_id, with_unique_ids
from video_censor_personal.timecode import parse_time

_DURATION_TOLERANCE = 1.0
_LARGEST = 1e9


def read_results(path: Path) -> Results:
    """Read a results file.

    Time texts win over `*_seconds`, for people edit the texts; both may be `HH:MM:SS.mmm`, `MM:SS`
    or seconds. Unknown keys are dropped. A segment without `category` (the original's) becomes one
    segment for each of its labels, so that none of them is overlooked. Only `segments` is required.

    Raises:
        SegmentsError: no such file, not JSON, or a segment that makes no sense; names file and segment.
    """
    document = _load(path)
    if not isinstance(document, dict) or not isinstance(document.get("segments"), list):
        raise SegmentsError(
            f"{path} is not a results file",
            'it has no list named "segments"',
            "Give the JSON file that an analysis wrote",
        )
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
    retired = document.get("retired_segments")
    return Results(
        file=_text_or_none(metadata.get("file")),
        duration=_duration(metadata),
        segments=_segments(path, "segment", document["segments"]),
        config=_text_or_none(metadata.get("config")),
        fingerprint=_text_or_none(metadata.get("fingerprint")),
        processed_at=_text_or_none(metadata.get("processed_at")),
        output_file=_text_or_none(metadata.get("output_file")),
        models=_models(metadata.get("models")),
        warnings=_texts(metadata.get("warnings")),
        incomplete=_texts(metadata.get("incomplete")),
        allowed_by_default=metadata.get("allow_all_segments") is True,
        retired=_segments(path, "retired segment", retired if isinstance(retired, list) else []),
    )


def mismatches(results: Results, video: Path, duration: float) -> tuple[str, ...]:
    """Return warnings when the file seems to be about another video; `duration` in seconds."""
    warnings = []
    if results.file is not None and PurePath(results.file.replace("\\", "/")).name != video.name:
        warnings.append(f"The segments were made for {results.file}, the input is {video.name}")
    if results.duration is not None and abs(results.duration - duration) > _DURATION_TOLERANCE:
        warnings.append(
            f"The segments were made for a video of {results.duration:.1f} s, the input has {duration:.1f} s"
        )
    return tuple(warnings)


def _load(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SegmentsError(
            f"{path} cannot be read", error.strerror or str(error), "Check the path of the segments file"
        ) from error
    except UnicodeDecodeError as error:
        raise SegmentsError(
            f"{path} is not text", "it is not UTF-8", "Save it as UTF-8, or analyse again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise SegmentsError(f"{path} is not valid JSON", str(error), "Mend it, or analyse again") from error


def _segments(path: Path, noun: str, entries: list[Any]) -> tuple[Segment, ...]:
    found: list[Segment] = []
    for number, entry in enumerate(entries, 1):
        found += _Entry(f"{path}, {noun} {number}", entry).segments()
    return with_unique_ids(found)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One item of a list of segments, and where it stands, for messages."""

    place: str
    value: Any

    def segments(self) -> list[Segment]:
        if not isinstance(self.value, dict):
            raise self._error("is not an object", "each segment is { … } with its times and labels")
        start, end = self._time("start_time"), self._time("end_time")
        if end <= start:
            raise self._error("is empty or runs backwards", f"it starts at {start:g} s and ends at {end:g} s")
        labels = self._labels()
        category = self._text("category")
        if category is None and not labels:
            raise self._error("has no category", 'both "category" and "labels" are missing')
        found = Segment(
            id=self._text("id") or segment_id(category or labels[0], start),
            start=start,
            end=end,
            category=category or labels[0],
            labels=labels or (category or "",),
            description=self._text("description") or "",
            confidence=self._number(self.value, "confidence", 1.0),
            allow=self._flag("allow") or False,
            reviewed=self._flag("reviewed"),
            detections=self._detections(start, end, category or labels[0]),
            audio_remediation=self._text("audio_remediation"),
            video_remediation=self._text("video_remediation"),
            note=self._text("note"),
        )
        if category is not None or len(labels) == 1:
            return [found]
        return [_only(found, label) for label in labels]

    def _time(self, key: str) -> float:
        for name in (key, f"{key}_seconds"):
            value = self.value.get(name)
            if value is not None:
                try:
                    return parse_time(value)
                except ValueError as error:
                    raise self._error(f'has a wrong "{name}"', str(error)) from error
        raise self._error(f'has no "{key}"', f'neither "{key}" nor "{key}_seconds" is given')

    def _text(self, key: str) -> str | None:
        value = self.value.get(key)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self._error(f'has a wrong "{key}"', f"{value!r} is not a text")
        return value

    def _flag(self, key: str) -> bool | None:
        value = self.value.get(key)
        if value is not None and not isinstance(value, bool):
            raise self._error(f'has a wrong "{key}"', f"{value!r} is neither true nor false")
        return value

    def _number(self, source: Mapping[str, Any], key: str, default: float) -> float:
        value = source.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
            raise self._error(f'has a wrong "{key}"', f"{value!r} is not a usable number")
        return float(value)

    def _labels(self) -> tuple[str, ...]:
        value = self.value.get("labels")
        if isinstance(value, str):
            value = [value]
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(label, str) and label for label in value):
            raise self._error('has wrong "labels"', f"{value!r} is not a list of texts")
        return tuple(dict.fromkeys(value))

    def _detections(self, start: float, end: float, category: str) -> tuple[Hit, ...]:
        value = self.value.get("detections")
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._error('has wrong "detections"', "they are not a list of objects")
        return tuple(
            Hit(
                start=self._number(item, "start", start),
                end=self._number(item, "end", end),
                category=category,
                label=_text_or_none(item.get("label")) or category,
                score=self._number(item, "confidence", 1.0),
                detector=_text_or_none(item.get("detector")) or "",
                reason=_text_or_none(item.get("reasoning")) or "",
                text=_text_or_none(item.get("text")),
                box=self._box(item.get("box")),
            )
            for item in value
        )

    def _box(self, value: object) -> Box | None:
        if value is None:
            return None
        if not isinstance(value, dict) or not {"left", "top", "width", "height"} <= value.keys():
            raise self._error('has a wrong "box"', "left, top, width and height are needed")
        left, top, width, height = (
            self._number(value, key, 0.0) for key in ("left", "top", "width", "height")
        )
        return Box(left, top, width, height)

    def _error(self, what: str, why: str) -> SegmentsError:
        return SegmentsError(f"{self.place} {what}", why, "Correct it in the file, or analyse again")


def _only(segment: Segment, label: str) -> Segment:
    """The segment as one of a single label; detections that name no label of the segment stay with each."""
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


def _duration(metadata: Mapping[str, Any]) -> float | None:
    for key in ("duration", "duration_seconds"):
        try:
            return parse_time(metadata.get(key))
        except ValueError:
            continue
    return None


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _models(value: object) -> tuple[ModelUse, ...]:
    if not isinstance(value, dict):
        return ()
    return tuple(
        ModelUse(
            name,
            tuple((str(path), str(digest)) for path, digest in checksums.items()),
            _text_or_none(use.get("source")),
        )
        for name, use in value.items()
        if isinstance(use, dict) and isinstance(checksums := use.get("checksums", {}), dict)
    )
