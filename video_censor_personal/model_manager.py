"""ModelManager: the application's door to `modeltasks`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modeltasks.errors import ConfigError, ModelTasksError, NotInstalled, Unexpected
from modeltasks.provision.assess import assess
from modeltasks.provision.readiness import Readiness
from modeltasks.provision.session import Session
from modeltasks.report.notice import Notice
from modeltasks.report.progress import FileProgress, Progress, Unit
from modeltasks.report.results import ModelResult, Status
from modeltasks.resolve.installed import Installed
from modeltasks.resolve.lockfile import Lock, is_locked, lock_path, read_lock, require_locked
from modeltasks.resolve.resolver import Resolver
from modeltasks.settings import offline_switch
from modeltasks.spec import HubRef, ModelSpec
from modeltasks.store import Store
from modeltasks.support.cancel import Cancelled, CancelToken
from video_censor_personal.commands import before_fetching, fetch_command
from video_censor_personal.config import Config, config_from_mapping, load_config
from video_censor_personal.errors import correct_the_places
from video_censor_personal.huggingface_registry import HuggingFaceRegistry

if TYPE_CHECKING:
    from modeltasks.tasks.catalogue import Catalogue

logger = logging.getLogger(__name__)

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
        self.store.layout.check(config.models.sources)
        self.lock = read_lock(lock_path(config.path)) if config.path else Lock()
        self.cancel = cancel or CancelToken()
        self.registry = HuggingFaceRegistry(self.cache_dir, network=config.models.network, cancel=self.cancel)
        self._progress = progress
        self._jobs = jobs
        self._resolver = Resolver(self.lock, self.registry.records, Installed(self.store.layout.installed))
        # Tells what is known without the network; opens nothing by itself.
        self._session = self.session()

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
        return found.ready and found.used is None

    def readiness(
        self, specs: Iterable[ModelSpec] | None = None, known: Mapping[str, Readiness] | None = None
    ) -> dict[str, Readiness]:
        """Return how models stand, by default the required ones; what is in doubt is hashed, once.

        Args:
            specs: the models' entries.
            known: how some of them stand, which are not looked at again.

        Raises:
            Cancelled: the run was stopped.
        """
        wanted = tuple(self.config.required_models() if specs is None else specs)
        found = dict(known or {})
        found |= assess([spec for spec in wanted if spec.name not in found], self.config.model, self._session)
        return {spec.name: found[spec.name] for spec in wanted}

    def result(self, readiness: Readiness) -> ModelResult:
        """Return what a run that fetches nothing says of a model."""
        name, error = readiness.name, readiness.error
        entry = self._spec(name)
        path = str(self.store.opened(readiness.spec))
        if error is not None:
            if isinstance(error, NotInstalled):
                first = before_fetching([readiness.spec], self.config.models.network)
                fetch = f"{first}, and fetch" if first else "Fetch"
                error = NotInstalled(name, error.why, f"{fetch} it with `{fetch_command(self.config.path)}`")
            return ModelResult(name, "skipped" if entry.optional else "failed", path, error=error)
        status: Status = "kept" if readiness.doubted else "current"
        return ModelResult(name, status, path, warnings=self._resolver.notices(entry), used=readiness.used)

    @property
    def asks_for_licenses(self) -> bool:
        """Whether a required model has a licence that must be accepted, and was not."""
        return any(spec.license_terms is not None for spec in self.config.required_models())

    def accept_licenses(self, licenses: Collection[str]) -> None:
        """Let models with these licences be fetched, until the program ends."""
        models = self.config.models
        sources = (
            replace(spec, license_terms=None) if spec.license in licenses else spec for spec in models.sources
        )
        self.config = replace(self.config, models=replace(models, sources=tuple(sources)))

    def known(self, spec: ModelSpec) -> ModelSpec:
        """Return an entry with its files, as far as they are known without asking anybody."""
        return self._resolver.known(spec)

    def is_pinned(self, specs: Iterable[ModelSpec] | None = None) -> bool:
        """Whether config and lock alone say what the files of models are, by default of the required ones."""
        wanted = self.config.required_models() if specs is None else specs
        return all(self._resolver.is_pinned(spec) for spec in wanted)

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
            progress_callback: called with the bytes of each transfer.

        Returns:
            True for each model that is in place, False for an optional one that could not be had.

        Raises:
            ModelTasksError: a required model could not be had.
            Cancelled: the run was stopped.
        """
        specs = None if sources is None else [self._as_spec(source) for source in sources]
        results = self.provide(specs, progress=_progress_of(progress_callback))
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
        return self.bring(specs, force=force, progress=progress)[0]

    def bring(
        self,
        specs: Iterable[ModelSpec] | None = None,
        *,
        force: bool = False,
        progress: Progress | None = None,
    ) -> tuple[list[ModelResult], dict[str, Readiness]]:
        """Do as `provide`; return also how the models stand that were current already, for `readiness`."""
        from modeltasks.tasks.engine import run
        from modeltasks.tasks.models import model_tasks

        wanted = tuple(self.config.required_models() if specs is None else specs)
        session = self.session(progress)
        try:
            tasks = model_tasks(self.catalogue(wanted), session, force=force)
            report = run(tasks, ["models"], jobs=self._jobs, cancel=self.cancel)
        finally:
            session.close()
        results, current = session.results, session.readiness
        for name, why in report.failed.items():
            if name.removeprefix("models:") not in results:
                raise Unexpected(f"The task {name}", why)
        return [results.get(spec.name) or self.result(current[spec.name]) for spec in wanted], current

    def _download_model(
        self, source: ModelSpec | str, progress_callback: ProgressCallback | None = None
    ) -> Path:
        """Bring one model up to date and return its path.

        Raises:
            ModelTasksError: it could not be had.
        """
        (result,) = self.provide([self._as_spec(source)], progress=_progress_of(progress_callback))
        if result.error is not None:
            raise result.error
        return Path(result.path)

    def session(self, progress: Progress | None = None) -> Session:
        """Return a new session on this manager's store; the caller closes it."""
        models, shown = self.config.models, progress or self._progress
        session = Session(self.store, models.network, shown, self.cancel, self._resolver)
        session.limit(models.max_size, self._protected())
        return session

    def _protected(self) -> frozenset[str]:
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
                correct_the_places(),
            )
            for each in self.config.models.unusable
        }
        return Catalogue((*chosen, *others), frozenset(names), self.config.path, unusable)

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


class BackgroundRefresh:
    """Asks the hub about models that it was not asked about for a day, on a thread that nobody waits for.

    It is for runs that use models: to load the client takes longer than to judge anew what was found.
    What it learns changes nothing for the models in place: a branch that moved is fetched when models are.
    A hub that does not respond fails nothing here; the next run asks again.
    """

    def __init__(self, manager: ModelManager) -> None:
        self._manager = manager
        self._found: list[tuple[str, Notice]] = []

    def start(self) -> None:
        """Begin, unless there is nothing to ask or the network may not be used. Returns at once."""
        manager = self._manager
        if offline_switch(manager.config.models.network) is not None:
            return
        hubs = {
            spec.name: spec.hub
            for spec in manager.config.required_models()
            if spec.hub is not None and not is_locked(spec, manager.lock)
        }
        due = [
            (name, hub)
            for name, hub in hubs.items()
            if not manager.registry.is_metadata_valid(hub.repo, hub.revision)
        ]
        if due:
            # A daemon: the program may end before a hub responds.
            threading.Thread(target=self._refresh, args=(due,), name="registry", daemon=True).start()

    def found(self) -> tuple[tuple[str, Notice], ...]:
        """Return what is known by now that a user should know, each with the name of its model."""
        return tuple(self._found)

    def _refresh(self, due: list[tuple[str, HubRef]]) -> None:
        manager = self._manager
        once = replace(manager.config.models.network, retries=0)
        registry = HuggingFaceRegistry(manager.cache_dir, network=once, cancel=manager.cancel)
        for name, hub in due:
            try:
                warnings = registry.query_model(hub.repo, hub.revision).warnings
            except Cancelled:
                return
            except ModelTasksError as error:
                logger.debug("%s: %s", name, error)
                continue
            except Exception:
                # Whatever it is, it must not disturb the run; but it is a mistake of ours, and is not hidden.
                logger.exception("asking the hub about %s broke down", name)
                return
            # A user who did not ask the hub need not hear that it did not respond.
            self._found += [(name, notice) for notice in warnings if notice.kind != "stale"]


def _progress_of(callback: ProgressCallback | None) -> Progress | None:
    return None if callback is None else _CallbackProgress(callback)


class _CallbackProgress:
    """Reports the bytes of each file to a plain function."""

    def __init__(self, callback: ProgressCallback) -> None:
        self._callback = callback

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        return _CallbackFile(self._callback, label, int(total or 0), int(done))


class _CallbackFile:
    def __init__(self, callback: ProgressCallback, label: str, total: int, done: int) -> None:
        self._callback = callback
        self._label = label
        self._total = total
        self._done = done

    def advance(self, count: float) -> None:
        self._done += int(count)
        self._callback(self._label, self._done, self._total)

    def close(self) -> None:
        return
