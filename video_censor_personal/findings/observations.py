"""What detectors report, before anyone decides what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from video_censor_personal.findings.certainty import Certainty


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions (0..1) of the frame's width and height."""

    left: float
    top: float
    width: float
    height: float

    def turned_back(self, quarters: int) -> Box:
        """Return the rectangle as it is before the picture is turned left by so many quarters."""
        box = self
        for _ in range(quarters % 4):
            box = Box(round(1 - box.top - box.height, 6), box.left, box.height, box.width)
        return box


@dataclass(frozen=True, slots=True)
class Observation:
    """Raw output of a detector: scored and timed, never a decision.

    `start` and `end` are seconds on the container's time line; a frame detector reports an instant
    (start == end). `score` is 0..1. A transcript is one observation a word, with `text`; `joined` says
    that it was written without a space after the word before, `aligned` that its sound was found at these
    times. `channel` is what was heard if not the mix of all channels: `left`, `right`, `centre`, or `side`
    (left less right). `moment` is when the picture with a `box` appears, if `start` and `end` are what it
    stands for, and `shot` when the shot begins to which it belongs.
    """

    start: float
    end: float
    label: str
    score: float
    text: str | None = None
    box: Box | None = None
    channel: str | None = None
    joined: bool = False
    aligned: bool = False
    moment: float | None = None
    shot: float | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the JSON form; what is not set is left out."""
        entry: dict[str, object] = {name: getattr(self, name) for name in ("start", "end", "label", "score")}
        if self.text is not None:
            entry["text"] = self.text
        if self.box is not None:
            entry["box"] = [self.box.left, self.box.top, self.box.width, self.box.height]
        if self.channel is not None:
            entry["channel"] = self.channel
        entry |= {name: True for name in ("joined", "aligned") if getattr(self, name)}
        times = {"moment": self.moment, "shot": self.shot}
        entry |= {name: time for name, time in times.items() if time is not None}
        return entry

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Observation:
        """Read the JSON form. Raises KeyError or TypeError when it is none."""
        box = entry.get("box")
        return cls(
            start=entry["start"],
            end=entry["end"],
            label=entry["label"],
            score=entry["score"],
            text=entry.get("text"),
            box=None if box is None else Box(*box),
            channel=entry.get("channel"),
            joined=entry.get("joined", False),
            aligned=entry.get("aligned", False),
            moment=entry.get("moment"),
            shot=entry.get("shot"),
        )


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where something was seen; times in seconds.

    It was seen in the picture that appears at `moment`, of the shot that begins at `shot` (None: not known).
    That stands for `start` to `end`: to the pictures before and after it that were looked at, or to the cuts.
    Without `moment` it is there from `start` to `end`.
    """

    start: float
    end: float
    box: Box
    moment: float | None = None
    shot: float | None = None

    @classmethod
    def of(cls, seen: Observation, start: float, end: float) -> tuple[Sighting, ...]:
        """Return the sighting of an observation that stands for `start` to `end`; none without a box."""
        return () if seen.box is None else (cls(start, end, seen.box, seen.moment, seen.shot),)


@dataclass(frozen=True, slots=True)
class Hit:
    """An observation (or several) that a detector's rule counts as belonging to a category.

    Times in seconds, already covering what the sample stands for. `text` is set for spoken words,
    which are never merged with their neighbours. `margin` is how many seconds before and after them the
    rest of it may be; None for what covers all there is. `track` is the stream in which it was heard.
    `certainty` is how sure the detector's rule is. `box` is where it was seen best,
    `sightings` are all places.
    """

    start: float
    end: float
    category: str
    label: str
    score: float
    detector: str
    reason: str
    text: str | None = None
    box: Box | None = None
    track: int | None = None
    margin: tuple[float, float] | None = None
    certainty: Certainty = "sure"
    sightings: tuple[Sighting, ...] = ()
