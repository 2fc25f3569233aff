"""Observations that follow each other, as one: from pictures or short sounds to the stretches of a film."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from video_censor_personal.detectors.base import Judgement, span_of
from video_censor_personal.findings.certainty import CERTAINTIES, Bounds, Certainty
from video_censor_personal.findings.observations import Box, Hit, Observation, Sighting


@dataclass(frozen=True, slots=True)
class Stretch:
    """Observations of one certainty that follow each other: seconds, and the highest score among them.

    `box` is where that one was, if it was anywhere, and `sightings` are the places of all.
    """

    start: float
    end: float
    score: float
    certainty: Certainty
    box: Box | None = None
    sightings: tuple[Sighting, ...] = ()


def stretches(observations: Iterable[Observation], judgement: Judgement, bounds: Bounds) -> list[Stretch]:
    """Return the stretches of each certainty, in time order.

    Args:
        observations: of one label, in time order.
        judgement: says how far an observation reaches.
        bounds: by what its score is judged.
    """
    seen: dict[Certainty, list[Observation]] = {certainty: [] for certainty in CERTAINTIES}
    for each in observations:
        if (certainty := bounds.certainty(each.score)) is not None:
            seen[certainty].append(each)
    found = [one for certainty in CERTAINTIES for one in _of(certainty, seen[certainty], judgement)]
    return sorted(found, key=lambda each: (each.start, each.end))


def _of(certainty: Certainty, observations: Sequence[Observation], judgement: Judgement) -> Iterator[Stretch]:
    run: _Run | None = None
    for seen in observations:
        start, end = span_of(seen, judgement)
        if run is None or start > run.end:
            if run is not None:
                yield run.stretch(certainty)
            run = _Run(start, end, seen)
        run.add(seen, start, end)
    if run is not None:
        yield run.stretch(certainty)


@dataclass(slots=True)
class _Run:
    """Observations that follow each other: from when until when, the best of them, and where each was."""

    start: float
    end: float
    best: Observation
    sightings: list[Sighting] = field(default_factory=list)

    def add(self, seen: Observation, start: float, end: float) -> None:
        self.end = max(self.end, end)
        self.best = seen if seen.score > self.best.score else self.best
        self.sightings += Sighting.of(seen, start, end)

    def stretch(self, certainty: Certainty) -> Stretch:
        best = self.best
        return Stretch(self.start, self.end, best.score, certainty, best.box, tuple(self.sightings))


def hits_of(
    observations: Iterable[Observation], judgement: Judgement, label: str, bounds: Bounds, what: str
) -> Iterator[Hit]:
    """Yield a hit for each stretch of one label and each category that the judgement is about.

    Args:
        observations: of the label, in time order.
        judgement: what the detector goes by.
        label: what was seen or heard.
        bounds: by what its score is judged.
        what: the subject of the reason: "the picture".
    """
    for stretch in stretches(observations, judgement, bounds):
        for category in judgement.categories:
            yield Hit(
                start=stretch.start,
                end=stretch.end,
                category=category,
                label=label,
                score=stretch.score,
                detector=judgement.detector,
                reason=f"{what} scores {stretch.score:.2f}, the threshold is {bounds.sure:.2f}",
                box=stretch.box,
                certainty=stretch.certainty,
                sightings=stretch.sightings,
            )
