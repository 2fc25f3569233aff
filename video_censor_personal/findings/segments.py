"""Segments: spans of the video with one category, to be acted on unless someone allows them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from video_censor_personal.findings.certainty import Certainty
from video_censor_personal.findings.observations import Hit

PictureArea = Literal["boxes", "picture"]
_COLOR = re.compile(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})\Z")


def color_code(text: str) -> str | None:
    """Return the colour of `#RRGGBB` or `#RGB` as #rrggbb; None for another text."""
    if not _COLOR.match(text):
        return None
    digits = text[1:] if len(text) == len("#RRGGBB") else "".join(digit * 2 for digit in text[1:])
    return f"#{digits.lower()}"


@dataclass(frozen=True, slots=True)
class PictureStyle:
    """How a picture is hidden, where that is not as usual.

    `area` is the part that is hidden: the `boxes` in which something was found, or the whole `picture`.
    `color` is #rrggbb, `strength` from 0 to 1. None: as the config says.
    """

    area: PictureArea | None = None
    color: str | None = None
    strength: float | None = None

    def over(self, other: PictureStyle) -> PictureStyle:
        """Return this style, and what it leaves open as the other has it."""
        return PictureStyle(
            self.area or other.area,
            self.color or other.color,
            other.strength if self.strength is None else self.strength,
        )


@dataclass(frozen=True, slots=True)
class Segment:
    """A span of the video, of one category.

    `start` and `end` are seconds on the container's time line. `labels` begins with the category;
    what the detectors called it follows. `allow` leaves the span as it is, in sound and picture.
    `reviewed` is None until a person or a tool sets it. The remediations name an action for this
    segment only; None means what the config says for the category. `video_style` is how that is done.
    `certainty` is how sure it is: one that
    is not is allowed until a person decides otherwise. `arranged` says that a person split it from another,
    or merged it from several.
    """

    id: str
    start: float
    end: float
    category: str
    labels: tuple[str, ...]
    description: str
    confidence: float
    allow: bool = False
    reviewed: bool | None = None
    detections: tuple[Hit, ...] = ()
    audio_remediation: str | None = None
    video_remediation: str | None = None
    note: str | None = None
    certainty: Certainty = "sure"
    video_style: PictureStyle = PictureStyle()
    arranged: bool = False

    @property
    def duration(self) -> float:
        """Seconds from start to end."""
        return self.end - self.start


def segment_id(category: str, start: float) -> str:
    """Return the name under which a segment is found again after another analysis.

    Times are rounded to a tenth of a second: closer than two words follow each other, coarser than
    what a change of threshold moves.
    """
    slug = re.sub(r"[^\w]+", "-", category.casefold()).strip("-") or "segment"
    return f"{slug}-{start:.1f}"


def with_unique_ids(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Return the segments by start time, later ones of the same id numbered `-2`, `-3`, …"""
    taken: set[str] = set()
    result = []
    for segment in sorted(segments, key=lambda each: (each.start, each.end, each.category)):
        name, number = segment.id, 1
        while name in taken:
            number += 1
            name = f"{segment.id}-{number}"
        taken.add(name)
        result.append(segment if name == segment.id else replace(segment, id=name))
    return tuple(result)
