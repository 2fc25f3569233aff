"""What a copy is made from: results as an analysis writes them, and a config, both made up here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Box = tuple[float, float, float, float]
"""Left, top, width and height, in fractions of the picture."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something to hide, from `start` to `end`; `boxes` are where it is at some moments, `text` what is said.

    `sound` and `picture` are actions of its own.
    """

    start: float
    end: float
    category: str = "Nudity"
    text: str = ""
    sound: str = ""
    picture: str = ""
    allow: bool = False
    boxes: tuple[tuple[float, Box], ...] = ()

    @property
    def entry(self) -> dict[str, object]:
        """It, as in a results file."""
        entry: dict[str, object] = {
            "start_time": self.start,
            "end_time": self.end,
            "category": self.category,
            "labels": [self.category],
            "allow": self.allow,
            "detections": self._detections,
        }
        own = {"audio_remediation": self.sound, "video_remediation": self.picture}
        return entry | {key: action for key, action in own.items() if action}

    @property
    def _detections(self) -> list[dict[str, object]]:
        common = {"label": self.category, "reasoning": "made up", "confidence": 0.9, "detector": "bench"}
        if self.text:
            said = {"start": self.start, "end": self.end, "text": self.text, "margin": [0.07, 0.1]}
            return [common | said]
        if not self.boxes:
            return []
        moments = [self.start, *(moment for moment, _ in self.boxes), self.end]
        sightings = [
            {"start": before, "end": after, "moment": moment, "shot": 0.0}
            | dict(zip(("left", "top", "width", "height"), box, strict=True))
            for before, (moment, box), after in zip(moments, self.boxes, moments[2:], strict=False)
        ]
        sides = dict(zip(("left", "top", "width", "height"), self.boxes[0][1], strict=True))
        return [common | {"start": self.start, "end": self.end, "box": sides, "sightings": sightings}]


def write_results(path: Path, film: Path, found: Iterable[Found]) -> Path:
    """Write a results file."""
    document = {
        "schema_version": 2,
        "metadata": {"file": film.name},
        "segments": [each.entry for each in found],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def write_config(
    path: Path,
    audio: Mapping[str, object] | None = None,
    video: Mapping[str, object] | None = None,
    **others: Mapping[str, object],
) -> Path:
    """Write a config in which nothing but `remediation` stands; what is not given is switched off.

    JSON is YAML as well.
    """
    remediation: dict[str, object] = {**others}
    if audio is not None:
        remediation["audio"] = {"enabled": True, "categories": ["Profanity"], **audio}
    if video is not None:
        remediation["video"] = {"enabled": True, "category_modes": {"Profanity": "none"}, **video}
    path.write_text(json.dumps({"version": 1, "remediation": remediation}, indent=1) + "\n")
    return path


def spread(count: int, length: float, seconds: float, offset: float = 0.0) -> Sequence[tuple[float, float]]:
    """Return spans of one length, evenly over a film of so many seconds, none at its edges."""
    step = seconds / count
    starts = [round(step * (number + 0.5) - length / 2 + offset, 3) for number in range(count)]
    return [(start, round(start + length, 3)) for start in starts]
