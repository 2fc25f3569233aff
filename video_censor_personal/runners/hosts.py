"""A job on a worker's host: its folders are looked at, its models provided, and then it is done there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modeltasks.provision.session import Session
from modeltasks.report.os_errors import Use, explained
from modeltasks.spec import ModelSpec
from modeltasks.store import Store
from modeltasks.support.files import is_abandoned, owner_tag
from video_censor_personal.config.values import ModelsConfig
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import ClusterError
from video_censor_personal.locations import default_cache_dir, named_cache_dir
from video_censor_personal.runners.elsewhere import Elsewhere
from video_censor_personal.runners.runner import Job, JobContext

_ELSEWHERE = "Choose another folder in `library`"
SHARED = Use(
    "The folder {path} cannot be used with a cluster",
    "The folder {path} cannot be used with a cluster",
    "Free some space, then run again",
    "Check owner and mode of the folder",
    *(_ELSEWHERE, _ELSEWHERE),
)


class HostUnfit(ClusterError):
    """A host lacks something that a film needs; another one may have it.

    `lacking` is what it lacks: the path of a folder or film as the sender knows it, or a model's name.
    """

    def __init__(self, host: str, lacking: str, why: str, fix: str) -> None:
        super().__init__(f"The worker {host} cannot take films", why, fix)
        self.lacking = lacking


class Marks:
    """A small file in each folder that workers must see: one of the same name may be another folder."""

    def __init__(self) -> None:
        self._made: dict[Path, str] = {}

    def of(self, folders: Iterable[Path]) -> dict[Path, str]:
        """Return the name of the file in each folder, which is made if need be.

        Raises:
            DiskFull, PermissionRefused, LocalError: a folder cannot be written.
        """
        names = {}
        for folder in folders:
            if folder not in self._made:
                with explained(folder, use=SHARED):
                    self._made[folder] = _mark(folder)
            names[folder] = self._made[folder]
        return names

    def close(self) -> None:
        """Remove them."""
        while self._made:
            folder, name = self._made.popitem()
            with suppress(OSError):
                (folder / name).unlink()


def _mark(folder: Path) -> str:
    """Put a mark into a folder, and remove those that killed programs left; return its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".*.tmp"):
        with suppress(OSError):
            if left.lstat().st_size == 0 and is_abandoned(left):
                left.unlink()
    name = f".{owner_tag()}.tmp"
    (folder / name).touch(exist_ok=False)
    return name


@dataclass(frozen=True, slots=True)
class HostJob(Job):
    """A job as it is sent to a worker, with what its host needs to know. It is done in a worker's process.

    Args:
        film: as the machine that sends it calls it.
        job: with that machine's paths.
        paths: what folders of that machine are called on the workers.
        marks: the file that each folder holds which the job writes to.
        size: of the film, in bytes; None: unknown.
        settings: how the network may be used, and how much room models may take.
        host: what to call the host; empty until it is there.
    """

    film: Path
    job: Job
    paths: Mapping[Path, Path]
    marks: Mapping[Path, str]
    size: int | None
    settings: ModelsConfig
    host: str = ""

    def run(self, context: JobContext) -> Any:
        """Do the job, and return its result with the sender's paths.

        Raises:
            HostUnfit: this host sees a folder or the film not, or has no room or no way for a model.
        """
        there = Elsewhere(self.paths)
        self._see_folders(there)
        self._see_film(there)
        models = provide(self.job.models, self.settings, context, self.host)
        result = self.job.moved(replace(there, models=models)).run(context)
        return there.back().moved(result)

    def _see_folders(self, there: Elsewhere) -> None:
        for here, mark in self.marks.items():
            folder = there.path(here)
            if not os.path.lexists(folder / mark):
                state = "is not the same folder there" if folder.is_dir() else "is not there"
                raise self._unfit(here, f"the folder {here}{_called(here, folder)} {state}")
            try:
                # Permissions do not tell the whole truth of a mount; a file without a name does.
                with tempfile.TemporaryFile(dir=folder):
                    pass
            except OSError as error:
                why = error.strerror or str(error)
                raise self._unfit(
                    here, f"nothing can be written in {here}{_called(here, folder)}: {why}"
                ) from error

    def _see_film(self, there: Elsewhere) -> None:
        if self.size is None:  # it is gone: the job says so in its own words
            return
        here, film = self.film, there.path(self.film)
        try:
            size = film.stat().st_size
        except OSError as error:
            lacking = here if film.parent.is_dir() else here.parent
            state = error.strerror or str(error)
            raise self._unfit(
                lacking, f"{here}{_called(here, film)} cannot be seen there: {state}"
            ) from error
        if size != self.size:
            raise self._unfit(here, f"{here}{_called(here, film)} is another film there, of {size:,} bytes")

    def _unfit(self, lacking: Path, why: str) -> HostUnfit:
        fix = "Mount it there, or say in `library.paths` what the workers call it"
        return HostUnfit(self.host, str(lacking), why, fix)


def provide(
    specs: tuple[ModelSpec, ...], settings: ModelsConfig, context: JobContext, host: str
) -> dict[str, InstalledModel]:
    """Bring models up to date in this host's own store, by the tasks that do it everywhere.

    Args:
        specs: the models, with all their files.
        settings: how the network may be used, and how much room models may take.
        context: shows transfers, and stops them.
        host: what to call this host.

    Returns:
        The models by digest.

    Raises:
        HostUnfit: one cannot be had here.
        Cancelled: a stop was asked for.
    """
    # Another model under this name would be another film's result: neither fallback nor "optional" here.
    wanted = [replace(spec, optional=False, fallback=(), on_unavailable="fail") for spec in specs]
    store = Store(named_cache_dir(os.environ) or default_cache_dir())
    session = Session(store, settings.network, context.progress, context.cancel)
    session.limit(settings.max_size, frozenset(spec.name for spec in wanted))
    try:
        if any(session.why_stale(spec) is not None for spec in wanted):
            _bring(wanted, session, host)
    finally:
        session.close()
    return {
        spec.entry_digest: InstalledModel(
            store.layout.directory(spec.name), tuple(file.path for file in spec.files), spec.entry_digest
        )
        for spec in wanted
    }


def _bring(specs: list[ModelSpec], session: Session, host: str) -> None:
    from modeltasks.tasks.catalogue import Catalogue
    from modeltasks.tasks.engine import run
    from modeltasks.tasks.models import model_tasks

    catalogue = Catalogue(tuple(specs), frozenset(spec.name for spec in specs), None)
    report = run(model_tasks(catalogue, session), ["models"], cancel=session.cancel)
    for spec in specs:
        result = session.results.get(spec.name)
        error = None if result is None else result.error
        if error is not None:
            why = f"the model {spec.name} cannot be had there: {error.what}: {error.why}"
            raise HostUnfit(host, spec.name, why, error.fix)
        if (told := report.failed.get(f"models:{spec.name}")) is not None:
            raise HostUnfit(
                host, spec.name, f"the model {spec.name} cannot be had there: {told}", "See its log"
            )


def _called(here: Path, there: Path) -> str:
    return "" if there == here else f" (there: {there})"
