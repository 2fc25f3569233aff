"""What is known of one film in a run: what is in it, what was found in it, what its copies will lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from modeltasks.provision.readiness import Readiness
from modeltasks.report.progress import Progress
from video_censor_personal.analysis.analyser import Analyser, AnalysisRequest
from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.analysis.observation_store import ObservationStore, Observed
from video_censor_personal.analysis.observing import RunContext
from video_censor_personal.analysis.setup import AnalysisSetup
from video_censor_personal.analysis.texts import files_beside
from video_censor_personal.errors import VideoCensorError
from video_censor_personal.export.results_json import Results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.coverage import coverage_lines
from video_censor_personal.findings.texts import TextSource, read_texts
from video_censor_personal.library.entries import FilmEntry, Version
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.notes import FilmFacts, FilmNotes
from video_censor_personal.media.probe import Film
from video_censor_personal.render.clean_copy import CopyRequest
from video_censor_personal.targets.jobs import Look, LookedAt, Observe, PlannedCopy
from video_censor_personal.targets.notes import Stats, stats_of
from video_censor_personal.targets.session import FilmSession


class NotLookedInto(Exception):
    """What is in the film would have to be found out."""


class _Noted(Film):
    """A film of which no more is known than its fingerprint, and which is not to be opened."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        super().__init__(path)
        self._fingerprint = fingerprint

    @property
    def info(self) -> MediaInfo:
        raise NotLookedInto

    @property
    def fingerprint(self) -> str:
        return self._fingerprint


@dataclass(frozen=True, slots=True)
class Found:
    """What is told of a film at the end: the segments by category, what was not seen, what else to know."""

    categories: Mapping[str, int]
    unseen: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Kept:
    """Results of this run, and the stat of their file when it held them."""

    results: Results
    stats: Stats


class ObservationsGone(VideoCensorError):
    """Another run removed what was observed, between its being written and being read."""

    kind = "system"

    def __init__(self, film: Path) -> None:
        super().__init__(f"What was observed in {film} is gone", "another run removed it", "Run again")


class KnownFilm:
    """A film, and what is known of it; what is not is found out in a process of its own.

    `found` is what was found in it, by profile, and `planned` what its copies will lack, by their paths.
    """

    def __init__(self, entry: FilmEntry, session: FilmSession) -> None:
        self.entry = entry
        self.session = session
        self.found: dict[str, Found] = {}
        self.planned: dict[Path, PlannedCopy] = {}
        self._results: dict[str, _Kept] = {}
        self._facts: FilmFacts | None = None
        self._assignments: tuple[Mapping[str, Readiness], list[Assignment]] | None = None
        self._fingerprint: str | None = None
        self._notes: FilmNotes | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self.entry.path

    @property
    def progress(self) -> Progress:
        """Where to show how far the film is."""
        return self.session.progress_of(self.entry)

    def release(self) -> None:
        """Give back the memory that the film takes; what is needed again is read again."""
        self._results = {}
        self._assignments = None
        self._facts = None if self._film_notes().read() is not None else self._facts

    def facts(self) -> FilmFacts:
        """Return what is in the film, found out in a process of its own where that is not known.

        Raises:
            Failure: the film cannot be read, or its process died.
            Cancelled: a stop was asked for.
        """
        return self._noted_facts() or self.plan_copies(())

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
        notes = self._film_notes()
        job = Look(self.path, session.folder, tuple(wanted), session.options.overwrite)
        looked: LookedAt = session.runner().run(job, self.progress, session.cancel)
        if notes.fingerprint() is None:  # it was looked at on another machine
            notes.write(looked.facts)
        self.require_same_film()
        self._facts, self._fingerprint = looked.facts, looked.facts.fingerprint
        self.planned |= looked.copies
        return looked.facts

    def require_same_film(self) -> None:
        """Make sure that the file is still the one that was looked at. Raises MediaError."""
        self._film_notes().require_same_film()

    def planned_copy(self, version: Version) -> PlannedCopy | None:
        """Return what a version's copy will lack, where that was found out in this run."""
        return None if version.copy is None else self.planned.get(version.copy)

    def known_observations(self) -> tuple[Path, ...]:
        """Return the files of what is to be observed, where that is known without a look into the film."""
        fingerprint = self._noted_fingerprint()
        if fingerprint is None:
            return ()
        store = self._planner().store
        with suppress(NotLookedInto):
            return tuple(store.path(each.key) for each in self._noted_assignments(fingerprint))
        return ()

    def noted(self) -> tuple[MediaInfo, list[Assignment], ObservationStore] | None:
        """Return what is in the film, what there is to observe and where that is kept, if that is known."""
        with suppress(NotLookedInto, VideoCensorError):
            facts = self._noted_facts()
            if facts is not None:
                return facts.info, self._noted_assignments(facts.fingerprint), self._planner().store
        return None

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
        return self._copy_request(self.facts(), version)

    def _copy_request(self, facts: FilmFacts, version: Version) -> CopyRequest:
        assert version.copy is not None
        results = self.results_of(version)
        return CopyRequest(
            facts,
            version.copy,
            results.segments,
            version.config,
            results.tracks,
            read_texts(results.coverage),
            self.beside(version),
        )

    def beside(self, version: Version) -> tuple[TextSource, ...]:
        """Return the files of subtitles beside the film that are to lie beside a version's copy, too."""
        is_wanted = version.copy is not None and version.config.subtitles.beside
        return files_beside(self.path, self.session.folder) if is_wanted else ()

    def keep_results(self, version: Version, results: Results) -> None:
        """Keep the results of a version that are in its file now."""
        self._results[version.profile] = _Kept(results, stats_of(results_file(version)))
        self._tell(version, results)

    def _tell(self, version: Version, results: Results) -> None:
        categories = Counter(
            each.category if each.certainty == "sure" else f"{each.certainty} {each.category}"
            for each in results.segments
        )
        self.found[version.profile] = Found(
            categories,
            coverage_lines(each for each in results.coverage if each.is_partial),
            results.warnings,
        )

    def decided(self, version: Version) -> Results | None:
        """Return a version's results where they were made in this run."""
        kept = self._results.get(version.profile)
        return None if kept is None else kept.results

    def results_of(self, version: Version) -> Results:
        """Return a version's results: of this run, or as they are in its file since. Raises SegmentsError."""
        kept = self._results.get(version.profile)
        if kept is not None and kept.stats == stats_of(results_file(version)):
            return kept.results
        assert version.results is not None
        results = read_results(version.results)
        self._tell(version, results)
        return results

    def _planner(self) -> Analyser:
        """Return an analyser that only tells what there is to observe."""
        return Analyser(self.session.folder, self.session.find_model)

    def _known_fingerprint(self) -> str:
        return self._noted_fingerprint() or self.facts().fingerprint

    def _noted_fingerprint(self) -> str | None:
        """Return the film's SHA-256 where it is known and the file is the same; raises MediaError."""
        if self._fingerprint is None:
            facts = self._facts
            self._fingerprint = self._film_notes().fingerprint() if facts is None else facts.fingerprint
        return self._fingerprint

    def _noted_facts(self) -> FilmFacts | None:
        """Return what is known of what is in the film; nothing is looked into for that."""
        if self._facts is None:
            self._facts = self._film_notes().read()
        return self._facts

    def _film_notes(self) -> FilmNotes:
        """Return the notes on the file as it was when it was first looked at. Raises MediaError."""
        if self._notes is None:
            self._notes = FilmNotes(self.path, self.session.folder)
        return self._notes

    def _noted_assignments(self, fingerprint: str) -> list[Assignment]:
        """Return what there is to observe, without a look into the film; raises NotLookedInto."""
        session, expected = self.session, self.session.expected
        known = self._assignments
        if known is None or known[0] is not expected:
            facts = self._facts
            film = _Noted(self.path, fingerprint) if facts is None else Film(self.path, known=facts)
            request = AnalysisSetup(self.entry.versions[0].config, expected).request(film)
            found = Analyser(session.folder, session.find_model).assignments(request)
            self._assignments = known = (expected, found)
        return known[1]

    def _observe(
        self, _context: RunContext, assignments: Iterable[Assignment], store: ObservationStore
    ) -> dict[str, Observed]:
        """Let detectors observe the film in a process of its own, and return what they observed."""
        wanted = tuple(assignments)
        session = self.session
        models = tuple(session.expected[name].spec for name in session.expected)
        needs = session.manager.config.needs()
        job = Observe(self.path, self.facts(), wanted, store.root, models, needs)
        self.require_same_film()
        session.runner().run(job, self.progress, session.cancel)
        found = {each.key.digest: store.load(each.key) for each in wanted}
        if any(each is None for each in found.values()):
            raise ObservationsGone(self.path)
        return {digest: each for digest, each in found.items() if each is not None}


def results_file(version: Version) -> tuple[Path, ...]:
    """Return a version's results file, or nothing where results are kept in memory."""
    return () if version.results is None else (version.results,)
