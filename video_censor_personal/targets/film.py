"""One film in a run: what was made of it, and whether each of its targets is up to date."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from modeltasks.errors import Failure
from modeltasks.support.filesystem import mark_used
from video_censor_personal import __version__
from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.analysis.observation_store import ObservationStore
from video_censor_personal.detectors.base import JudgeDetector
from video_censor_personal.edits.told import actions_of
from video_censor_personal.export.formats import REPORT
from video_censor_personal.library.entries import FilmEntry, Version
from video_censor_personal.render.clean_copy import CleanCopy, CopyRequest
from video_censor_personal.targets.inputs import (
    NOT_ALL_SEEN,
    Inputs,
    decided_otherwise,
    decisions_of,
    observe_inputs,
)
from video_censor_personal.targets.known import KnownFilm, NotLookedInto, results_file
from video_censor_personal.targets.notes import Made, Stats, stats_of
from video_censor_personal.targets.session import FilmSession

logger = logging.getLogger(__name__)

_FIRST = "it was not looked at yet"

Reasons = tuple[str, ...]
"""Why a target is stale; empty where it is up to date."""


class FilmState(KnownFilm):
    """A film in a run, shared by its tasks: what was made of it, and whether each target is up to date.

    `error` is the first failure of any of its tasks, `seconds` the time that they took together. `observed`
    names the detectors that ran; `told` is what was said of copies before they were made. `task_ended` is
    called after each task that ran. Where `given` is set, the segments come from the results file that a
    user named, and the film is not looked at.
    """

    def __init__(self, entry: FilmEntry, session: FilmSession) -> None:
        super().__init__(entry, session)
        self.given = False
        self.error: Failure | None = None
        self.seconds = 0.0
        self.observed: tuple[str, ...] = ()
        self.written: dict[str, bool] = {}
        self.copies: dict[str, CleanCopy] = {}
        self.told: list[str] = []
        self.task_ended: Callable[[], None] = self.changed
        self._guard = threading.Lock()
        self._reasons: dict[tuple[str, str], Reasons] = {}
        self._changes = 0

    def why_stale(self) -> Reasons:
        """Return why any of the film's targets must be made again."""
        reasons = list(self.why_observe())
        for each in self.entry.versions:
            reasons += self.why_segments(each)
            reasons += self.why_copy(each) if each.copy is not None else ()
            reasons += self.why_exports(each) if each.exports else ()
        return tuple(dict.fromkeys(reasons))

    def changed(self) -> None:
        """Forget what was up to date: a task has run."""
        with self._guard:
            self._reasons = {}
            self._changes += 1

    def aim(self, version: Version) -> None:
        """Let `version` be what is wanted of the film."""
        self.entry = replace(self.entry, versions=(version,))
        self.changed()

    def copy_of(self, version: Version) -> CleanCopy:
        """Return a version's clean copy, which is up to date. Raises Failure where it cannot be told."""
        if version.profile not in self.copies:
            request = self.copy_request(version)
            copy = self.session.copier().current(request)
            # Its own note may be lost; that of the target says as much, but for warnings.
            edits = request.edits
            self.copies[version.profile] = copy or CleanCopy(
                request.output, written=False, edits=len(edits), actions=actions_of(edits)
            )
        return self.copies[version.profile]

    def copy_there(self, version: Version) -> CleanCopy | None:
        """Return a version's clean copy: that of this run, or the one that is there and up to date."""
        made = self.copies.get(version.profile)
        if made is None and version.copy is not None and not self.why_copy(version):
            with suppress(Failure):
                return self.copy_of(version)
        return made

    def remembered(self) -> tuple[str, ...]:
        """Return the detectors that did not run, because what they observed was known."""
        used = dict.fromkeys(each.name for each in self._noted_assignments(self.facts().fingerprint))
        return tuple(name for name in used if name not in self.observed)

    def why_observe(self) -> Reasons:
        """Return why the film must be looked at."""
        return self._remembered("observe", "", self._why_observe)

    def why_segments(self, version: Version) -> Reasons:
        """Return why a version's results must be made again."""
        return self._remembered("segments", version.profile, lambda: self._why_segments(version))

    def why_copy(self, version: Version) -> Reasons:
        """Return why a version's clean copy must be made again."""
        return self._remembered("copy", version.profile, lambda: self._why_copy(version))

    def why_exports(self, version: Version) -> Reasons:
        """Return why a version's exports must be written again."""
        return self._remembered("exports", version.profile, lambda: self._why_exports(version))

    def note_observed(self) -> None:
        """Note what the observations were made from."""
        assignments = self.analyser().assignments(self.request(self.entry.versions[0]))
        made = Made(observe_inputs(self.facts().fingerprint, assignments))
        self.session.notes.write("observe", self.path, made)

    def note_segments(self, version: Version) -> None:
        """Note what a version's results were made from."""
        kept = self._results.get(version.profile)
        if version.results is None or kept is None:
            return
        inputs = self._segments_inputs(version)
        if kept.results.unseen:
            inputs = {**inputs, NOT_ALL_SEEN: True}
        self.session.notes.write("segments", version.results, Made(inputs, kept.stats))
        self.session.places.note(self._known_fingerprint(), version.profile, self.path, version.results)

    def note_copy(self, version: Version, request: CopyRequest, results: Stats) -> None:
        """Note what a version's clean copy was made from; `results` is the stat of the file, when read."""
        beside = self.session.copier().beside(request.output)
        files = {**results, **stats_of([request.output, *beside])}
        made = Made(self._copy_inputs(version), files, decisions_of(request.segments))
        self.session.notes.write("copy", request.output, made)
        if version.results is not None:
            self.session.places.note_copy(
                self._known_fingerprint(), version.profile, version.results, request.output
            )

    def note_exports(self, version: Version, results: Stats) -> None:
        """Note what a version's exports were made from; `results` is the stat of the file, when read."""
        if version.results is not None:
            files = {**results, **stats_of([*version.exports.values(), *_told_of(version)])}
            self.session.notes.write("exports", version.results, Made(self._exports_inputs(version), files))

    def _remembered(self, task: str, profile: str, why: Callable[[], Reasons]) -> Reasons:
        """Return the reasons, worked out once until a task runs; a failure is one: the task will say it."""
        with self._guard:
            known, changes = self._reasons.get((task, profile)), self._changes
        if known is not None:
            return known
        try:
            reasons = why()
        except NotLookedInto:
            reasons = (_FIRST,)
        except Failure as error:
            reasons = (error.what,)
        except Exception as error:  # a mistake of ours; doit would stop all films for it
            logger.exception("%s:%s", task, self.entry.name)
            reasons = (f"{type(error).__name__}: {error}",)
        with self._guard:
            if changes == self._changes:  # else it may be out of date already
                self._reasons[task, profile] = reasons
        return reasons

    def _why_observe(self) -> Reasons:
        notes = self.session.notes
        fingerprint = self._noted_fingerprint()
        if fingerprint is None:
            return (_FIRST if notes.read("observe", self.path) is None else "the film was changed",)
        store = self._planner().store
        assignments = self._noted_assignments(fingerprint)
        if all(mark_used(store.path(each.key)) for each in assignments):
            # The note is in use, though it is read only where that is not so.
            mark_used(notes.path("observe", self.path))
            return self._not_judged(store, assignments)
        made = notes.read("observe", self.path)
        if made is None:
            return (_FIRST,)
        return made.why_stale(observe_inputs(fingerprint, assignments)) or ("what was observed is gone",)

    def _not_judged(self, store: ObservationStore, assignments: Iterable[Assignment]) -> Reasons:
        """Why a film must be looked at again: pictures could not be judged, and that is not accepted."""
        if self.session.options.allow_incomplete:
            return ()
        judges = [each for each in assignments if issubclass(each.kind, JudgeDetector)]
        seen = [(each.name, store.load(each.key)) for each in judges]
        return tuple(
            f"{name} could not judge all pictures" for name, one in seen if one and one.is_unfinished
        )

    def _why_segments(self, version: Version) -> Reasons:
        if reasons := self.why_observe():
            return reasons
        if version.results is None:
            return ("results are not kept",)
        made = self.session.notes.read("segments", version.results)
        if made is None:
            is_there = os.path.lexists(version.results)
            return ("nobody knows what the results are of",) if is_there else ("there are no results yet",)
        inputs = self._segments_inputs(version)
        if self.session.options.allow_incomplete and NOT_ALL_SEEN in made.inputs:
            inputs = {**inputs, NOT_ALL_SEEN: True}
        return made.why_stale(inputs)

    def _why_copy(self, version: Version) -> Reasons:
        assert version.copy is not None
        before = () if self.given else self.why_segments(version)
        if self.decided(version) is not None:
            before = ()
        if before and (version.results is None or before != _edited(version.results)):
            return before
        made = self.session.notes.read("copy", version.copy)
        reasons = ("there is no copy yet",) if made is None else made.why_stale(self._copy_inputs(version))
        if version.results is not None and not reasons:
            self.session.copier().mark_used(version.copy)
            return before
        facts = self._noted_facts()
        if facts is None:
            raise NotLookedInto
        stats = stats_of(results_file(version))
        request = self._copy_request(facts, version)
        if self.session.copier().current(request) is not None:
            if not before:
                self.note_copy(version, request, stats)
            return before
        if made is None:
            return reasons
        decided = decided_otherwise(made.decisions, decisions_of(request.segments))
        edited = () if version.results is None or not decided else _edited(version.results)
        return (*decided, *(each for each in reasons if each not in edited)) or ("it was changed",)

    def _why_exports(self, version: Version) -> Reasons:
        before = self.why_copy if version.tells_of_copy else self.why_segments
        if reasons := before(version):
            return reasons
        assert version.results is not None
        made = self.session.notes.read("exports", version.results)
        if made is None:
            return ("there are none yet",)
        return made.why_stale(self._exports_inputs(version))

    def _segments_inputs(self, version: Version) -> Inputs:
        assignments = self._noted_assignments(self._known_fingerprint())
        return {
            **self.session.policy_inputs(version.config),
            "name of the film": self.path.name,
            "observations": sorted(each.key.digest for each in assignments),
        }

    def _copy_inputs(self, version: Version) -> Inputs:
        content = {"content of the film": self._known_fingerprint()}
        # The decisions are in that file: a copy that was made of another one has those of another one.
        content |= {} if version.results is None else {"results file": str(version.results.absolute())}
        beside = {f"subtitles {each.name}": each.digest for each in self.beside(version)}
        return {**content, **self.session.render_inputs(version.config), **beside}

    def _exports_inputs(self, version: Version) -> Inputs:
        formats = {f"format {name}": str(path) for name, path in version.exports.items()}
        inputs = {"name of the film": self.path.name, **formats, **self.session.hide_inputs(version.config)}
        if REPORT in version.exports:  # it names detectors and settings, and the copy
            copy = None if version.copy is None else str(version.copy)
            inputs |= {**self.session.policy_inputs(version.config), "program": __version__, "copy": copy}
        return inputs


def _told_of(version: Version) -> list[Path]:
    """The files, besides the results, that exports tell of."""
    return [version.copy] if version.copy is not None and version.tells_of_copy else []


def _edited(results: Path) -> Reasons:
    """Why results are stale that nothing but an edit has befallen."""
    return (f"{results.name} was changed",)
