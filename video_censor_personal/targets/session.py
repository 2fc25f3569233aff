"""What the film tasks of one run share: the models, where notes are kept, who does the work."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from modeltasks.errors import NotInstalled
from modeltasks.provision.readiness import Readiness
from modeltasks.report.progress import NoProgress, Progress
from modeltasks.store.usage import touch_used
from video_censor_personal.analysis import InstalledModel
from video_censor_personal.commands import before_fetching, fetch_command
from video_censor_personal.config import Config
from video_censor_personal.config.values import Library, ModelsConfig
from video_censor_personal.errors import ModelsMissing
from video_censor_personal.locations import analysis_folder
from video_censor_personal.media.progress import Phase
from video_censor_personal.render.clean_copy import Copier
from video_censor_personal.runners.runner import Runner
from video_censor_personal.runners.workers import shared_workers
from video_censor_personal.targets.inputs import Inputs, hide_inputs, policy_inputs, render_inputs
from video_censor_personal.targets.notes import TargetNotes
from video_censor_personal.targets.places import Places

if TYPE_CHECKING:
    from modeltasks.provision.session import Session
    from video_censor_personal.library.entries import FilmEntry
    from video_censor_personal.model_manager import ModelManager


@dataclass(frozen=True, slots=True)
class Options:
    """What a user asked for besides the films.

    Args:
        overwrite: replace files at the outputs that this program did not make.
        allow_incomplete: make a clean copy though not all of the film was looked at.
        allow_all: segments without a decision are allowed ones.
    """

    overwrite: bool = False
    allow_incomplete: bool = False
    allow_all: bool = False


_USUAL = Options()


def _nobody_asks(_film: FilmEntry, _phases: Iterable[Phase]) -> None:
    """Take what will be done, and tell nobody."""


def _no_progress(_film: FilmEntry) -> Progress:
    return NoProgress()


def _open_cluster(address: str, paths: Mapping[str, str], models: ModelsConfig) -> Runner:
    from video_censor_personal.runners.cluster import Cluster

    return Cluster(address, paths, models)


class _ContentLocks:
    """A lock for each content that a program works on."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def of(self, fingerprint: str) -> threading.Lock:
        """Return the lock of a content."""
        with self._guard:
            return self._locks[fingerprint]


class FilmSession:
    """One run over films; set its attributes before the first task runs.

    Args:
        manager: of the models; its `cancel` stops the run.
        options: what else was asked for.
        models: the session in which models are brought up to date in the same run, where they are.

    `progress_of` gives where to show how far a film is, and `expect` takes what will be done to it.
    `open_runner` gives who does the work; it is called when there is some.
    """

    def __init__(
        self, manager: ModelManager, options: Options = _USUAL, models: Session | None = None
    ) -> None:
        self.manager = manager
        self.cancel = manager.cancel
        self.options = options
        self.progress_of: Callable[[FilmEntry], Progress] = _no_progress
        self.expect: Callable[[FilmEntry, Iterable[Phase]], None] = _nobody_asks
        self.open_runner: Callable[[], Runner] = shared_workers
        self._runner: Runner | None = None
        self._models = models
        self._readiness: dict[str, Readiness] | None = None
        self._marked = False
        self._guard = threading.Lock()
        self._contents = _ContentLocks()
        self._policies: dict[int, Inputs] = {}
        self._renders: dict[int, Inputs] = {}
        self._hides: dict[int, Inputs] = {}

    def one_of_its_own(self) -> FilmSession:
        """Return a session with the same models, options, runner and locks, stopped and shown by itself."""
        session = FilmSession(self.manager, self.options)
        session.open_runner = self.open_runner
        session.places, session._contents = self.places, self._contents
        return session

    @cached_property
    def folder(self) -> Path:
        """Where observations and notes are kept."""
        return analysis_folder(self.manager.cache_dir)

    @cached_property
    def notes(self) -> TargetNotes:
        """What targets were made from."""
        return TargetNotes(self.folder)

    @cached_property
    def places(self) -> Places:
        """Where results of each content are."""
        return Places(self.folder)

    @contextmanager
    def only_looking(self) -> Iterator[None]:
        """Write no notes within the block."""
        notes = self.notes
        self.notes = replace(notes, read_only=True)
        try:
            yield
        finally:
            self.notes = notes

    def use_runner(self, address: str) -> None:
        """Let jobs be done by `local` processes, or through a scheduler; empty: as configured."""
        config = self.manager.config
        library = config.library or Library(())
        address = address or library.runner
        if address != "local":
            self.open_runner = partial(_open_cluster, address, library.paths, config.models)

    def runner(self) -> Runner:
        """Return who does the work; from the first call on, until `close`."""
        with self._guard:
            if self._runner is None:
                self._runner = self.open_runner()
            return self._runner

    def copier(self) -> Copier:
        """Return what makes clean copies, and knows which files are some."""
        return Copier(self.folder, self.cancel, overwrite=self.options.overwrite)

    def is_copy(self, path: Path) -> bool:
        """Whether a file is a clean copy that was made here; one that is known as a film is none."""
        copier = self.copier()
        if copier.is_noted(path):
            return True
        if self.notes.path("observe", path).exists():
            return False
        return copier.is_ours(path)

    @property
    def readiness(self) -> dict[str, Readiness]:
        """How the required models stand, looked at once; what was in doubt has been hashed."""
        with self._guard:
            if self._readiness is None:
                known = self._models.readiness if self._models is not None else None
                self._readiness = self.manager.readiness(known=known)
            return self._readiness

    @readiness.setter
    def readiness(self, value: dict[str, Readiness]) -> None:
        self._readiness = value

    @property
    def expected(self) -> Mapping[str, Readiness]:
        """How the required models stand, or should: nothing is looked at for that."""
        return self._expected if self._readiness is None else self._readiness

    @cached_property
    def _expected(self) -> dict[str, Readiness]:
        manager = self.manager
        return {
            spec.name: Readiness(spec.name, manager.known(spec)) for spec in manager.config.required_models()
        }

    def require_models(self) -> None:
        """Make sure that the models which the detectors need are in place.

        Raises:
            ModelsMissing: some are missing or altered; names them, their sizes and the command to run.
            ModelTasksError: one cannot be used.
        """
        needed = {spec.name for spec in self.manager.config.required_models() if not spec.optional}
        unusable = [
            each for each in self.readiness.values() if each.error is not None and each.name in needed
        ]
        for each in unusable:
            if each.error is not None and not isinstance(each.error, NotInstalled):
                raise each.error
        if unusable:
            missing = tuple((each.name, each.spec.size) for each in unusable)
            network = self.manager.config.models.network
            advice = before_fetching([each.spec for each in unusable], network)
            raise ModelsMissing(missing, fetch_command(self.manager.config.path), advice)
        if not self._marked:
            self._marked = True
            # What was used longest ago goes first when room is needed.
            touch_used(self.manager.store.layout, [each.spec.name for each in self.readiness.values()])

    def content_lock(self, fingerprint: str) -> threading.Lock:
        """Return the lock of a content, so that two films that are the same are observed once."""
        return self._contents.of(fingerprint)

    def find_model(self, name: str) -> InstalledModel:
        """Return where the files of a model are, or would be."""
        spec, layout = self.expected[name].spec, self.manager.store.layout
        files = tuple(file.path for file in spec.files)
        return InstalledModel(layout.directory(spec.name), files, spec.entry_digest)

    def policy_inputs(self, config: Config) -> Inputs:
        """Return what turns observations into segments, worked out once."""
        if id(config) not in self._policies:
            self._policies[id(config)] = policy_inputs(config, allow_all=self.options.allow_all)
        return self._policies[id(config)]

    def render_inputs(self, config: Config) -> Inputs:
        """Return what turns segments into a copy, worked out once."""
        if id(config) not in self._renders:
            self._renders[id(config)] = render_inputs(config)
        return self._renders[id(config)]

    def hide_inputs(self, config: Config) -> Inputs:
        """Return what says what is hidden and how, worked out once."""
        if id(config) not in self._hides:
            self._hides[id(config)] = hide_inputs(config)
        return self._hides[id(config)]

    def allow(self, **options: bool) -> None:
        """Change what was asked for."""
        self.options = replace(self.options, **options)
        self._policies.clear()
