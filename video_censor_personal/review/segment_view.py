"""A segment as the page is told of it, and what may be chosen for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from video_censor_personal.config import Config
from video_censor_personal.config.categories import CATEGORIES
from video_censor_personal.config.values import AudioMode, VideoMode
from video_censor_personal.export.results_json import segment_entry
from video_censor_personal.export.stretches import Treated, title_of
from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.reviews import is_hand_made, is_moved
from video_censor_personal.findings.segments import Segment


def segment_json(treated: Treated, version: str) -> dict[str, Any]:
    """Return what the page shows of a segment, as plain values: as in the file, and what a copy would do.

    Where in the picture something was seen, moment by moment, is left out: it may be much.
    """
    segment = treated.segment
    entry = segment_entry(segment)
    for detection in entry["detections"]:
        detection.pop("sightings", None)
    return entry | {
        "reviewed": segment.reviewed,
        "audio_remediation": segment.audio_remediation,
        "video_remediation": segment.video_remediation,
        "video_style": entry.get("video_style"),
        "note": segment.note,
        "arranged": segment.arranged,
        "version": version,
        "hand_made": is_hand_made(segment),
        "moved": is_moved(segment),
        "title": title_of(segment),
        "effect": {
            "sound": "none" if treated.sound is None else treated.sound_action,
            "sound_span": _pair(treated.sound),
            "picture": "none" if treated.picture is None else treated.picture_action,
            "picture_span": _pair(treated.picture),
        },
    }


def choices_json(segments: Iterable[Segment], config: Config) -> dict[str, list[str]]:
    """Return the actions and categories that the page offers: those of the config, and of the segments."""
    found = [each.category for each in segments]
    looked_for = [category for detector in config.detectors for category in detector.categories]
    return {
        "sound": list(dict.fromkeys((*get_args(AudioMode), "none"))),
        "picture": list(dict.fromkeys((*get_args(VideoMode), "none"))),
        "categories": list(dict.fromkeys((*looked_for, *found, *CATEGORIES))),
    }


def _pair(span: Span | None) -> list[float] | None:
    return None if span is None else [round(span.start, 3), round(span.end, 3)]
