"""One film in a run: what is known of it, and whether each of its targets is up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from modeltasks.errors import Failure
from modeltasks.report.progress import Progress
from video_censor_personal.analysis.analyser import Analyser, AnalysisRequest
from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.analysis.observation_store import ObservationStore, Observed
from video_censor_personal.analysis.observing import RunContext
from video_censor_personal.analysis.setup import AnalysisSetup
from video_censor_personal.errors import VideoCensorError
from video_censor_personal.export.results_json import Results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.library.entries import FilmEntry, Version
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.notes import FilmFacts, FilmNotes
from video_censor_personal.media.probe import Film
from video_censor_personal.render.clean_copy import CleanCopy, CopyRequest
from video_censor_personal.targets.inputs import Inputs, decided_otherwise, decisions_of, observe_inputs
from video_censor_personal.targets.jobs import Look, LookedAt, Observe, PlannedCopy
from video_censor_personal.targets.notes import Made, stats_of
from video_censor_personal.targets.session import FilmSession

_FIRST = "it was not looked at yet"

Reasons = tuple[str, ...]
"""Why a target is stale; empty where it is up to date."""


class _NotLookedInto(Exception):
    """What is in the film would have to be found out."""


class _Noted(Film):
    """A film of which no more is known than its fingerprint, and which is not to be opened."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        super().__init__(path)
        self._fingerprint = fingerprint

    @property
    def info(self) -> MediaInfo:
        raise _NotLookedInto

    @property
    def fingerprint(self) -> str:
        return self._fingerprint


class ObservationsGone(VideoCensorError):
    """Another run removed what was observed, between its being written and being read."""

    kind = "system"

    def __init__(self, film: Path) -> None:
        super().__init__(f"What was observed in {film} is gone", "another run removed it", "Run again")


class FilmState:
    """A film in a run, shared by its tasks: what is known of it, and what was made in this run.

    `error` is the first failure of any of its tasks, `seconds` the time that they took together. `observed`
    names the detectors that ran. `task_ended` is called after each task that ran. Where `given` is set, the
    segments come from the results file that a user named, and the film is not looked at.
    """

    def __init__(self, entry: FilmEntry, session: FilmSession) -> None:
        self.entry = entry
        self.session = session
        self.given = False
        self.error: Failure | None = None
        self.seconds = 0.0
        self.observed: tuple[str, ...] = ()
        self.results: dict[str, Results] = {}
        self.written: dict[str, bool] = {}
        self.copies: dict[str, CleanCopy] = {}
        self.planned: dict[Path, PlannedCopy] = {}
        self.task_ended: Callable[[], None] = self.changed
        self._facts: FilmFacts | None = None
        self._fingerprint: str | None = None
        self._reasons: dict[tuple[str, str], Reasons] = {}

    @property
    def path(self) -> Path:
        """The file."""
        return self.entry.path

    @property
    def progress(self) -> Progress:
        """Where to show how far the film is."""
        return self.session.progress_of(self.entry)

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
        self._reasons.clear()

    def facts(self) -> FilmFacts:
        """Return what is in the film, found out in a process of its own where that is not known.

        Raises:
            Failure: the film cannot be read, or its process died.
            Cancelled: a stop was asked for.
        """
        if self._facts is None:
            self._facts = FilmNotes(self.path, self.session.folder).read()
        return self._facts or self.plan_copies(())

    def plan_copies(self, versions: Iterable[Version]) -> FilmFacts:
        """Find out what is in the film, and what the clean copies of these versions will lack.

        Raises:
            Failure: as `facts`; or one of the copies cannot be made.
            Cancelled: a stop was asked for.
        """
        session = self.session
        wanted = [
            (each.copy, each.config) for each in versions if each.copy and each.copy not in self.planned
        ]
        if self._facts is not None and not wanted:
            return self._facts
        notes = FilmNotes(self.path, session.folder)
        job = Look(self.path, session.folder, tuple(wanted), session.options.overwrite)
        looked: LookedAt = session.runner().run(job, self.progress, session.cancel)
        if notes.fingerprint() is None:  # it was looked at on another machine
            notes.write(looked.facts)
        self._facts = looked.facts
        self.planned |= looked.copies
        return looked.facts

    def aim(self, version: Version) -> None:
        """Let `version` be what is wanted of the film."""
        self.entry = replace(self.entry, versions=(version,))
        self.changed()

    def planned_copy(self, version: Version) -> PlannedCopy | None:
        """Return what a version's copy will lack, where that was found out in this run."""
        return None if version.copy is None else self.planned.get(version.copy)

    def copy_of(self, version: Version) -> CleanCopy:
        """Return a version's clean copy, which is up to date. Raises Failure where it cannot be told."""
        if version.profile not in self.copies:
            copy = self.session.copier().current(self.copy_request(version))
            assert copy is not None
            self.copies[version.profile] = copy
        return self.copies[version.profile]

    def remembered(self) -> tuple[str, ...]:
        """Return the detectors that did not run, because what they observed was known."""
        used = dict.fromkeys(each.name for each in self._noted_assignments(self.facts().fingerprint))
        return tuple(name for name in used if name not in self.observed)

    def known_observations(self) -> tuple[Path, ...]:
        """Return the files of what is to be observed, where that is known without a look into the film."""
        fingerprint = self._noted_fingerprint()
        if fingerprint is None:
            return ()
        store = self._planner().store
        with suppress(_NotLookedInto):
            return tuple(store.path(each.key) for each in self._noted_assignments(fingerprint))
        return ()

    def _planner(self) -> Analyser:
        """Return an analyser that only tells what there is to observe."""
        return Analyser(self.session.folder, self.session.find_model)

    def analyser(self) -> Analyser:
        """Return what analyses the film; detectors run in a process of their own."""
        session = self.session
        return Analyser(
            session.folder,
            session.find_model,
            progress=self.progress,
            cancel=session.cancel,
            observe=self._observe,
        )

    def setup(self, version: Version) -> AnalysisSetup:
        """Return what a version's config and the models make of an analysis."""
        session = self.session
        return AnalysisSetup(version.config, session.expected, session.options.allow_all)

    def request(self, version: Version) -> AnalysisRequest:
        """Return what the analysis is asked for a version. Raises Failure, as `facts`."""
        return self.setup(version).request(Film(self.path, known=self.facts()))

    def copy_request(self, version: Version) -> CopyRequest:
        """Return the clean copy that a version's results ask for.

        Raises:
            Failure: as `facts`, or the results cannot be read.
        """
        assert version.copy is not None
        results = self.results_of(version)
        return CopyRequest(self.facts(), version.copy, results.segments, version.config, results.tracks)

    def results_of(self, version: Version) -> Results:
        """Return a version's results: of this run, or those in its file. Raises SegmentsError."""
        if version.profile not in self.results:
            assert version.results is not None
            return read_results(version.results)
        return self.results[version.profile]

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
        if version.results is not None:
            made = Made(self._segments_inputs(version), stats_of([version.results]))
            self.session.notes.write("segments", version.results, made)

    def note_copy(self, version: Version, request: CopyRequest) -> None:
        """Note what a version's clean copy was made from."""
        files = [request.output, *([version.results] if version.results else [])]
        made = Made(self._copy_inputs(version), stats_of(files), decisions_of(request.segments))
        self.session.notes.write("copy", request.output, made)

    def note_exports(self, version: Version) -> None:
        """Note what a version's exports were made from."""
        if version.results is not None:
            files = [version.results, *version.exports.values()]
            made = Made(self._exports_inputs(version), stats_of(files))
            self.session.notes.write("exports", version.results, made)

    def _remembered(self, task: str, profile: str, why: Callable[[], Reasons]) -> Reasons:
        """Return the reasons, worked out once until a task runs; a failure is one: the task will say it."""
        if (task, profile) not in self._reasons:
            try:
                reasons = why()
            except Failure as error:
                reasons = (error.what,)
            self._reasons[task, profile] = reasons
        return self._reasons[task, profile]

    def _why_observe(self) -> Reasons:
        made = self.session.notes.read("observe", self.path)
        fingerprint = self._noted_fingerprint()
        if fingerprint is None:
            return (_FIRST if made is None else "the film was changed",)
        store = self._planner().store
        try:
            assignments = self._noted_assignments(fingerprint)
        except _NotLookedInto:
            return (_FIRST,)
        if all(store.path(each.key).exists() for each in assignments):
            return ()
        if made is None:
            return (_FIRST,)
        return made.why_stale(observe_inputs(fingerprint, assignments)) or ("what was observed is gone",)

    def _why_segments(self, version: Version) -> Reasons:
        if reasons := self.why_observe():
            return reasons
        if version.results is None:
            return ("results are not kept",)
        made = self.session.notes.read("segments", version.results)
        if made is None:
            return (
                ("there are no results yet",) if not version.results.exists() else ("nobody knows of what",)
            )
        return made.why_stale(self._segments_inputs(version))

    def _why_copy(self, version: Version) -> Reasons:
        assert version.copy is not None
        if not self.given and (reasons := self.why_segments(version)) and version.profile not in self.results:
            return reasons
        made = self.session.notes.read("copy", version.copy)
        reasons = ("there is no copy yet",) if made is None else made.why_stale(self._copy_inputs(version))
        if version.results is not None and not reasons:
            return ()
        request = self.copy_request(version)
        if self.session.copier().current(request) is not None:
            self.note_copy(version, request)
            return ()
        if made is None:
            return reasons
        decided = decided_otherwise(made.decisions, decisions_of(request.segments))
        edited = f"{version.results.name} was changed" if version.results is not None else ""
        return (*decided, *(each for each in reasons if each != edited or not decided)) or ("it was changed",)

    def _why_exports(self, version: Version) -> Reasons:
        if reasons := self.why_segments(version):
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
            "--allow-incomplete": self.session.options.allow_incomplete,
        }

    def _copy_inputs(self, version: Version) -> Inputs:
        content = {"content of the film": self._known_fingerprint()}
        return {**content, **self.session.render_inputs(version.config)}

    def _exports_inputs(self, version: Version) -> Inputs:
        formats = {f"format {name}": str(path) for name, path in version.exports.items()}
        return {"name of the film": self.path.name, **formats, **self.session.render_inputs(version.config)}

    def _known_fingerprint(self) -> str:
        return self._noted_fingerprint() or self.facts().fingerprint

    def _noted_fingerprint(self) -> str | None:
        """Return the film's SHA-256 where it is known and the file is the same; raises MediaError."""
        if self._facts is not None:
            return self._facts.fingerprint
        if self._fingerprint is None:
            self._fingerprint = FilmNotes(self.path, self.session.folder).fingerprint()
        return self._fingerprint

    def _noted_assignments(self, fingerprint: str) -> list[Assignment]:
        """Return what there is to observe, without a look into the film; raises _NotLookedInto."""
        film = Film(self.path, known=self._facts) if self._facts else _Noted(self.path, fingerprint)
        return self._planner().assignments(self.setup(self.entry.versions[0]).request(film))

    def _observe(
        self, _context: RunContext, assignments: Iterable[Assignment], store: ObservationStore
    ) -> dict[str, Observed]:
        """Let detectors observe the film in a process of its own, and return what they observed."""
        wanted = tuple(assignments)
        session = self.session
        models = tuple(session.expected[name].spec for name in session.expected)
        needs = session.manager.config.needs()
        job = Observe(self.path, self.facts(), wanted, store.root, models, needs)
        session.runner().run(job, self.progress, session.cancel)
        found = {each.key.digest: store.load(each.key) for each in wanted}
        if any(each is None for each in found.values()):
            raise ObservationsGone(self.path)
        return {digest: each for digest, each in found.items() if each is not None}
