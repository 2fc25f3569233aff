"""Which pictures a frame detector looks at, and for how long each finding holds.

It looks at a uniform grid, at a picture of each shot that no grid time falls into, at one unlike those
before and after it, and, where what it saw changed or moved far, at those between, down to neighbours. An
observation then holds from the picture looked at before, or from the cut, to the next one, or to the cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Any

from video_censor_personal.analysis.draft import Draft
from video_censor_personal.analysis.following import Following, View
from video_censor_personal.detectors.base import Frame
from video_censor_personal.findings.observations import Observation
from video_censor_personal.media.shots import Picture, difference

if TYPE_CHECKING:
    from video_censor_personal.media.shots import Signature

Observe = Callable[[Sequence[Frame]], Iterable[Observation]]

BATCH = 8
"""Frames a detector gets at once: enough for the model to be efficient, few enough to hold in memory."""
SHORTEST = 0.04
"""Seconds; a shot as long as this is looked at."""
DIFFERENT = 0.2
"""Scores that differ by this much have a border between them that is worth finding."""
_MOST_IMAGES = 96
"""Images held at once; where the grid is so coarse that there would be more, some are dropped."""
_UNLIKE = 16.0
"""Of 255, on average over the signature: a picture that differs this much shows something else."""
_SLACK = 1e-6


@dataclass(slots=True)
class _Gap:
    """The pictures between two that were looked at, and how many of them may still be looked at."""

    first: int
    last: int
    budget: int


@dataclass(slots=True, eq=False)
class Sampler:
    """Chooses the pictures of a film that one frame detector looks at.

    `step` is the time in seconds between two grid times, `observe` the detector, `draft` where its
    observations go. What is marked there depends on nothing that was shown before.
    """

    step: float
    observe: Observe
    draft: Draft
    _window: list[View] = field(default_factory=list)
    _begun: float = 0.0
    _waiting: int = 0
    _images: int = 0
    _is_shot_seen: bool = False
    _measure: Callable[[], Mapping[str, Any]] | None = None

    def __post_init__(self) -> None:
        self._begun = self.draft.reached

    def show(self, picture: Picture, measure: Callable[[], Mapping[str, Any]] | None = None) -> None:
        """Take the next picture of the film; `measure` tells how much of it was decoded so far."""
        self._measure = measure
        if picture.end <= self._begun:
            if self._begun:
                # What the run that this one resumes looked at last.
                self._window = [View(picture, self.draft.shot, picture.time, list(self.draft.pending))]
                self._window[0].drop_image()
                self._is_shot_seen = True
            return
        if picture.is_cut:
            self._end_shot()
        is_first = not self._window
        view = View(picture, picture.time if picture.is_cut or is_first else self._window[-1].shot)
        due = max(0, ceil((picture.time - _SLACK) / self.step)) * self.step
        self._window.append(view)
        self._images += 1
        if due < picture.end - _SLACK:
            self._choose(view, due)
        elif is_first:
            self._choose(view, picture.time)
        if self._waiting >= BATCH:
            self._look()
        elif self._images > _MOST_IMAGES:
            if self._waiting:
                self._look()
            else:
                self._thin()

    def finish(self) -> None:
        """Look at what is still waiting: the film has ended."""
        if self._window:
            self._end_shot()
            self._look(is_end=True)

    def _choose(self, view: View, time: float) -> None:
        view.time = time
        self._waiting += 1
        self._is_shot_seen = True

    def _end_shot(self) -> None:
        """Choose the middle of a shot from which no picture was chosen."""
        window = self._window
        if not self._is_shot_seen:
            start = next(k for k in reversed(range(len(window))) if window[k].picture.is_cut)
            if _length(window[start:]) >= SHORTEST - _SLACK:
                for middle in self._nearest(start, len(window), (start + len(window) - 1) / 2):
                    self._choose(window[middle], window[middle].picture.time)
        self._is_shot_seen = False

    def _look(self, *, is_end: bool = False) -> None:
        """Look at the chosen pictures and, where needed, between them; keep what was seen."""
        self._choose_unlike(is_end)
        self._observe([view for view in self._window if view.time is not None and view.seen is None])
        self._refine()
        self._follow(is_end=is_end)
        self._write(is_end)
        self._waiting = 0

    def _observe(self, views: Sequence[View]) -> None:
        for first in range(0, len(views), BATCH):
            batch = {view.time: view for view in views[first : first + BATCH]}
            frames = []
            for time, view in batch.items():
                if time is None or view.picture.image is None:
                    raise RuntimeError("a picture without an image was chosen")
                view.seen = []
                frames.append(Frame(time, view.picture.image()))
            for seen in self.observe(frames):
                view = batch[seen.start]
                view.seen = [*(view.seen or ()), _placed(seen, view)]

    def _looked(self) -> list[int]:
        return [at for at, view in enumerate(self._window) if view.time is not None]

    def _choose_unlike(self, is_end: bool) -> None:
        """Choose pictures that resemble neither the chosen one before nor the one after."""
        window, looked = self._window, self._looked()
        ends: list[int | None] = [*looked[1:], None] if is_end else list(looked[1:])
        for first, last in zip(looked, ends, strict=False):
            references = [window[each].picture.signature for each in (first, last) if each is not None]
            run: list[View] = []
            for view in [*window[first + 1 : last], window[first]]:
                if view.has_image and _unlikeness(view, references) >= _UNLIKE:
                    run.append(view)
                    continue
                if _length(run) >= SHORTEST - _SLACK:
                    most = max(run, key=lambda each: _unlikeness(each, references))
                    most.time = most.picture.time
                run = []

    def _refine(self) -> None:
        """Look between neighbours with different scores: at the cuts first, then by bisection."""
        gaps = [_Gap(a, b, 2 * (b - a - 1).bit_length()) for a, b in pairwise(self._looked())]
        while gaps:
            found = [(gap, self._probes(gap)) for gap in gaps]
            self._observe([self._window[at] for _, probes in found for at in probes])
            gaps = [each for gap, probes in found if probes for each in self._halves(gap, probes)]

    def _follow(self, *, is_end: bool) -> None:
        """Look between pictures whose boxes move far."""
        following = Following(self._window)
        while probes := following.probes(is_end=is_end):
            for at in probes:
                self._window[at].time = self._window[at].picture.time
            self._observe([self._window[at] for at in probes])

    def _probes(self, gap: _Gap) -> list[int]:
        window = self._window
        if gap.budget < 1 or not self._differ(gap.first, gap.last):
            return []
        cuts = self._cuts(gap.first, gap.last)
        beside = [at for cut in cuts[:1] for at in (cut - 1, cut) if gap.first < at < gap.last]
        probes = [at for at in beside if window[at].has_image]
        probes = probes or self._nearest(gap.first + 1, gap.last, (gap.first + gap.last) / 2)
        for at in probes:
            window[at].time = window[at].picture.time
        return probes

    def _nearest(self, first: int, last: int, wanted: float) -> list[int]:
        """The place of the image nearest to `wanted`, from `first` on and before `last`, if any."""
        there = [at for at in range(first, last) if self._window[at].has_image]
        return sorted(there, key=lambda at: abs(at - wanted))[:1]

    def _halves(self, gap: _Gap, probes: Sequence[int]) -> Iterator[_Gap]:
        ends = [
            (a, b) for a, b in pairwise([gap.first, *probes, gap.last]) if b > a + 1 and self._differ(a, b)
        ]
        for a, b in ends:
            yield _Gap(a, b, (gap.budget - len(probes)) // len(ends))

    def _differ(self, one: int, other: int) -> bool:
        a, b = self._window[one].scores, self._window[other].scores
        return any(abs(a.get(label, 0.0) - b.get(label, 0.0)) >= DIFFERENT for label in a.keys() | b.keys())

    def _cuts(self, first: int, last: int) -> list[int]:
        return [at for at in range(first + 1, last + 1) if self._window[at].picture.is_cut]

    def _write(self, is_end: bool) -> None:
        """Store what was seen with its time span; for the last picture that span is not known yet."""
        window, looked = self._window, self._looked()
        for first, last in pairwise(looked):
            until, since = self._border(first, last)
            for each in window[first].seen or ():
                self.draft.add(replace(each, end=until))
            window[last].seen = [replace(each, start=since) for each in window[last].seen or ()]
        reached = window[looked[-1]]
        if is_end:
            for each in reached.seen or ():
                self.draft.add(replace(each, end=window[-1].picture.end))
        else:
            reached.drop_image()
            self._window = window[looked[-1] :]
            self._images = sum(view.has_image for view in self._window)
            measured = self._measure() if self._measure else None
            self.draft.mark(reached.picture.end, reached.seen or (), measured, reached.shot)

    def _border(self, first: int, last: int) -> tuple[float, float]:
        """When the first ends and the last begins; what lies between two cuts may belong to either."""
        cuts = [self._window[at].picture.time for at in self._cuts(first, last)]
        if cuts:
            return cuts[-1], cuts[0]
        return self._window[last].picture.time, self._window[first].picture.end

    def _thin(self) -> None:
        """Drop every other image, but none beside a cut."""
        there = [at for at, view in enumerate(self._window) if view.has_image]
        for at in there[::2]:
            beside = self._window[at : at + 2]
            if not any(view.picture.is_cut for view in beside):
                self._window[at].drop_image()
        self._images = sum(view.has_image for view in self._window)


def _placed(seen: Observation, view: View) -> Observation:
    """What was seen, with the times of its picture, and its place in the picture as that is stored."""
    picture = view.picture
    timed = replace(seen, start=picture.time, end=picture.end)
    if seen.box is None:
        return timed
    box = seen.box.turned_back(picture.quarters)
    return replace(timed, box=box, moment=picture.time, shot=view.shot)


def _length(views: Sequence[View]) -> float:
    return views[-1].picture.end - views[0].picture.time if views else 0.0


def _unlikeness(view: View, references: Iterable[Signature]) -> float:
    return min(difference(view.picture.signature, reference) for reference in references)
