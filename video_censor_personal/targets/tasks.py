"""Films as doit tasks: `observe`, `segments`, `copy` and `exports` of each, and their groups.

As for models, doit would run all of them after any edit of the config; what is up to date is read off the
notes of earlier runs. All real work happens in actions: doit asks what is up to date in one thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial, wraps
from pathlib import Path
from time import perf_counter
from typing import Any

from doit.task import Task

from modeltasks.errors import Failure, Unexpected
from modeltasks.report.console import print_err
from modeltasks.support.cancel import Cancelled
from modeltasks.support.text import one_line
from modeltasks.tasks.catalogue import IO, failed, force_option
from modeltasks.tasks.models import Remembered
from video_censor_personal.library.entries import Version
from video_censor_personal.targets import steps
from video_censor_personal.targets.cleaning import (
    forget_observations,
    remove_copy,
    remove_exports,
    remove_results,
)
from video_censor_personal.targets.film import FilmState, Reasons
from video_censor_personal.targets.shelf_pages import ShelfPages

logger = logging.getLogger(__name__)

GROUPS = {
    "observe": "look at films: what is new, or what a model or parameter sees otherwise",
    "segments": "turn what was observed into results",
    "copy": "make clean copies",
    "exports": "write results for players",
}
_FORCE = "do it again though it is up to date"


class TargetCurrent(Remembered):
    """Up to date when what a target was made from is as it was."""

    def __init__(self, name: str, why: Callable[[], Reasons]) -> None:
        super().__init__(name)
        self._why = why

    def why_stale(self) -> str | None:
        """Return why the target must be made again, or None."""
        return "; ".join(self._why()) or None


def film_tasks(
    states: Iterable[FilmState],
    *,
    models: Iterable[str] = (),
    others: Iterable[Task] = (),
    force: Collection[str] = (),
) -> Iterator[Task]:
    """Yield the tasks of films, and `films:<film>` for each.

    Args:
        states: the films of this run.
        models: the tasks that bring the models which are needed.
        others: tasks for what is wrong with the library, which come into the group too.
        force: the groups whose tasks are done again though they are up to date.
    """
    needed = list(models)
    members: dict[str, list[str]] = {group: [] for group in (*GROUPS, "films")}
    for state in states:
        own = list(_tasks_of(state, needed, force))
        for task in own:
            members[str(task.subtask_of)].append(task.name)
        yield from own
        members["films"].append(f"films:{state.entry.name}")
        yield _film_task(state, own)
    for task in others:
        members["films"].append(task.name)
        yield task
    for group, doc in GROUPS.items():
        yield Task(group, None, task_dep=members[group], has_subtask=True, doc=doc)
    yield Task("films", None, task_dep=members["films"], has_subtask=True, doc="all that is made of films")


def _film_task(state: FilmState, own: list[Task]) -> Task:
    """Return the task of all that is made of a film; what it says in a list is true of all of that."""
    name = f"films:{state.entry.name}"
    return Task(
        name,
        None,
        task_dep=[task.name for task in own],
        uptodate=[TargetCurrent(name, state.why_stale)],
        clean=[(action.py_callable, action.args) for task in own for action in task.clean_actions],
        subtask_of="films",
        doc=one_line(str(state.path)),
    )


def failing_task(name: str, error: Failure) -> Task:
    """Return `films:<name>`, which fails with what is wrong with some films."""

    def fail() -> Any:
        return failed(error)

    return Task(
        f"films:{name}", [fail], uptodate=[False], subtask_of="films", doc=one_line(error.what), io=IO
    )


def pages_task(pages: ShelfPages) -> Task:
    """Return `films:index`, which writes the page of the library.

    It waits for no film: one that fails must not keep it away. What other tasks do after it is written down
    when the run ends.
    """

    def write() -> Any:
        try:
            pages.write()
        except Failure as error:
            return failed(error)
        return None

    return Task(
        "films:index",
        [write],
        uptodate=[TargetCurrent("films:index", pages.why_stale)],
        targets=[str(each) for each in pages.paths],
        clean=[pages.remove],
        subtask_of="films",
        doc="the page of the library",
        io=IO,
    )


def waiting_task(name: str, film: Path) -> Task:
    """Return `films:<name>`, which tells that a film is left for the next run."""

    def tell() -> None:
        print_err(f"warning: {film} is left for the next run: somebody is writing it")

    doc = one_line(f"{film.name} is being written")
    return Task(f"films:{name}", [tell], uptodate=[False], subtask_of="films", doc=doc, io=IO)


def _tasks_of(state: FilmState, models: list[str], force: Collection[str]) -> Iterator[Task]:
    film, observe = str(state.path), f"observe:{state.entry.name}"
    config = [str(each) for each in {version.config.path for version in state.entry.versions} if each]
    if not state.given:
        yield _task(
            (state, observe, state.why_observe),
            lambda force: steps.observe(state, force=force),
            force,
            file_dep=[film, *config],
            task_dep=models,
            targets=[str(state.session.notes.path("observe", state.path))],
            clean=[(_once(forget_observations), [state])],
        )
    for version in state.entry.versions:
        yield from _tasks_of_version(state, version, [film, *config], observe, force)


def _tasks_of_version(
    state: FilmState, version: Version, sources: list[str], observe: str, force: Collection[str]
) -> Iterator[Task]:
    name = ":".join(filter(None, (state.entry.name, version.profile)))
    segments = f"segments:{name}"
    results = [] if version.results is None else [str(version.results)]
    if not state.given:
        yield _task(
            (state, segments, partial(state.why_segments, version)),
            lambda force: _decided(state, version),
            force,
            file_dep=sources,
            task_dep=[observe],
            targets=results,
            clean=[(_once(remove_results), [state, version])],
        )
    if version.copy is not None:
        yield _task(
            (state, f"copy:{name}", partial(state.why_copy, version)),
            lambda force: steps.make_copy(state, version, force=force),
            force,
            file_dep=[*sources, *results],
            task_dep=[] if state.given else [segments],
            targets=[str(version.copy)],
            clean=[(_once(remove_copy), [state, version])],
        )
    if version.exports and not state.given:
        yield _task(
            (state, f"exports:{name}", partial(state.why_exports, version)),
            lambda force: steps.export(state, version),
            force,
            file_dep=results,
            task_dep=[segments, *([f"copy:{name}"] if version.tells_of_copy else [])],
            targets=[str(each) for each in version.exports.values()],
            clean=[(_once(remove_exports), [state, version])],
        )


def _decided(state: FilmState, version: Version) -> None:
    steps.decide(state, version)
    steps.require_whole(state, version)


def _once(clean: Callable[..., None]) -> Callable[..., None]:
    """Let what cleans do so once in a run, for the film as a whole and for the target."""
    done = False

    @wraps(clean)
    def act(*args: Any, **options: Any) -> None:
        nonlocal done
        if not done:
            done = True
            clean(*args, **options)

    return act


def _task(
    of: tuple[FilmState, str, Callable[[], Reasons]],
    step: Callable[[bool], object],
    force: Collection[str],
    **rest: Any,
) -> Task:
    """Return a task of a film: `of` is the film, the task's name, and what tells why it is stale."""
    state, name, why = of
    group = name.partition(":")[0]

    def act(force: bool) -> Any:
        started = perf_counter()
        try:
            step(force)
        except Failure as error:
            state.error = state.error or error
            return failed(error)
        except Cancelled:
            return failed("stopped; what was found is kept for the next run")
        except Exception as error:  # a mistake of ours
            logger.exception("%s", name)
            state.error = state.error or Unexpected(name, f"{type(error).__name__}: {error}")
            return failed(state.error)
        finally:
            state.seconds += perf_counter() - started
            state.task_ended()
        return None

    return Task(
        name,
        [act],
        params=[force_option(_FORCE, group in force)],
        uptodate=[TargetCurrent(name, why)],
        subtask_of=group,
        doc=one_line(state.path.name),
        io=IO,
        **rest,
    )
