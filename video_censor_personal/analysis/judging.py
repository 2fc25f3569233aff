"""The second pass: a judge is shown the pictures that the first one left open, and no others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from modeltasks.support.cancel import CancelToken
from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.analysis.draft import Draft
from video_censor_personal.analysis.judge_plan import JudgePlan, middle, plan, shots, unsure
from video_censor_personal.analysis.observation_store import ObservationStore
from video_censor_personal.detectors.base import Frame
from video_censor_personal.errors import DetectorError, NotJudged
from video_censor_personal.findings.coverage import Coverage, Judged, Span, joined
from video_censor_personal.findings.observations import Observation
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.shots import Picture

SHOT = "(shot)"
"""The label of an observation for a shot: noted so that a run that resumes need not look for them again."""
_NOTHING_YET = 1e-6
"""Seconds, as a mark: the shots are known, and nothing was judged."""
_MOST_FAILURES = 3
"""Failures in a row after which no more pictures are tried: a server that is down stays so for a while."""
_SMALL = 64
"""Pixels of the shorter side that are enough to tell where shots end."""

Judge = Callable[[Frame], Sequence[Observation]]
"""Observes a picture. Raises NotJudged."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Failures:
    """The stretches that were not judged, and why the first of them was not."""

    spans: list[Span] = field(default_factory=list)
    why: str | None = None
    in_a_row: int = 0

    def add(self, span: Span, why: str) -> None:
        """Note one more."""
        self.spans.append(span)
        self.why = self.why or why
        self.in_a_row += 1


class Judging:
    """One judge's pass over one film. What was judged before, by a run that did not end well, is kept.

    Args:
        assignment: the judge's.
        info: of the film.
        draft: where its observations go.
        store: has what the others observed, and what an earlier run of this judge did.
        cancel: stops it.
    """

    def __init__(
        self,
        assignment: Assignment,
        info: MediaInfo,
        draft: Draft,
        store: ObservationStore,
        cancel: CancelToken,
    ) -> None:
        self._assignment = assignment
        self._info = info
        self._draft = draft
        self._store = store
        self._cancel = cancel
        coverage = None if draft.measured is None else Coverage.from_dict(draft.measured)
        if not draft.entries and (earlier := store.load(assignment.key)) is not None:
            for each in earlier.observations:
                draft.add(each)
            coverage = earlier.coverage
        known = [Observation.from_dict(each) for each in draft.entries]
        self._shots = [Span(each.start, each.end) for each in known if each.label == SHOT]
        self._judged = {Span(each.start, each.end) for each in known if each.label != SHOT}
        stream = info.of_kind("video")[0].index
        self._coverage = coverage or Coverage(stream, "video", 0.0, info.duration)

    @property
    def needs_shots(self) -> bool:
        """Whether the film must be gone through to find its shots."""
        return self._looks_at_shots and not self._shots

    @property
    def _looks_at_shots(self) -> bool:
        return bool(self._assignment.parameters["every"] == "shot")

    def find_shots(self, reached: Callable[[float], None]) -> None:
        """Go through the film and note its shots.

        Args:
            reached: is told how far it is.

        Raises:
            MediaError: the film cannot be read.
        """
        from video_censor_personal.media.frames import read_pictures
        from video_censor_personal.media.meter import Meter

        meter = Meter()

        def shown() -> Iterator[Picture]:
            for picture in read_pictures(self._info, _SMALL, 0.0, meter):
                self._cancel.check()
                reached(picture.time)
                yield picture

        self._shots = shots(shown())
        self._coverage = meter.coverage()
        for span in self._shots:
            self._draft.add(Observation(span.start, span.end, SHOT, 1.0))
        self._mark(_NOTHING_YET)

    def plan(self) -> JudgePlan:
        """Return what is to be judged. Raises DetectorError where nobody knows what the others observed."""
        parameters = self._assignment.parameters
        asked = list(self._shots) if self._looks_at_shots else []
        for key in self._assignment.judged:
            seen = self._store.load(key)
            if seen is None:
                raise DetectorError(
                    f"The detector {self._assignment.name} failed",
                    f"what {key.detector} observed is gone, and it judges that",
                    "Run again",
                )
            asked += unsure(seen.observations, parameters["band"])
        return plan(asked, parameters["max_frames"])

    def left(self, chosen: JudgePlan) -> list[Span]:
        """Return what was not judged yet, in the order of its pictures."""
        return sorted((span for span in chosen.spans if span not in self._judged), key=middle)

    def judge(
        self, spans: Sequence[Span], shortest: int, judge: Judge, reached: Callable[[float], None]
    ) -> Failures:
        """Show the judge a picture of each stretch, and note what it says.

        Args:
            spans: the stretches.
            shortest: how many pixels the shorter side of a picture has, at most.
            judge: is shown a picture.
            reached: is told how far it is.

        Returns:
            what was not judged.

        Raises:
            Failure: of the film or the judge.
            Cancelled: a stop was asked for.
        """
        from video_censor_personal.media.frames import read_stills

        failures = Failures()
        stills = read_stills(self._info, shortest, [middle(span) for span in spans])
        for number, (span, image) in enumerate(zip(spans, stills, strict=True)):
            self._cancel.check()
            try:
                if image is None:
                    raise NotJudged("it could not be decoded again")  # noqa: TRY301  # one of several ways
                seen = judge(Frame(middle(span), image))
            except NotJudged as error:
                logger.debug("%s, %s: %s", self._assignment.name, span, error.why)
                failures.add(span, error.why)
                if failures.in_a_row >= _MOST_FAILURES:
                    failures.spans += spans[number + 1 :]
                    break
                continue
            failures.in_a_row = 0
            for each in seen:
                self._draft.add(replace(each, start=span.start, end=span.end))
            self._judged.add(span)
            self._mark(max(span.end, _NOTHING_YET))
            reached(span.end)
        return failures

    def coverage(self, chosen: JudgePlan, failures: Failures) -> Coverage:
        """Return how much was judged of what was to be."""
        judged = joined(span for span in chosen.spans if span in self._judged)
        return replace(
            self._coverage,
            judged=Judged(
                asked=chosen.asked,
                chosen=len(chosen.spans),
                judged=sum(span in self._judged for span in chosen.spans),
                seconds=sum(span.end - span.start for span in judged),
                failed=joined(failures.spans),
                why=failures.why,
            ),
        )

    def _mark(self, reached: float) -> None:
        self._draft.mark(reached, measured=self._coverage.as_dict())
