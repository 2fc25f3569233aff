"""The work on a film that is done in a process of its own: what reads, decodes or encodes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeltasks.spec import ModelSpec
from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.config import Config
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.notes import FilmFacts
from video_censor_personal.render.clean_copy import CleanCopy, CopyRequest
from video_censor_personal.runners.runner import Job, JobContext

if TYPE_CHECKING:
    from video_censor_personal.render.streams import StreamPlan

_WITHOUT_PICTURES = 150 * 1000 * 1000
_PICTURES_HELD = {"h264": 100}
_MOST_HELD = 300
"""Bytes for each pixel of a picture, by its codec. Measured at 3840 x 2160: 65 pictures of 8 bits of
H.264, and 95 of 10 bits of H.265."""


@dataclass(frozen=True, slots=True)
class PlannedCopy:
    """What a clean copy will lack: as the results file has it, and as the user is told."""

    dropped: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What was found out of a film before any work on it; `copies` by their paths."""

    facts: FilmFacts
    copies: dict[Path, PlannedCopy]


@dataclass(frozen=True)
class Look(Job):
    """Find out what is in a film, and whether its copies can be made, before any work on it.

    `folder` is where notes are kept. `copies` are those that are wanted, each with its config; with
    `overwrite` they may replace what this program did not make.
    """

    film: Path
    folder: Path
    copies: tuple[tuple[Path, Config], ...] = ()
    overwrite: bool = False

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folder of notes, and those of copies."""
        return (self.folder, *(target.parent for target, _ in self.copies))

    def run(self, context: JobContext) -> LookedAt:
        """Return what was found. Raises MediaError, UsageError."""
        from video_censor_personal.media.notes import fingerprint
        from video_censor_personal.media.probe import probe
        from video_censor_personal.render.clean_copy import Copier

        info = probe(self.film, self.folder)
        copier = Copier(self.folder, context.cancel, context.progress, overwrite=self.overwrite)
        plans = {target: copier.plan(info, target, config) for target, config in self.copies}
        digest = fingerprint(self.film, self.folder, cancel=context.cancel, progress=context.progress)
        return LookedAt(FilmFacts(digest, info), {target: _planned(plan) for target, plan in plans.items()})


def _planned(plan: StreamPlan) -> PlannedCopy:
    return PlannedCopy(tuple(each.as_dict() for each in plan.dropped), plan.warnings)


@dataclass(frozen=True)
class Observe(Job):
    """Let detectors observe a film; what they observe is in `observations`, the folder, when it ends.

    `specs` are the models that the detectors open, and `resources` is what they need besides.
    """

    film: Path
    facts: FilmFacts
    assignments: tuple[Assignment, ...]
    observations: Path
    specs: tuple[ModelSpec, ...] = ()
    resources: Mapping[str, float] = field(default_factory=dict)

    @property
    def needs(self) -> Mapping[str, float]:
        """What the detectors need besides their models."""
        return self.resources

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The models that the detectors open."""
        return self.specs

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folder of observations."""
        return (self.observations,)

    def run(self, context: JobContext) -> None:
        """Observe. Raises Failure where the film, a detector or the folder fails, or the film is changed."""
        from video_censor_personal.analysis.observation_store import ObservationStore
        from video_censor_personal.analysis.observing import RunContext, observe
        from video_censor_personal.media.errors import FilmChanged
        from video_censor_personal.media.notes import FilmNotes
        from video_censor_personal.media.probe import Film

        film, store = Film(self.film, known=self.facts), ObservationStore(self.observations)
        notes = FilmNotes(self.film, self.observations.parent)
        run = RunContext(film, context.progress, context.cancel, context.detectors)
        try:
            observe(run, self.assignments, store)
        finally:
            try:
                notes.require_same_film()
            except FilmChanged:  # it was another film that was looked at, or half of one
                for each in self.assignments:
                    store.forget(each.key)
                raise


@dataclass(frozen=True)
class Render(Job):
    """Make a clean copy. `folder` is where notes on copies are kept; `overwrite` as for `Look`."""

    film: Path
    request: CopyRequest
    folder: Path
    overwrite: bool = False

    @property
    def memory(self) -> int:
        """Bytes: mostly the pictures that decoder and encoder hold, where those are encoded."""
        videos = self.request.film.info.of_kind("video") if self.request.config.video.enabled else ()
        held = [_PICTURES_HELD.get(each.codec, _MOST_HELD) * each.width * each.height for each in videos]
        return max(super().memory, _WITHOUT_PICTURES + sum(held))

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folder of notes, and that of the copy."""
        return (self.folder, self.request.output.parent)

    def run(self, context: JobContext) -> CleanCopy:
        """Return the copy. Raises Failure where it cannot be made, or was not clean."""
        from video_censor_personal.render.clean_copy import Copier

        copier = Copier(self.folder, context.cancel, context.progress, overwrite=self.overwrite)
        return copier.copy(self.request)


@dataclass(frozen=True)
class Pictures(Job):
    """Make small JPEGs of a film, `width` pixels wide, of the pictures at `times`, in seconds."""

    film: Path
    info: MediaInfo
    times: tuple[float, ...]
    width: int

    def run(self, context: JobContext) -> list[bytes | None]:
        """Return them; None where there is no picture. Raises MediaError where the film cannot be read."""
        from video_censor_personal.media.stills import stills

        return stills(self.info, self.times, self.width)
