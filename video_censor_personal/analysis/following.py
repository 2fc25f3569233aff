"""Where boxes move so fast that one has to look more often, to know where they are in between.

Boxes are followed from one picture that was looked at to the next, until none has moved by more than half
its size, nor would at the speed that it has before or after. What comes back to where it was betrays itself
by how the pictures change there, which is known of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from video_censor_personal.findings.observations import Box, Observation
from video_censor_personal.media.shots import Picture

if TYPE_CHECKING:
    from video_censor_personal.media.shots import Signature

FAR = 0.5
"""Of its own size: a box that moves so far between two looks is looked for in between."""
_JUMP = 1.0
"""Of its own size: farther than that is another box, which says nothing of speed."""
_STEADY = 0.25
"""Of its own size: a box that moves no farther is where it was, whatever else changes there."""
_FOLLOWED = 0.3
"""The score from which on a box is followed."""
_STIRRED = 8.0
"""Of 255, on average: a part of the signature that differs so much from what is expected shows a motion."""


@dataclass(slots=True, eq=False)
class View:
    """A picture, the time under which it is looked at (None: it is not), and what was seen in it.

    `shot` is when its shot begins.
    """

    picture: Picture
    shot: float
    time: float | None = None
    seen: list[Observation] | None = None

    @property
    def has_image(self) -> bool:
        """Whether it can still be looked at."""
        return self.picture.image is not None

    def drop_image(self) -> None:
        """Drop the image. It stays with others who hold the picture."""
        self.picture = replace(self.picture, image=None)

    @property
    def scores(self) -> dict[str, float]:
        """The highest score of each label."""
        highest: dict[str, float] = {}
        for each in self.seen or ():
            highest[each.label] = max(each.score, highest.get(each.label, 0.0))
        return highest

    def boxes(self) -> dict[str, list[tuple[Box, float]]]:
        """The boxes of each label, with their scores."""
        found: dict[str, list[tuple[Box, float]]] = {}
        for each in self.seen or ():
            if each.box is not None:
                found.setdefault(each.label, []).append((each.box, each.score))
        return found


@dataclass(slots=True)
class Following:
    """Says which pictures of a window are to be looked at next, until all that moves is known.

    A gap is a pair of places in the window: a picture that was looked at, and another or the end of a shot.
    """

    window: Sequence[View]
    _steady: set[tuple[int, int]] = field(default_factory=set)
    _asked: list[tuple[int, int, int]] = field(default_factory=list)

    def probes(self, *, is_end: bool) -> list[int]:
        """Return places to look at; what was seen at those returned before is known by now.

        Args:
            is_end: the film ends with the window.
        """
        self._settle()
        looked = [at for at, view in enumerate(self.window) if view.time is not None]
        gaps = list(pairwise(looked))
        speeds = [0.0, *(self._speed(*gap) for gap in gaps), 0.0]
        found: list[int | None] = []
        for number, (first, last) in enumerate(gaps, 1):
            if self.window[first].shot == self.window[last].shot:
                found.append(self._between(first, last, max(speeds[number - 1 : number + 2])))
            else:
                shots = [view.shot for view in self.window[first : last + 1]]
                found.append(self._aside(first, first + shots.count(shots[0]) - 1, speeds[number - 1]))
                found.append(self._aside(last, last - shots.count(shots[-1]) + 1, speeds[number + 1]))
        if is_end:
            found.append(self._aside(looked[-1], len(self.window) - 1, speeds[-2]))
        return sorted({at for at in found if at is not None})

    def _between(self, first: int, last: int, speed: float) -> int | None:
        """A place between two of a shot that is to be looked at."""
        there = [at for at in range(first + 1, last) if self.window[at].has_image]
        one, other = self.window[first], self.window[last]
        if not there or not (one.boxes() or other.boxes()):
            return None
        length = other.picture.time - one.picture.time
        if max(_change(one, other), speed * length) > FAR:
            return min(there, key=lambda at: abs(at - (first + last) / 2))
        return self._stirred(first, last, there)

    def _aside(self, known: int, end: int, speed: float) -> int | None:
        """A place between one that was looked at and the first or last of its shot, that one included."""
        step = 1 if end > known else -1
        there = [at for at in range(end, known, -step) if self.window[at].has_image]
        if not there or not self.window[known].boxes():
            return None
        length = abs(self.window[end].picture.time - self.window[known].picture.time)
        return there[0] if speed * length > FAR else self._stirred(known, end, there)

    def _stirred(self, first: int, last: int, there: Sequence[int]) -> int | None:
        """The place where the pictures differ most from what is expected, where boxes are, if they do."""
        if (first, last) in self._steady:
            return None
        one, other = self.window[first], self.window[last]
        ends = (one, one if other.time is None else other)
        stirs = {at: _stir(self.window[at], *ends) for at in there}
        most = max(stirs, key=lambda at: stirs[at])
        if stirs[most] < _STIRRED:
            return None
        self._asked.append((first, most, last))
        return most

    def _settle(self) -> None:
        """Note the gaps in which something else than the boxes has moved."""
        for first, at, last in self._asked:
            ends = [end for end in (first, last) if self.window[end].time is not None]
            if all(_change(self.window[end], self.window[at]) <= _STEADY for end in ends):
                self._steady |= {(first, at), (at, last)}
        self._asked = []

    def _speed(self, first: int, last: int) -> float:
        """How fast the fastest box is that can be told from the others, in sizes a second."""
        one, other = self.window[first], self.window[last]
        length = other.picture.time - one.picture.time
        if one.shot != other.shot or length <= 0:
            return 0.0
        return max((far for far in _moves(one, other) if far <= _JUMP), default=0.0) / length


def _change(one: View, other: View) -> float:
    """How far boxes have moved, in their own sizes; infinitely where there is none any more."""
    return max(_moves(one, other), default=0.0)


def _moves(one: View, other: View) -> Iterator[float]:
    """How far each box that is followed is from the nearest of its label in the other picture."""
    before, after = one.boxes(), other.boxes()
    for these, those in ((before, after), (after, before)):
        for label, boxes in these.items():
            for box, score in boxes:
                if score >= _FOLLOWED:
                    yield min((_distance(box, each) for each, _ in those.get(label, ())), default=inf)


def _distance(one: Box, other: Box) -> float:
    """How far the side that has moved farthest is from where it was, in sizes of the boxes."""
    width = max((one.width + other.width) / 2, 1e-6)
    height = max((one.height + other.height) / 2, 1e-6)
    return max(
        abs(one.left - other.left) / width,
        abs(one.left + one.width - other.left - other.width) / width,
        abs(one.top - other.top) / height,
        abs(one.top + one.height - other.top - other.height) / height,
    )


def _stir(view: View, one: View, other: View) -> float:
    """How much a picture differs, where boxes of two others are, from what should be between these."""
    import numpy as np

    start, length = one.picture.time, other.picture.time - one.picture.time
    share = (view.picture.time - start) / length if length else 0.0
    expected = (1 - share) * one.picture.signature + share * other.picture.signature
    differs: Signature = np.abs(view.picture.signature - expected)
    most = 0.0
    for end in (one, other):
        for box, score in (each for boxes in end.boxes().values() for each in boxes):
            if score >= _FOLLOWED:
                most = max(most, float(_part(differs, box).mean(axis=(1, 2)).max()))
    return most


def _part(signature: Signature, box: Box) -> Signature:
    """The parts of a signature that a box touches."""
    slices = []
    for start, size, number in (
        (box.top, box.height, signature.shape[1]),
        (box.left, box.width, signature.shape[2]),
    ):
        first = min(max(int(start * number), 0), number - 1)
        slices.append(slice(first, max(first + 1, min(number, int((start + size) * number) + 1))))
    return signature[:, slices[0], slices[1]]
