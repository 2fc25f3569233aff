"""A run over the films of a library, or of a command line: tasks, progress, the table at the end."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from modeltasks.errors import Failure
from modeltasks.report.console import print_err
from modeltasks.report.progress import Progress
from video_censor_personal.library.entries import FilmEntry
from video_censor_personal.library.paces import Paces
from video_censor_personal.library.plan import LibraryPlan, plan_library
from video_censor_personal.library.progress import LibraryProgress
from video_censor_personal.library.table import FilmSummary, table
from video_censor_personal.media.progress import Phase
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.phases import phases_of
from video_censor_personal.targets.session import FilmSession

if TYPE_CHECKING:
    from doit.task import Task


class LibraryRun:
    """A run over films.

    Args:
        plan: the films, and what is wrong with others.
        session: what their tasks share.
        stream: where progress is shown; None: nowhere.

    `finished` is called with each film of which all is made.
    """

    def __init__(self, plan: LibraryPlan, session: FilmSession, stream: TextIO | None) -> None:
        self.plan = plan
        self.session = session
        self.states = [FilmState(entry, session) for entry in plan.entries]
        self.finished: Callable[[FilmState], None] = lambda _: None
        self._stream = stream
        self._lock = threading.Lock()
        self._shown: LibraryProgress | None = None
        self._started = monotonic()
        self._paces = Paces(session.folder, (spec.name for spec in session.manager.config.required_models()))
        session.progress_of = self._progress_of
        session.expect = self._expect
        for state in self.states:
            state.task_ended = partial(self._task_ended, state)

    def tasks(self, models: Iterable[str] = (), force: Collection[str] = ()) -> Iterator[Task]:
        """Yield the tasks of all films; arguments as for `film_tasks`."""
        from video_censor_personal.targets.tasks import failing_task, film_tasks, waiting_task

        others = [
            failing_task(f"problem-{number}", each) for number, each in enumerate(self.plan.problems, 1)
        ]
        others += [
            waiting_task(f"waiting-{number}", film) for number, film in enumerate(self.plan.waiting, 1)
        ]
        yield from film_tasks(self.states, models=models, others=others, force=force)

    def pause(self) -> None:
        """Take the progress away; it comes again with the next task."""
        with self._lock:
            if self._shown is not None:
                self._shown.hide()

    def finish(self) -> None:
        """Take the progress away and print the table, if anything was done."""
        with self._lock:
            if self._shown is not None:
                self._paces.note(self._shown.paces())
                self._shown.close()
                self._shown = None
        if self._stream is not None and any(state.seconds or state.error for state in self.states):
            for line in table(self.summaries(), monotonic() - self._started):
                print_err(line)

    def summaries(self) -> list[FilmSummary]:
        """Return what became of each film."""
        return [summary_of(state) for state in self.states]

    def _progress_of(self, film: FilmEntry) -> Progress:
        return self._display().of(self._name(film))

    def _expect(self, film: FilmEntry, phases: Iterable[Phase]) -> None:
        self._display().expect(self._name(film), phases)

    def _display(self) -> LibraryProgress:
        with self._lock:
            if self._shown is None:
                stale = [state for state in self.states if state.seconds or state.error or state.why_stale()]
                films = [(self._name(each.entry), file_size(each.path)) for each in stale]
                self._shown = LibraryProgress(self._stream, films, paces=self._paces.read())
                for each in stale:
                    if phases := phases_of(each):
                        self._shown.expect(self._name(each.entry), phases)
            return self._shown

    def _name(self, film: FilmEntry) -> str:
        """What a film is called where it is shown: by its file where it is the only one."""
        return film.path.name if len(self.states) == 1 else film.name

    def _task_ended(self, state: FilmState) -> None:
        state.changed()
        is_stale = bool(state.why_stale())
        if not is_stale:
            self.finished(state)
        if self._shown is not None and (state.error is not None or not is_stale):
            self._shown.finished(self._name(state.entry))


def library_run(session: FilmSession, stream: TextIO | None) -> LibraryRun:
    """Return a run over the films of the config's library."""
    plan = plan_library(session.manager.config, session.is_copy)
    run = LibraryRun(plan, session, stream)
    run.finished = FilmState.release  # there may be thousands
    return run


def summary_of(state: FilmState) -> FilmSummary:
    """Return what became of a film, for the table."""
    for version in state.entry.versions:
        if state.seconds and version.profile not in state.found and version.results is not None:
            with suppress(Failure):  # there are none yet
                state.results_of(version)
    there = (state.copy_there(each) for each in state.entry.versions) if state.seconds else ()
    copies = [copy for copy in there if copy is not None]
    found: Counter[str] = Counter()
    unseen: dict[str, None] = {}
    for each in state.found.values():
        found.update(each.categories)
        unseen |= dict.fromkeys(each.unseen)
    return FilmSummary(
        name=state.entry.name,
        path=state.path,
        done="failed" if state.error is not None else "made" if state.seconds else "current",
        found=found,
        edits=sum(copy.edits for copy in copies) if copies else None,
        seconds=state.seconds,
        unseen=tuple(unseen),
        error=state.error,
    )


def file_size(film: Path) -> int:
    """Return the size of a file; 0 where it cannot be told."""
    try:
        return os.stat(film).st_size  # noqa: PTH116
    except OSError:
        return 0
