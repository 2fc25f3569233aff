"""AnalysisPipeline: from a video and a config to segments and a clean copy, failing closed.

It is a door to the tasks of one film, which doit runs too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from modeltasks.provision.readiness import Readiness
from modeltasks.report.progress import NoProgress, Progress
from modeltasks.report.results import ModelResult
from modeltasks.spec import ModelSpec
from modeltasks.support.cancel import CancelToken
from video_censor_personal.config import Config
from video_censor_personal.errors import UsageError
from video_censor_personal.export.results_film import require_fit, require_within
from video_censor_personal.export.results_json import Results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.coverage import Coverage, coverage_lines
from video_censor_personal.library.discover import FoundFilm
from video_censor_personal.library.entries import FilmEntry, Version
from video_censor_personal.library.names import film_names
from video_censor_personal.model_manager import BackgroundRefresh, ModelManager
from video_censor_personal.render.clean_copy import CleanCopy
from video_censor_personal.targets import steps
from video_censor_personal.targets.dry_run import PlannedFilm, planned_film
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.run import run_film
from video_censor_personal.targets.session import FilmSession
from video_censor_personal.targets.shown import Shown
from video_censor_personal.targets.steps import NotAllSeen
from video_censor_personal.targets.summary import film_summary

__all__ = ["AnalysisPipeline", "NotAllSeen", "State"]


class State(StrEnum):
    """How far a pipeline has come."""

    CREATED = "created"
    MODELS_READY = "models-ready"
    ANALYSING = "analysing"
    DONE = "done"
    FAILED = "failed"


class AnalysisPipeline:
    """Analyses one video with the enabled detectors of a config, and renders its clean copy.

    Args:
        video: the input; never changed.
        config: a loaded config, the path of one, or its content as a mapping.
        manager: the models' manager, when there is one already.
        progress: where to show how far it is; nothing by default.
        cancel: set it, from any thread, to stop.

    Set `overwrite` to replace files at the outputs that this program did not make, and `allow_incomplete` to
    have a clean copy though not all of the film was looked at.
    """

    def __init__(
        self,
        video: Path | str,
        config: Config | Mapping[str, object] | str | Path,
        *,
        manager: ModelManager | None = None,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        self.video = Path(video)
        self._cancel = cancel or CancelToken()
        self.overwrite = False
        self.allow_incomplete = False
        self._allow_all = False
        self._checked: Path | None = None
        shown = progress or NoProgress()
        self._manager = manager or ModelManager(config, progress=shown, cancel=self._cancel)
        self.config = self._manager.config
        self.state = State.CREATED
        self.results: Results | None = None
        self._session = FilmSession(self._manager)
        self._session.progress_of = lambda _film: shown
        path = self.video.absolute()
        (name,) = film_names([FoundFilm(path, path.parent)])
        entry = FilmEntry(name, self.video, (Version(self.config),))
        self._film = FilmState(entry, self._session)
        self._refresh = BackgroundRefresh(self._manager)

    def show(self, stream: TextIO | None) -> Shown:
        """Show on a stream how far the film is, from now on, in place of `progress`."""
        return Shown([self._film], self._session, stream)

    def use_runner(self, address: str) -> None:
        """Let the work be done by `local` processes, or through a scheduler; empty: as configured."""
        self._session.use_runner(address)

    def requirements(self) -> tuple[ModelSpec, ...]:
        """Return the models that the enabled detectors need."""
        return self.config.required_models()

    @property
    def readiness(self) -> dict[str, Readiness]:
        """How the required models stand, looked at once; what was in doubt has been hashed."""
        return self._session.readiness

    def verify_models(
        self, *, download: bool = False, readiness: dict[str, Readiness] | None = None
    ) -> list[ModelResult]:
        """Make sure that every required model is in place, before any detector is opened.

        Args:
            download: fetch what is missing; otherwise it is an error.
            readiness: how the required models stand, where that is known already.

        Raises:
            ModelsMissing: models are missing or altered; names them, their sizes and the command to run.
            ModelTasksError: a required model could not be fetched.
        """
        results: list[ModelResult] = []
        if download:
            results, current = self._manager.bring()
            for result in results:
                if not result.ok and result.error is not None:
                    raise result.error
            readiness = self._manager.readiness(known=current)
        if readiness is not None:
            self._session.readiness = readiness
        self._session.require_models()
        self.state = State.MODELS_READY
        return results

    def analyze(self, output: Path | str | None = None, *, allow_all: bool = False) -> Results:
        """Return what the enabled detectors find; write it to `output` when that is given.

        Decisions that a person wrote into `output` before are kept. What was observed before is not
        observed again.

        Raises:
            ModelsMissing: as `verify_models`, when that was not called before.
            UsageError: `output` is not to be written, as `check_output` says; nothing was begun.
            VideoCensorError: the video cannot be read, or a detector failed.
        """
        if output is not None and Path(output) != self._checked:
            self.check_output(output)
        if self.state is not State.MODELS_READY:
            self.verify_models()
        self.state = State.ANALYSING
        with self._failing():
            self._allow_all = allow_all
            version = self._aim(results=output)
            if self._film.why_observe():
                self._refresh.start()
            with suppress(NotAllSeen):  # `require_whole` and `render` say so
                run_film(self._film, "segments")
            self.results = self._film.results_of(version)
        self.state = State.DONE
        return self.results

    def forget(self) -> None:
        """Make the next `analyze` observe everything again.

        Raises:
            VideoCensorError: the video cannot be read.
        """
        steps.forget(self._film)

    def load(self, segments: Path | str) -> Results:
        """Take the segments from a results file instead of looking at the video.

        Raises:
            SegmentsError: it cannot be read, makes no sense, or is of a film of another length.
            MediaError: the video cannot be read.
        """
        path = Path(segments)
        with self._failing():
            results = read_results(path)
            facts = self._film.facts()
            fits = require_fit(path, results, self.video, facts.fingerprint, facts.info.duration)
            late = require_within(path, results.segments, facts.info.duration)
        doubts = (*results.doubts, *fits, *late)
        self.results = replace(results, warnings=(*results.warnings, *doubts))
        version = self._aim(results=path)
        self._film.given = True
        self._film.keep_results(version, self.results)
        self.state = State.DONE
        return self.results

    def check_output(self, output: Path | str) -> None:
        """Make sure, before hours of analysis, that results can be written to `output`, and lose nothing.

        Raises:
            UsageError: no file can be put there, or what is there is somebody else's.
            SegmentsError: there are results of this film already, with a mistake in them.
        """
        with self._failing():
            steps.check_results(self._film, self._aim(results=output))
            self._checked = Path(output)

    def check_render(self, output: Path | str) -> None:
        """Make sure, before hours of analysis, that a clean copy could be written to `output`.

        What its container cannot hold is in `summary()["dropped_streams"]` then.

        Raises:
            UsageError: the config asks for what cannot be done, or `output` is not to be written, or its
                container cannot hold the film.
            MediaError: the video cannot be read.
        """
        with self._failing():
            steps.check_copy(self._film, self._aim(copy=output))

    @property
    def copy_warnings(self) -> tuple[str, ...]:
        """What was said of the copy before it was made: what it will lack, and what was in doubt."""
        planned = self._film.planned_copy(self._version)
        return (*(planned.warnings if planned is not None else ()), *self._film.told)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """A line for each detector of the analysis: how much it was shown."""
        return coverage_lines(self._coverage)

    @property
    def not_looked_at(self) -> tuple[str, ...]:
        """The lines of `looked_at` about tracks with gaps, or with talk that was hardly understood."""
        return coverage_lines(each for each in self._coverage if each.is_partial or each.doubtful)

    def require_whole(self) -> None:
        """Make sure that every detector was shown what there is of the film.

        Raises:
            NotAllSeen: one was not; the results say which, and what it was not shown.
        """
        if self.results is not None and self.results.unseen:
            raise steps.not_all_seen(self._film, self.results)

    def render(self, output: Path | str, *, force: bool = False) -> CleanCopy:
        """Write the clean copy to `output`, unless it is there already and nothing has changed since.

        Args:
            output: where to write it.
            force: write it in any case.

        Raises:
            UsageError: there are no segments yet.
            NotAllSeen: part of the film was not looked at, and `allow_incomplete` is not set.
            VideoCensorError: it cannot be made, or what was made is not clean.
        """
        if self.results is None:
            raise UsageError("There is nothing to render", "the video was not analysed", "Analyse it first")
        with self._failing():
            version = self._aim(copy=output)
            steps.require_whole(self._film, version)
            run_film(self._film, "copy", force=["copy"] if force else ())
            return self._film.copy_of(version)

    def planned(self) -> PlannedFilm:
        """Return what would be done with the film, and why; nothing is opened or written for that."""
        return planned_film(self._film)

    def summary(self) -> dict[str, Any]:
        """Return what was done, as plain values for JSON."""
        return {
            "state": str(self.state),
            "input": str(self.video),
            "notices": [
                {"model": name, "kind": notice.kind, "message": notice.message}
                for name, notice in self._refresh.found()
            ],
            **film_summary(self._film, self._version, self.results),
        }

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Note it where the block fails."""
        try:
            yield
        except BaseException:
            self.state = State.FAILED
            raise

    @property
    def _coverage(self) -> tuple[Coverage, ...]:
        """How much each detector was shown, where the film was analysed."""
        return () if self.results is None or self._film.given else self.results.coverage

    @property
    def _version(self) -> Version:
        return self._film.entry.versions[0]

    def _aim(self, *, results: Path | str | None = None, copy: Path | str | None = None) -> Version:
        """Say what is wanted of the film; what is not given stays as it is."""
        self._session.allow(
            overwrite=self.overwrite, allow_incomplete=self.allow_incomplete, allow_all=self._allow_all
        )
        wanted = self._version
        if results is not None:
            wanted = replace(wanted, results=Path(results))
        if copy is not None:
            wanted = replace(wanted, copy=Path(copy))
        self._film.aim(wanted)
        return wanted
