"""Hits and segments for tests, made with the few values that matter to each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.segments import Segment, segment_id


def hit(start: float, end: float, category: str = "Nudity", **more: Any) -> Hit:
    """A hit of the detector `eye`, sure to 0.9."""
    made = Hit(start, end, category, label="nsfw", score=0.9, detector="eye", reason="seen")
    return replace(made, **more)


def word(start: float, end: float, text: str = "damn", **more: Any) -> Hit:
    """A spoken word."""
    made = Hit(start, end, "Profanity", label=text, score=0.8, detector="ear", reason=f"'{text}'", text=text)
    return replace(made, **more)


def segment(start: float, end: float, category: str = "Profanity", **more: Any) -> Segment:
    """A segment with one detection that fills it, unless told otherwise."""
    made = Segment(
        id=segment_id(category, start),
        start=start,
        end=end,
        category=category,
        labels=(category, "nsfw"),
        description=f"{category}: seen",
        confidence=0.9,
        detections=(hit(start, end, category),),
    )
    return replace(made, **more)
