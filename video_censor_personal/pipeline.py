"""AnalysisPipeline: from a video and a config to segments and a clean copy, failing closed."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeltasks.errors import NotInstalled
from modeltasks.provision.readiness import Readiness
from modeltasks.report.progress import NoProgress, Progress
from modeltasks.report.results import ModelResult
from modeltasks.spec import ModelSpec
from modeltasks.store.usage import touch_used
from modeltasks.support.cancel import CancelToken
from video_censor_personal.analysis import Analyser, AnalysisResult, InstalledModel
from video_censor_personal.analysis.setup import AnalysisSetup
from video_censor_personal.config import Config
from video_censor_personal.errors import ModelsMissing, UsageError
from video_censor_personal.export import results_update
from video_censor_personal.export.results_json import Results, coverage_entries
from video_censor_personal.export.results_reader import mismatches, read_results, require_within
from video_censor_personal.findings.coverage import coverage_lines
from video_censor_personal.locations import analysis_folder, find_config
from video_censor_personal.media.errors import MediaError, write_failure
from video_censor_personal.media.notes import fingerprint
from video_censor_personal.media.probe import Film
from video_censor_personal.model_manager import BackgroundRefresh, ModelManager
from video_censor_personal.render.clean_copy import CleanCopy, Copier
from video_censor_personal.render.plan import require_no_cuts

if TYPE_CHECKING:
    from video_censor_personal.render.streams import StreamPlan


class NotAllSeen(MediaError):
    """Not all of the film was looked at, so it cannot be called clean."""

    def __init__(self, what: str, results: Results, fix: str) -> None:
        shown = [each for each in results.coverage if each.detector in results.unseen]
        blind = set(results.unseen) - {each.detector for each in shown}
        others = (f"{name} did not look at all of it" for name in results.unseen if name in blind)
        super().__init__(what, "; ".join((*coverage_lines(shown), *others)), fix)


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
        self._progress = progress or NoProgress()
        self._cancel = cancel or CancelToken()
        self.overwrite = False
        self.allow_incomplete = False
        self._checked: Path | None = None
        self._manager = manager or ModelManager(config, progress=self._progress, cancel=self._cancel)
        self.config = self._manager.config
        self._film = Film(self.video, self._folder)
        self.state = State.CREATED
        self.results: Results | None = None
        self._analysis: AnalysisResult | None = None
        self._output: Path | None = None
        self._output_written = False
        self._copy: CleanCopy | None = None
        self._plan: StreamPlan | None = None
        self._refresh = BackgroundRefresh(self._manager)
        self._readiness: dict[str, Readiness] | None = None

    def requirements(self) -> tuple[ModelSpec, ...]:
        """Return the models that the enabled detectors need."""
        return self.config.required_models()

    @property
    def readiness(self) -> dict[str, Readiness]:
        """How the required models stand, looked at once; what was in doubt has been hashed."""
        if self._readiness is None:
            self._readiness = self._manager.readiness()
        return self._readiness

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
        self._readiness = readiness or self._readiness
        unusable = [each for each in self.readiness.values() if each.error is not None]
        needed = {spec.name for spec in self.requirements() if not spec.optional}
        for each in unusable:
            if each.name in needed and each.error is not None and not isinstance(each.error, NotInstalled):
                raise each.error
        missing = tuple((each.name, each.spec.size) for each in unusable if each.name in needed)
        if missing:
            raise ModelsMissing(missing, self._fetch_command())
        self.state = State.MODELS_READY
        self._refresh.start()
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
            setup = self._setup(allow_all=allow_all)
            self._analysis = self._analyser().analyse(setup.request(self._film))
            self.results = setup.results(self._film, self._analysis, self._dropped)
            if output is not None:
                self._write(Path(output))
        self.state = State.DONE
        return self.results

    def forget(self) -> None:
        """Make the next `analyze` observe everything again.

        Raises:
            VideoCensorError: the video cannot be read.
        """
        self._analyser().forget(self._setup().request(self._film))

    def load(self, segments: Path | str) -> Results:
        """Take the segments from a results file instead of looking at the video.

        Raises:
            SegmentsError: it cannot be read, or makes no sense.
            MediaError: the video cannot be read.
        """
        with self._failing():
            results = read_results(Path(segments))
            duration = self._film.info.duration
            late = require_within(Path(segments), results.segments, duration)
        doubts = (*results.doubts, *mismatches(results, self.video, duration), *late)
        self.results = replace(results, warnings=(*results.warnings, *doubts))
        self.state = State.DONE
        return self.results

    def check_output(self, output: Path | str) -> None:
        """Make sure, before hours of analysis, that results can be written to `output`, and lose nothing.

        Raises:
            UsageError: no file can be put there, or what is there is somebody else's.
            SegmentsError: there are results of this film already, with a mistake in them.
        """
        path = Path(output)
        with self._failing():
            duration = self._film.info.duration if os.path.lexists(path) else 0.0
            film = results_update.FilmIdentity(self.video.name, duration, self._fingerprint)
            old = results_update.earlier_results(path, film, overwrite=self.overwrite)
            if old is not None:
                require_within(path, old.segments, duration)
            self._checked = path

    def check_render(self, output: Path | str) -> None:
        """Make sure, before hours of analysis, that a clean copy could be written to `output`.

        What its container cannot hold is in `summary()["dropped_streams"]` then.

        Raises:
            UsageError: the config asks for what cannot be done, or `output` is not to be written, or its
                container cannot hold the film.
            MediaError: the video cannot be read.
        """
        with self._failing():
            require_no_cuts(self.config.video)
            self._plan = self._copier().plan(self._film.info, Path(output), self.config)

    @property
    def copy_warnings(self) -> tuple[str, ...]:
        """What the copy that `check_render` planned will lack."""
        return self._plan.warnings if self._plan is not None else ()

    @property
    def looked_at(self) -> tuple[str, ...]:
        """A line for each detector of the analysis: how much it was shown."""
        return coverage_lines(self._analysis.coverage) if self._analysis is not None else ()

    @property
    def not_looked_at(self) -> tuple[str, ...]:
        """The lines of `looked_at` about tracks with gaps, or with talk that was hardly understood."""
        coverage = self._analysis.coverage if self._analysis is not None else ()
        return coverage_lines(each for each in coverage if each.gaps or each.doubtful)

    def require_whole(self) -> None:
        """Make sure that every detector was shown what there is of the film.

        Raises:
            NotAllSeen: one was not; the results say which, and what it was not shown.
        """
        if self.results is not None and self.results.unseen:
            raise NotAllSeen(
                f"Not all of {self.video} was looked at",
                self.results,
                "Get a fresh copy of the film, or look at the rest yourself",
            )

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
        if self.results.unseen and not self.allow_incomplete:
            self.state = State.FAILED
            raise NotAllSeen(
                f"{output} was not made, because not all of {self.video} was looked at",
                self.results,
                "Get a fresh copy of the film, or accept what nobody looked at with --allow-incomplete",
            )
        with self._failing():
            copier, path, results = self._copier(), Path(output), self.results
            plan = self._plan
            if plan is None or plan.target != path:
                plan = copier.plan(self._film.info, path, self.config)
            self._copy = copier.copy(plan, results.segments, self.config, results.tracks, force=force)
        return self._copy

    def summary(self) -> dict[str, Any]:
        """Return what was done, as plain values for JSON."""
        results, analysis, copy = self.results, self._analysis, self._copy
        summary: dict[str, Any] = {"state": str(self.state), "input": str(self.video)}
        summary["notices"] = [
            {"model": name, "kind": notice.kind, "message": notice.message}
            for name, notice in self._refresh.found()
        ]
        if results is not None:
            summary["segments"] = len(results.segments)
            summary["coverage"] = coverage_entries(results.coverage)
            summary["incomplete"] = list(results.incomplete)
            summary["warnings"] = list(results.warnings)
        if self._output is not None:
            summary["output"] = str(self._output)
            summary["output_written"] = self._output_written
        if analysis is not None:
            summary["observed"] = list(analysis.observed)
            summary["remembered"] = list(analysis.remembered)
        if self._dropped is not None:
            summary["dropped_streams"] = list(self._dropped)
        if copy is not None:
            summary["output_video"] = str(copy.path)
            summary["output_video_written"] = copy.written
            summary["edits"] = copy.edits
            summary["warnings"] += list(copy.warnings)
        return summary

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Note it where the block fails."""
        try:
            yield
        except BaseException:
            self.state = State.FAILED
            raise

    @property
    def _folder(self) -> Path:
        return analysis_folder(self._manager.cache_dir)

    def _copier(self) -> Copier:
        return Copier(self._folder, self._cancel, self._progress, overwrite=self.overwrite)

    def _fingerprint(self) -> str:
        return fingerprint(self.video, self._folder, cancel=self._cancel)

    def _setup(self, *, allow_all: bool = False) -> AnalysisSetup:
        return AnalysisSetup(self.config, self.readiness, allow_all)

    def _analyser(self) -> Analyser:
        return Analyser(self._folder, self._installed, progress=self._progress, cancel=self._cancel)

    def _installed(self, name: str) -> InstalledModel:
        spec, layout = self.readiness[name].spec, self._manager.store.layout
        touch_used(layout, [spec.name])
        files = tuple(file.path for file in spec.files)
        return InstalledModel(layout.directory(spec.name), files, spec.entry_digest)

    @property
    def _dropped(self) -> tuple[dict[str, Any], ...] | None:
        return tuple(each.as_dict() for each in self._plan.dropped) if self._plan is not None else None

    def _write(self, output: Path) -> None:
        assert self.results is not None
        try:
            updated = results_update.update_results(
                output, self.results, self.config.output, overwrite=self.overwrite
            )
        except OSError as error:
            raise write_failure(output, error) from error
        self.results = replace(updated.results, warnings=(*updated.results.warnings, *updated.warnings))
        self._output = output
        self._output_written = updated.written

    def _fetch_command(self) -> str:
        """Return what to type: the config is named only where it would not be found by itself."""
        command = "video-censor --download-models"
        path = self.config.path
        if path is None or Path(find_config(None, os.environ, Path.cwd())) == path:
            return command
        return f"{command} --config {shlex.quote(str(path))}"
