"""A run over the films of a library, or of a command line: tasks, progress, the table at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from modeltasks.errors import Failure
from modeltasks.report.console import print_err
from video_censor_personal.library.plan import LibraryPlan, plan_library
from video_censor_personal.library.table import Done, FilmSummary, table
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.session import FilmSession
from video_censor_personal.targets.shelf_pages import ShelfPages
from video_censor_personal.targets.shown import Shown

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
        self._pages = ShelfPages(session, self.states, plan.problems)
        self._shown = Shown(self.states, session, stream)
        self._started = monotonic()
        for state in self.states:
            state.task_ended = partial(self._task_ended, state)

    def tasks(self, models: Iterable[str] = (), force: Collection[str] = ()) -> Iterator[Task]:
        """Yield the tasks of all films; arguments as for `film_tasks`."""
        from video_censor_personal.targets.tasks import failing_task, film_tasks, pages_task, waiting_task

        others = [
            failing_task(f"problem-{number}", each) for number, each in enumerate(self.plan.problems, 1)
        ]
        others += [
            waiting_task(f"waiting-{number}", film) for number, film in enumerate(self.plan.waiting, 1)
        ]
        if self._pages.paths:
            others.append(pages_task(self._pages))
        yield from film_tasks(self.states, models=models, others=others, force=force)

    def pause(self) -> None:
        """Take the progress away; it comes again with the next task."""
        self._shown.hide()

    def kept(self) -> list[str]:
        """Return how much is kept of each film that was not finished, for somebody who stopped the run."""
        return self._shown.kept()

    def finish(self) -> None:
        """Take the progress away and print the table, if anything was done."""
        self._shown.close()
        self._tell_on_pages()
        if self._stream is not None and any(state.seconds or state.error for state in self.states):
            for line in table(self.summaries(), monotonic() - self._started):
                print_err(line)

    def tell_warnings(self) -> None:
        """Print what else somebody should know of the films on which something was done."""
        for state in self.states:
            for warning in summary_of(state).warnings if state.seconds or state.error else ():
                print_err(f"warning: {state.path.name}: {warning}")

    def _tell_on_pages(self) -> None:
        """Write what became of the films; tasks may have run after the pages were written."""
        if any(state.seconds or state.error for state in self.states) and not self.session.notes.read_only:
            try:
                self._pages.write()
            except Failure as error:
                print_err(f"warning: {error}")

    def summaries(self) -> list[FilmSummary]:
        """Return what became of each film."""
        return [summary_of(state) for state in self.states]

    def _task_ended(self, state: FilmState) -> None:
        state.changed()
        is_stale = bool(state.why_stale())
        if not is_stale:
            self.finished(state)
        if state.error is not None or not is_stale:
            self._shown.finished(state)


def library_run(session: FilmSession, stream: TextIO | None) -> LibraryRun:
    """Return a run over the films of the config's library."""
    plan = plan_library(session.manager.config, session.is_copy)
    run = LibraryRun(plan, session, stream)
    run.finished = FilmState.release  # there may be thousands
    return run


def _done(state: FilmState) -> Done:
    if state.error is not None:
        return "failed"
    if state.session.cancel.is_set and state.why_stale():
        return "stopped"
    return "made" if state.seconds else "current"


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
    warnings = dict.fromkeys(warning for copy in state.copies.values() for warning in copy.warnings)
    for each in state.found.values():
        found.update(each.categories)
        unseen |= dict.fromkeys(each.unseen)
        warnings |= dict.fromkeys(each.warnings)
    return FilmSummary(
        name=state.entry.name,
        path=state.path,
        done=_done(state),
        found=found,
        edits=sum(copy.edits for copy in copies) if copies else None,
        seconds=state.seconds,
        unseen=tuple(unseen),
        error=state.error,
        warnings=tuple(warnings),
    )
