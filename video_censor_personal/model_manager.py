"""ModelManager: the application's door to `modeltasks`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modeltasks.errors import ConfigError, ModelTasksError, NotInstalled, Unexpected
from modeltasks.provision.readiness import Readiness, assess
from modeltasks.provision.session import Session
from modeltasks.registry import Registry
from modeltasks.report.notice import Notice
from modeltasks.report.progress import FileProgress, Progress
from modeltasks.report.results import ModelResult, Status
from modeltasks.resolve.lockfile import Lock, is_locked, lock_path, read_lock, require_locked
from modeltasks.spec import HubRef, ModelSpec
from modeltasks.store import Store
from modeltasks.support.cancel import CancelToken
from video_censor_personal.config import Config, config_from_mapping, load_config

if TYPE_CHECKING:
    from modeltasks.tasks.catalogue import Catalogue

ModelDownloadError = ModelTasksError
"""Any failure of provisioning (the original's name for it)."""

ProgressCallback = Callable[[str, int, int], None]
"""Called with the name of a model's file, the bytes done and the bytes in all (0: unknown)."""


class ModelManager:
    """Knows which models a config asks for, whether they are in place, and how to put them there.

    Args:
        config: a loaded config, the path of one, or its content as a mapping.
        progress: where to show transfers; nothing by default.
        cancel: set it, from any thread, to stop what is under way.
        jobs: how many models are fetched at once.
    """

    def __init__(
        self,
        config: Config | Mapping[str, object] | str | Path,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        jobs: int = 4,
    ) -> None:
        if isinstance(config, str | Path):
            config = load_config(config)
        elif not isinstance(config, Config):
            config = config_from_mapping(config)
        self.config = config
        self.cache_dir = config.models.cache_dir
        self.store = Store(self.cache_dir)
        self.store.check(config.models.sources)
        self.lock = read_lock(lock_path(config.path)) if config.path else Lock()
        self._progress = progress
        self._cancel = cancel or CancelToken()
        self._jobs = jobs
        # Answers what is known without the network; opens nothing by itself.
        self._session = self.session()
        self._resolver = self._session.resolver

    def get_model_path(self, name: str) -> Path:
        """Return what a detector opens: the file of a one-file model, else the model's folder.

        Raises:
            ConfigError: the config has no such model.
        """
        return self.store.opened(self._resolver.known(self._spec(name)))

    def is_model_valid(self, name: str) -> bool:
        """Whether the files of a model are what the config asks for; those in doubt are hashed, once.

        Raises:
            Cancelled: the run was stopped.
        """
        spec = self.config.model(name)
        if spec is None:
            return False
        found = self.readiness([spec])[name]
        return found.ready and found.spec.name == name

    def readiness(self, specs: Iterable[ModelSpec] | None = None) -> dict[str, Readiness]:
        """Return how models stand, by default the required ones; what is in doubt is hashed, once.

        Raises:
            Cancelled: the run was stopped.
        """
        wanted = tuple(self.config.required_models() if specs is None else specs)
        return assess(wanted, self.config.model, self._session)

    def result(self, readiness: Readiness) -> ModelResult:
        """Return what a run that fetches nothing says of a model."""
        name, spec, error = readiness.name, readiness.spec, readiness.error
        path = str(self.store.opened(spec))
        if error is not None:
            if isinstance(error, NotInstalled):
                error = NotInstalled(name, error.why, "Fetch it with `video-censor --download-models`")
            optional = self._spec(name).optional
            return ModelResult(name, "skipped" if optional else "failed", path, error=error)
        notices = self._resolver.notices(self._spec(name))
        used = spec.name if spec.name != name else None
        status: Status = "kept" if readiness.doubted else "current"
        return ModelResult(name, status, path, warnings=notices, used=used)

    def unrefreshed(self) -> tuple[tuple[str, HubRef], ...]:
        """Return the required models of a hub that nobody asked about for a day; locked ones are left out."""
        specs = self.config.required_models()
        of_a_hub = ((spec, spec.hub) for spec in specs if spec.hub and not is_locked(spec, self.lock))
        registry = self._resolver.registry
        return tuple(
            (spec.name, hub) for spec, hub in of_a_hub if not registry.is_fresh(hub.repo, hub.revision)
        )

    def refresh(self, hub: HubRef) -> tuple[Notice, ...]:
        """Ask the hub about a repository, once a day and with one try, and return what its record warns of.

        Raises:
            ModelTasksError: nothing is known, and the hub gives no answer.
            Cancelled: the run was stopped.
        """
        once = replace(self.config.models.network, retries=0)
        return Registry(self.cache_dir, once, self._cancel).query(hub.repo, hub.revision).notices

    def source(self, spec: ModelSpec) -> str | None:
        """Return where the bytes of a model came from, as far as that is on record."""
        records = (self.store.receipts.record(spec.name, file.path) for file in spec.files)
        return next((record.evidence.source for record in records if record is not None), None)

    def in_place(self) -> tuple[ModelSpec, ...] | None:
        """Return the required models if all are current until config, lock or files are edited, else None."""
        from modeltasks.tasks.models import why_stale

        required = self.config.required_models()
        lasting = all(self._resolver.is_pinned(spec) for spec in required)
        if not lasting or any(why_stale(spec, self._session) for spec in required):
            return None
        return tuple(map(self._resolver.known, required))

    def require_locked(self, specs: Iterable[ModelSpec] | None = None) -> None:
        """Refuse to go on unless the lock file pins these models of a hub, by default the required ones.

        Raises:
            ConfigError: names those that it does not pin.
        """
        require_locked(self.config.required_models() if specs is None else specs, self.lock)

    def verify_models(
        self,
        sources: Iterable[ModelSpec | str] | None = None,
        progress_callback: ProgressCallback | None = None,
    ) -> dict[str, bool]:
        """Bring models up to date: fetch what is missing, repair what is not as it should be.

        Args:
            sources: models or their names; by default those that the enabled detectors need.
            progress_callback: told of the bytes of each transfer.

        Returns:
            True for each model that is in place, False for an optional one that could not be had.

        Raises:
            ModelTasksError: a required model could not be had.
            Cancelled: the run was stopped.
        """
        specs = None if sources is None else [self._as_spec(source) for source in sources]
        progress = self._progress if progress_callback is None else _CallbackProgress(progress_callback)
        results = self.provide(specs, progress=progress)
        for result in results:
            if not result.ok and result.error is not None:
                raise result.error
        return {result.name: result.status != "skipped" for result in results}

    def provide(
        self,
        specs: Iterable[ModelSpec] | None = None,
        *,
        force: bool = False,
        progress: Progress | None = None,
    ) -> list[ModelResult]:
        """Bring models up to date and report on each; a failure is a result, not an exception.

        Raises:
            Cancelled: the run was stopped.
            KeyboardInterrupt: passed on, when what is under way has been put down.
        """
        wanted = tuple(self.config.required_models() if specs is None else specs)
        results = self._run(wanted, progress or self._progress, force=force)
        return [results.get(spec.name) or self._current(spec) for spec in wanted]

    def _download_model(
        self, source: ModelSpec | str, progress_callback: ProgressCallback | None = None
    ) -> Path:
        """Bring one model up to date and return its path.

        Raises:
            ModelTasksError: it could not be had.
        """
        spec = self._as_spec(source)
        progress = self._progress if progress_callback is None else _CallbackProgress(progress_callback)
        (result,) = self.provide([spec], progress=progress)
        if result.error is not None:
            raise result.error
        return Path(result.path)

    def _run(
        self, wanted: tuple[ModelSpec, ...], progress: Progress | None, *, force: bool
    ) -> dict[str, ModelResult]:
        from modeltasks.tasks.engine import run
        from modeltasks.tasks.models import model_tasks

        session = self.session(progress)
        try:
            tasks = model_tasks(self.catalogue(wanted), session, force=force)
            report = run(tasks, ["models"], jobs=self._jobs, cancel=self._cancel)
        finally:
            session.close()
        for name, why in report.failed.items():
            if name.removeprefix("models:") not in session.results:
                raise Unexpected(f"The task {name}", why)
        return session.results

    def session(self, progress: Progress | None = None) -> Session:
        """Return a new session on this manager's store; the caller closes it."""
        shown = progress or self._progress
        session = Session(self.store, self.config.models.network, shown, self._cancel, self.lock)
        session.limit(self.config.models.max_size, self._needed())
        return session

    def _needed(self) -> frozenset[str]:
        """Return the names of the models that a run may open: the required ones, and their fallbacks."""
        required = self.config.required_models()
        fallbacks = (spec.fallback for spec in required if spec.on_unavailable == "fallback")
        return frozenset(
            (*(spec.name for spec in required), *(name for names in fallbacks for name in names))
        )

    def catalogue(self, wanted: Iterable[ModelSpec] | None = None) -> Catalogue:
        """Return the models of the config as the task builder wants them."""
        from modeltasks.tasks.catalogue import Catalogue

        chosen = tuple(self.config.required_models() if wanted is None else wanted)
        names = {spec.name for spec in chosen}
        others = tuple(spec for spec in self.config.models.sources if spec.name not in names)
        unusable = {
            each.name: ConfigError(
                f"The model {each.name} cannot be used",
                "\n".join(each.problems),
                "Correct the places named; docs/configuration.md lists every key",
            )
            for each in self.config.models.unusable
        }
        return Catalogue((*chosen, *others), frozenset(names), self.config.path, unusable)

    def _current(self, spec: ModelSpec) -> ModelResult:
        path = str(self.store.opened(self._resolver.known(spec)))
        return ModelResult(spec.name, "current", path, warnings=self._resolver.notices(spec))

    def _as_spec(self, source: ModelSpec | str) -> ModelSpec:
        return self._spec(source) if isinstance(source, str) else source

    def _spec(self, name: str) -> ModelSpec:
        spec = self.config.model(name)
        if spec is None:
            raise ConfigError(
                f"There is no model {name}",
                "the config has no source of that name",
                "Add it to models.sources",
            )
        return spec


class _CallbackProgress:
    """Tells a plain function of the bytes of each file."""

    def __init__(self, callback: ProgressCallback) -> None:
        self._callback = callback

    def begin(self, label: str, total: int | None, done: int = 0) -> FileProgress:
        return _CallbackFile(self._callback, label, total or 0, done)


class _CallbackFile:
    def __init__(self, callback: ProgressCallback, label: str, total: int, done: int) -> None:
        self._callback = callback
        self._label = label
        self._total = total
        self._done = done

    def advance(self, count: int) -> None:
        self._done += count
        self._callback(self._label, self._done, self._total)

    def close(self) -> None:
        return
