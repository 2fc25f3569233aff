"""What is done to a film, as values; all times are seconds on the film's own time line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

from video_censor_personal.config.values import AudioMode
from video_censor_personal.export.chapters import Part
from video_censor_personal.findings.observations import Box

Effect = Literal["blur", "mosaic", "color"]
"""What can be done to a picture, or a part of it; a later one hides more."""
_FINEST = 1_000_000
RENDERER = 8
"""Changes when the same edits would make another copy."""


@dataclass(frozen=True, slots=True)
class SoundEdit:
    """From `start` to `end` the sound is hidden as `mode` says."""

    start: float
    end: float
    mode: AudioMode


@dataclass(frozen=True, slots=True)
class BoxAt:
    """Where something is at a moment; it may reach out of the picture."""

    moment: float
    box: Box


@dataclass(frozen=True, slots=True)
class PictureEdit:
    """From `start` to `end` the picture, or what moves along `path`, is hidden.

    `color` is #rrggbb, for the effect of that name. `strength`, from 0 to 1, is how much blur and mosaic
    take away. Between two moments of `path` the box moves in a straight line, before the first and after the
    last it stands; no path: the whole picture.
    """

    start: float
    end: float
    effect: Effect = "color"
    color: str = "#000000"
    strength: float = 0.5
    path: tuple[BoxAt, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """What is shown and heard from `start` to `end` is taken out."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class HiddenWord:
    """What is said from `start` to `end`, and is not to be read either.

    `text` is as it was heard or read. `entry` is what it is on a list of words; empty where that is unknown.
    """

    start: float
    end: float
    text: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Edits:
    """All that is done to a film, each kind by time.

    Edits of the sound do not overlap, nor do cuts. Those of the picture may: what hides more is on top.
    `skips` are chapters that the copy has besides the film's own, for players that jump over them.
    `spared` are the words that were found and stay.
    """

    sound: tuple[SoundEdit, ...] = ()
    picture: tuple[PictureEdit, ...] = ()
    cuts: tuple[Cut, ...] = ()
    words: tuple[HiddenWord, ...] = ()
    skips: tuple[Part, ...] = ()
    spared: tuple[HiddenWord, ...] = ()

    def __len__(self) -> int:
        """How much is done to sound and picture."""
        return len(self.sound) + len(self.picture) + len(self.cuts)


class Stretched(Protocol):
    """Anything that lasts from a start to an end, in seconds."""

    @property
    def start(self) -> float:
        """When it begins."""

    @property
    def end(self) -> float:
        """When it ends."""


def exact(seconds: float) -> Fraction:
    """Return a moment without what floats add beyond the microsecond."""
    return Fraction(round(seconds * _FINEST), _FINEST)


def free_spans(edits: Sequence[Stretched], end: float) -> list[tuple[Fraction, Fraction]]:
    """Return the spans of a film between edits; these are by time, and may overlap."""
    spans: list[tuple[Fraction, Fraction]] = []
    reached = Fraction(0)
    for edit in edits:
        if edit.start >= end:
            break
        if exact(edit.start) > reached:
            spans.append((reached, exact(edit.start)))
        reached = max(reached, exact(edit.end))
    return [*spans, (reached, exact(end))] if exact(end) > reached else spans
