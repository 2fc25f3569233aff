"""`video-censor FILM…`: several films in one run, and what a dry run says of films."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from functools import partial

from modeltasks.errors import Failure
from modeltasks.report.console import print_err
from modeltasks.support.cancel import Cancelled
from modeltasks.support.threads import in_threads
from video_censor_personal.cli.arguments import Arguments
from video_censor_personal.cli.console import terminal_width
from video_censor_personal.cli.dry_run import tell_films
from video_censor_personal.cli.found import found_lines, next_commands, relative
from video_censor_personal.cli.reply import FAILED, Reply, exit_code
from video_censor_personal.cli.sessions import session_of
from video_censor_personal.errors import OutputRefused, UsageError
from video_censor_personal.export.results_json import Results
from video_censor_personal.library.advice import BY_FLAGS
from video_censor_personal.library.discover import find_named
from video_censor_personal.library.entries import Version
from video_censor_personal.library.plan import LibraryPlan, plan_films, plan_library
from video_censor_personal.model_manager import BackgroundRefresh, ModelManager
from video_censor_personal.pipeline import State
from video_censor_personal.targets import steps
from video_censor_personal.targets.dry_run import planned_film
from video_censor_personal.targets.exports import export_input
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.library_run import LibraryRun
from video_censor_personal.targets.run import run_films
from video_censor_personal.targets.summary import film_summary
from video_censor_personal.targets.tasks import GROUPS

logger = logging.getLogger(__name__)


class Films:
    """The films of a command line, or of the config's library, in one run.

    Args:
        arguments: of the command line.
        manager: of the models.
        reply: what is told at the end.
    """

    def __init__(self, arguments: Arguments, manager: ModelManager, reply: Reply) -> None:
        self.session = session_of(arguments, manager)
        self._arguments = arguments
        self._manager = manager
        self._reply = reply
        stream = None if arguments.quiet else sys.stderr
        self._run = LibraryRun(self._plan(), self.session, stream)
        self._refresh = BackgroundRefresh(manager)
        self._told: set[str] = set()

    @property
    def are_hopeless(self) -> bool:
        """Whether something is wrong with all of them."""
        return all(state.error is not None for state in self._run.states)

    def check(self) -> None:
        """Find what is wrong with the films and their outputs before anything is fetched or looked at."""
        stale = [state for state in self._run.states if state.why_stale()]
        for each in in_threads([partial(_check, state) for state in stale], self._arguments.jobs, "check"):
            each.result()
        self._run.pause()  # the terminal is that of the models now

    def clean(self) -> None:
        """Bring the films up to date, and tell what became of each.

        Raises:
            ModelsMissing: models that the detectors need are not there.
            Cancelled, KeyboardInterrupt: it was stopped.
        """
        self.session.require_models()
        good = [state for state in self._run.states if state.error is None]
        if self._arguments.force or any(state.why_observe() for state in good):
            self._refresh.start()
        try:
            if good:
                force = GROUPS if self._arguments.force else ()
                group = "segments" if self._arguments.edit else "films"
                run_films(good, self._arguments.jobs, group=group, force=force)
        except (KeyboardInterrupt, Cancelled):
            self._manager.cancel.set()
            self._reply.kept = self._run.kept()
            raise
        finally:
            self.tell()

    def review(self) -> None:
        """Let the user look through what was found in the films, and have copies made."""
        from video_censor_personal.cli.review import review_films

        made = [(state.path, version) for state in self._run.states for version in state.entry.versions]
        results = [(version.results, film) for film, version in made if version.results is not None]
        review_films([each for each in results if each[0].exists()], self.session, self._reply)

    def dry_run(self) -> None:
        """Tell what would be done with each film, and why."""
        self._tell_problems()
        films = [planned_film(state) for state in self._run.states]
        tell_films(films, self._reply, quiet=self._arguments.quiet)

    def _plan(self) -> LibraryPlan:
        config = self._manager.config
        if not self._arguments.films:
            return plan_library(config, self.session.is_copy)
        is_copy = self.session.is_copy
        named = [film for film in self._arguments.films if film.is_dir() or not is_copy(film.absolute())]
        for copy in sorted({*self._arguments.films} - {*named}):
            logger.info("%s is left out: it is a clean copy that was made here", copy)
        if not named:
            raise UsageError(
                "There is nothing to do",
                f"{self._arguments.films[0]} is a clean copy that was made here",
                "Name the film that it was made of, or look at the copy with --input",
            )
        return plan_films(find_named(named, is_copy), config)

    def tell(self) -> None:
        """Tell what became of each film."""
        self._run.finish()
        states = self._run.states
        is_stopped, worked = self._manager.cancel.is_set, any(each.seconds or each.error for each in states)
        if states and not (self._arguments.quiet or is_stopped or worked):
            print_err(
                f"{len(states)} films are up to date." if len(states) != 1 else "The film is up to date."
            )
        self._tell_problems()
        for state in self._run.states:
            self._tell_film(state)
        notices = list(self._refresh.found())
        for name, notice in notices:
            logger.warning("%s: %s", name, notice.message)
        if not self._arguments.quiet:
            self._tell_found()
        films = self._reply.films or []
        if len(films) == 1 and len(films[0]["versions"]) == 1:
            self._reply.analysis = {
                "state": str(State.DONE if films[0]["error"] is None else State.FAILED),
                "input": films[0]["input"],
                "notices": [{"model": name, **notice.as_dict()} for name, notice in notices],
                **films[0]["versions"][0],
            }

    def _tell_found(self) -> None:
        """Tell what was found in a film that is alone, and what one would do next."""
        states = [state for state in self._run.states if state.error is None and not self._arguments.edit]
        if len(states) > 1 and not any(state.seconds for state in states):
            return
        made = [(state, version) for state in states for version in state.entry.versions]
        known = [
            (state, version, results) for state, version in made if (results := _results(state, version))
        ]
        if len(made) == 1 and known:
            state, version, results = known[0]
            told = export_input(state.facts().info, results.segments, version.config).segments
            _print_block(found_lines(told, terminal_width(sys.stderr)))
            if copy := state.copy_there(version):
                _print_block([f"The clean copy is {relative(copy.path)}"])
        files = [version.results for _, version, results in known if version.results and results.segments]
        if files:
            named = [relative(each) for each in files]
            _print_block(next_commands(named, self._arguments, self._manager.config.path))

    def _tell_problems(self) -> None:
        plan = self._run.plan
        for error in plan.problems:
            self._failed(error)
        for path in plan.waiting:
            logger.warning("%s is left for the next run: somebody is writing it", path)
        if plan.waiting and self._arguments.films:  # it was asked for, and was not looked at
            self._reply.exit_code = max(self._reply.exit_code, FAILED)
        self._reply.films = []
        self._reply.more["problems"] = [each.as_dict() for each in plan.problems]
        self._reply.more["waiting"] = list(map(str, plan.waiting))

    def _tell_film(self, state: FilmState) -> None:
        versions = []
        for version in state.entry.versions:
            results = _results(state, version)
            versions.append({"profile": version.profile, **film_summary(state, version, results)})
            if results is not None and results.unseen and state.error is None:
                state.error = steps.not_all_seen(state, results)
        if state.error is not None:
            self._failed(state.error)
        error = None if state.error is None else state.error.as_dict()
        self._reply.add_film(
            {"name": state.entry.name, "input": str(state.path), "error": error, "versions": versions}
        )
        for made in versions:
            for warning in made.get("warnings", ()):
                logger.warning("%s: %s", state.path.name, warning)

    def _failed(self, error: Failure) -> None:
        if isinstance(error, OutputRefused) and self._arguments.films:
            error = error.advising(f"{error.fix}; these flags say where: {BY_FLAGS}")
        plan = self._run.plan
        if len(plan.entries) + len(plan.problems) + len(plan.waiting) == 1:  # it is what the run failed with
            self._reply.fail(error)
            return
        self._reply.exit_code = max(self._reply.exit_code, exit_code(error))
        if str(error) not in self._told:  # a scheduler that is gone is one mishap, however many films wait
            self._told.add(str(error))
            print_err(f"error: {error}")


def _check(state: FilmState) -> None:
    try:
        steps.check(state)
    except Failure as error:
        state.error = error


def _results(state: FilmState, version: Version) -> Results | None:
    """Return a version's results, if there are any."""
    try:
        return state.results_of(version)
    except Failure:
        return None


def _print_block(lines: Sequence[str]) -> None:
    """Print lines below an empty one; nothing where there are none."""
    for line in ["", *lines] if lines else []:
        print_err(line)
