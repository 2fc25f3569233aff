"""The whole task graph for doit: a `dodo.py` imports its names from here.

`config=PATH` on doit's command line names the config; otherwise it is found as `video-censor` finds it.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from doit import get_initial_workdir, get_var, task_params
from doit.exceptions import InvalidDodoFile
from doit.task import Task

from modeltasks.errors import Failure
from modeltasks.provision.session import Session
from modeltasks.report.console import print_err
from modeltasks.store.usage import Extra
from modeltasks.support.units import parse_duration
from modeltasks.tasks.catalogue import DOIT_CONFIG as MODELS_CONFIG
from modeltasks.tasks.catalogue import Catalogue
from modeltasks.tasks.housekeeping import prune_task, usage_task
from modeltasks.tasks.hub import licenses_task, lock_task, outdated_task, registry_tasks
from modeltasks.tasks.models import model_tasks
from modeltasks.tasks.verify import verify_tasks
from video_censor_personal.cli.fast_path import Snapshot
from video_censor_personal.cli.logs import set_up_logging
from video_censor_personal.cli.reply import INTERRUPTED, interrupted
from video_censor_personal.commands import name_tasks, video_censor
from video_censor_personal.locations import analysis_folder, find_config, review_folder
from video_censor_personal.model_manager import ModelManager

if TYPE_CHECKING:
    from video_censor_personal.targets.library_run import LibraryRun

__all__ = [
    "DOIT_CONFIG",
    "task_films",
    "task_licenses",
    "task_lock",
    "task_models",
    "task_outdated",
    "task_prune",
    "task_registry",
    "task_usage",
    "task_verify",
]


DOIT_CONFIG = {**MODELS_CONFIG, "default_tasks": ["models", "films"]}
"""What doit's command line goes by: `doit` alone makes the models, and all that is made of films."""

_MAX_OBSERVATION_BYTES = 1_000_000_000
"""Bytes that observations and notes of films may have: those of many thousand films."""
_MAX_CLIP_BYTES, _MAX_CLIP_AGE = 500_000_000, 30 * 86_400.0
"""Bytes that clips may have, and seconds that they stay unused."""


_library: list[LibraryRun] = []
"""The run over the library's films, once there is one."""


@contextmanager
def _reported_by_doit() -> Iterator[None]:
    """Let doit report a failure in one message, without a traceback, as it does for a broken dodo.py."""
    try:
        yield
    except Failure as error:
        raise InvalidDodoFile(str(error)) from error


def _print_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Let Ctrl-C in doit end in one line: where doit was at that moment helps nobody."""
    if issubclass(kind, KeyboardInterrupt):
        _stop()
    else:
        sys.__excepthook__(kind, error, trace)


def _stop() -> None:
    """Stop what is under way, and tell what is kept."""
    if manager.cache_info().currsize:
        manager().cancel.set()
    print_err(interrupted([line for run in _library for line in run.kept()]))


@cache
def manager() -> ModelManager:
    """Return the manager of the models of the config that doit's command line names, or that is found."""
    set_up_logging("INFO")
    with _reported_by_doit():
        # doit works in the folder of the dodo.py, wherever it was started.
        folders = (get_initial_workdir() or Path.cwd(), Path.cwd())
        path = find_config(get_var("config"), os.environ, *folders)
        name_tasks(path, *folders)
        snapshot = Snapshot(path)
        found = ModelManager(path)
    for warning in found.config.warnings:
        print_err(f"warning: {warning}")
    atexit.register(_write_snapshot, snapshot, found)
    return found


@cache
def session() -> Session:
    """Return the one session of this run of doit."""
    opened = manager().session()
    sys.excepthook = _print_exception
    # Before the snapshot is written: what runs at exit runs in reverse order.
    atexit.register(opened.close)
    return opened


def _write_snapshot(snapshot: Snapshot, manager: ModelManager) -> None:
    """Note for the next run that all required models are current, if they are; nothing is hashed for that."""
    run, required = session(), manager.config.required_models()
    if all(spec.name in run.readiness or run.why_stale(spec) is None for spec in required):
        snapshot.write(manager, [run.readiness[spec.name] for spec in required])


def load() -> tuple[Catalogue, Session]:
    """Return what every task is built from."""
    return manager().catalogue(), session()


def _flag(name: str, help: str) -> dict[str, object]:
    return _option(name, bool, False, help)


def _duration(name: str, default: str, help: str) -> dict[str, object]:
    return _option(name, str, default, help)


def _option(name: str, kind: type, default: object, help: str) -> dict[str, object]:
    """Return an option of a group, as doit wants it."""
    return {"name": name, "long": name.replace("_", "-"), "type": kind, "default": default, "help": help}


@task_params(
    [
        _flag("force", "fetch what is current too"),
        _flag("all", "every source of the config"),
        _flag("frozen", "refuse what is not locked"),
    ]
)
def task_models(force: bool, all: bool, frozen: bool) -> Iterator[Task]:
    """Fetch the models that the enabled detectors need."""
    if frozen:
        with _reported_by_doit():
            manager().require_locked(manager().config.models.sources if all else None)
    yield from model_tasks(*load(), force=force, everything=all)


@task_params([_flag("force", "ask what was asked today too")])
def task_registry(force: bool) -> Iterator[Task]:
    """Ask the hub what is new, once a day."""
    yield from registry_tasks(*load(), force=force)


@task_params([_flag("check", "only compare")])
def task_lock(check: bool) -> Task:
    """Pin every model of a hub by commit and digests."""
    return lock_task(*load(), check=check)


def task_outdated() -> Task:
    """Show what is newer than what is pinned."""
    return outdated_task(*load())


def task_licenses() -> Task:
    """List the licence of every model."""
    return licenses_task(*load())


@task_params(
    [
        _flag("force", "do again what is up to date"),
        _flag("overwrite", "replace outputs that this program did not make"),
        _flag("allow_incomplete", "make clean copies though not all of a film was looked at"),
        _option("runner", str, "", "local, or a Dask scheduler: tcp://host:8786"),
    ]
)
def task_films(force: bool, overwrite: bool, allow_incomplete: bool, runner: str) -> Iterator[Task]:
    """Clean the films of the library."""
    from video_censor_personal.targets.library_run import library_run
    from video_censor_personal.targets.session import FilmSession, Options
    from video_censor_personal.targets.tasks import GROUPS

    if manager().config.library is None:
        yield Task("films", None, has_subtask=True, doc="the config has no library")
        return
    # Thousands of tasks are made, and none thrown away: to look for garbage would take a third of a run.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    options = Options(overwrite=overwrite, allow_incomplete=allow_incomplete)
    films = FilmSession(manager(), options, session())
    films.use_runner(runner)
    run = library_run(films, sys.stderr)
    _library.append(run)
    atexit.register(run.tell_warnings)
    atexit.register(run.finish)  # before the warnings: what was registered last is called first
    models = [f"models:{spec.name}" for spec in manager().config.required_models()]
    yield from run.tasks(models, GROUPS if force else ())


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InvalidDodoFile(str(error)) from error


@task_params([_duration("older_than", "0", "e.g. 30d")])
def task_verify(older_than: str) -> Iterator[Task]:
    """Hash every model again."""
    yield from verify_tasks(*load(), older_than=_seconds(older_than))


def task_usage() -> Task:
    """Tell how much room each model takes."""
    return usage_task(*load(), extras=[_observations(0.0), _clips()])


def _observations(max_age: float) -> Extra:
    """Return the folder of what detectors observed in films, and of the notes on films and copies."""
    return Extra("observations", analysis_folder(manager().cache_dir), max_age, _MAX_OBSERVATION_BYTES)


def _clips() -> Extra:
    """Return the folder of what the review page showed of films: it is soon made again."""
    folder = review_folder(analysis_folder(manager().cache_dir))
    return Extra("clips of the review page", folder, _MAX_CLIP_AGE, _MAX_CLIP_BYTES)


@task_params(
    [
        _flag("yes", "remove it"),
        _duration("partial_age", "7d", "e.g. 30d"),
        _duration("film_age", "365d", "how long observations of a film stay that nobody uses"),
    ]
)
def task_prune(yes: bool, partial_age: str, film_age: str) -> Task:
    """Tell what nothing needs any more: other models, given-up downloads, quarantine, old observations."""
    return prune_task(
        *load(),
        partial_age=_seconds(partial_age),
        yes=yes,
        extras=[_observations(_seconds(film_age)), _clips()],
    )


def run_doit(argv: list[str]) -> int:
    """Run doit with `argv` on these tasks and return its exit code; no dodo.py and no settings are read."""
    from doit.cmd_base import ModuleTaskLoader
    from doit.doit_cmd import DoitMain

    doit = DoitMain(ModuleTaskLoader(globals()), config_filenames=())
    doit.BIN_NAME = video_censor("tasks")  # what doit's own advice names
    try:
        code: int = doit.run(argv)
    except KeyboardInterrupt:
        _stop()
        return INTERRUPTED
    return code
