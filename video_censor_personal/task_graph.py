"""The whole task graph for doit: a `dodo.py` imports its names from here.

`config=PATH` on doit's command line names the config; otherwise it is found as `video-censor` finds it.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import TracebackType

from doit import get_initial_workdir, get_var, task_params
from doit.exceptions import InvalidDodoFile
from doit.task import Task

from modeltasks.errors import Failure
from modeltasks.provision.session import Session
from modeltasks.store.usage import Extra
from modeltasks.support.units import parse_duration
from modeltasks.tasks import (
    licenses_task,
    lock_task,
    model_tasks,
    outdated_task,
    prune_task,
    registry_tasks,
    usage_task,
    verify_tasks,
)
from video_censor_personal.cache_location import analysis_folder
from video_censor_personal.cli.console import tell
from video_censor_personal.cli.in_place import Note
from video_censor_personal.cli.logs import set_up_logging
from video_censor_personal.locations import find_config
from video_censor_personal.model_manager import ModelManager

__all__ = [
    "task_licenses",
    "task_lock",
    "task_models",
    "task_outdated",
    "task_prune",
    "task_registry",
    "task_usage",
    "task_verify",
]


_OBSERVATIONS = 1_000_000_000
"""Bytes that observations and notes of films may have: those of many thousand films."""


@contextmanager
def _told() -> Iterator[None]:
    """Let doit tell a user's mistake as it tells its own: in one message, without a traceback."""
    try:
        yield
    except Failure as error:
        raise InvalidDodoFile(str(error)) from error


def _tell_briefly(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Let Ctrl-C in doit end in one line: where doit was at that moment helps nobody."""
    if issubclass(kind, KeyboardInterrupt):
        tell("Interrupted. What was fetched so far is kept.")
    else:
        sys.__excepthook__(kind, error, trace)


@cache
def manager() -> ModelManager:
    """Return the manager of the models of the config that doit was told of, or that was found."""
    set_up_logging("INFO")
    with _told():
        path = find_config(get_var("config"), os.environ, get_initial_workdir())
        note = Note(path)
        found = ModelManager(path)
    for warning in found.config.warnings:
        tell(f"warning: {warning}")
    atexit.register(_note, note, found)
    return found


def _note(note: Note, manager: ModelManager) -> None:
    """Let the next run see at a glance that all is well, if it is; nothing is hashed for that."""
    if not manager.must_be_seen_to(manager.config.required_models()):
        note.write(manager, manager.readiness().values())


@cache
def session() -> Session:
    """Return the one session of this run of doit."""
    opened = manager().session()
    sys.excepthook = _tell_briefly
    # Before the note is written: what runs at exit runs in reverse order.
    atexit.register(opened.close)
    return opened


@task_params(
    [
        {
            "name": "force",
            "long": "force",
            "type": bool,
            "default": False,
            "help": "fetch what is current too",
        },
        {"name": "all", "long": "all", "type": bool, "default": False, "help": "every source of the config"},
        {
            "name": "frozen",
            "long": "frozen",
            "type": bool,
            "default": False,
            "help": "refuse what is not locked",
        },
    ]
)
def task_models(force: bool, all: bool, frozen: bool) -> Iterator[Task]:
    """Fetch the models that the enabled detectors need."""
    if frozen:
        with _told():
            manager().require_locked(manager().config.models.sources if all else None)
    yield from model_tasks(manager().catalogue(), session(), force=force, everything=all)


@task_params(
    [
        {
            "name": "force",
            "long": "force",
            "type": bool,
            "default": False,
            "help": "ask what was asked today too",
        }
    ]
)
def task_registry(force: bool) -> Iterator[Task]:
    """Ask the hub what is new, once a day."""
    yield from registry_tasks(manager().catalogue(), session(), force=force)


@task_params([{"name": "check", "long": "check", "type": bool, "default": False, "help": "only compare"}])
def task_lock(check: bool) -> Task:
    """Pin every model of a hub by commit and digests."""
    return lock_task(manager().catalogue(), session(), check=check)


def task_outdated() -> Task:
    """Show what is newer than what is pinned."""
    return outdated_task(manager().catalogue(), session())


def task_licenses() -> Task:
    """List the licence of every model."""
    return licenses_task(manager().catalogue(), session())


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InvalidDodoFile(str(error)) from error


@task_params([{"name": "older_than", "long": "older-than", "type": str, "default": "0", "help": "e.g. 30d"}])
def task_verify(older_than: str) -> Iterator[Task]:
    """Hash every model again."""
    yield from verify_tasks(manager().catalogue(), session(), older_than=_seconds(older_than))


def task_usage() -> Task:
    """Tell how much room each model takes."""
    return usage_task(manager().catalogue(), session(), extras=[_films(0.0)])


def _films(max_age: float) -> Extra:
    """Return the folder of what detectors observed in films, and of the notes on films and copies."""
    return Extra("observations", analysis_folder(manager().cache_dir), max_age, _OBSERVATIONS)


@task_params(
    [
        {"name": "yes", "long": "yes", "type": bool, "default": False, "help": "remove it"},
        {"name": "partial_age", "long": "partial-age", "type": str, "default": "7d", "help": "e.g. 30d"},
        {
            "name": "film_age",
            "long": "film-age",
            "type": str,
            "default": "365d",
            "help": "how long observations of a film stay that nobody uses",
        },
    ]
)
def task_prune(yes: bool, partial_age: str, film_age: str) -> Task:
    """Tell what nothing needs any more: other models, given-up downloads, quarantine, old observations."""
    return prune_task(
        manager().catalogue(),
        session(),
        partial_age=_seconds(partial_age),
        yes=yes,
        extras=[_films(_seconds(film_age))],
    )
