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


@dataclass(frozen=True, slots=True)
class Observation:
    """Raw output of a detector: scored and timed, never a decision.

    `start` and `end` are seconds on the container's time line; a frame detector reports an instant
    (start == end). `score` is 0..1. A transcript is one observation a word, with `text`; `joined` says
    that it was written without a space after the word before, `aligned` that its sound was found at these
    times. `channel` is what was heard if not the mix of all channels: `left`, `right`, `centre`, or `side`
    (left less right).
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
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """An observation (or several) that a detector's rule counts as belonging to a category.

    Times in seconds, already covering what the sample stands for. `text` is set for spoken words,
    which are never merged with their neighbours. `margin` is how many seconds before and after them the
    rest of it may be; None for what covers all there is. `track` is the stream in which it was heard.
    `certainty` is how sure the detector's rule is.
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
