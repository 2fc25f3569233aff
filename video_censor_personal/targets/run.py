"""Films brought up to date inside a program, by the tasks that doit runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from modeltasks.errors import Unexpected
from video_censor_personal.targets.film import FilmState


def run_film(state: FilmState, group: str, *, force: Collection[str] = ()) -> None:
    """Bring one film's tasks of a group up to date, and what they depend on.

    Args:
        state: the film.
        group: a name of `tasks.GROUPS`, or `films` for all.
        force: the groups whose tasks are done again though they are up to date.

    Raises:
        Failure: the first that befell the film.
        Cancelled, KeyboardInterrupt: it was stopped.
    """
    state.error = None
    failed = _run([state], group, 1, force)
    if state.error is not None:
        raise state.error
    for name, why in failed.items():
        raise Unexpected(f"The task {name}", why)


def run_films(
    states: Sequence[FilmState], jobs: int, *, group: str = "films", force: Collection[str] = ()
) -> None:
    """Bring films up to date, `jobs` at once; what befell a film is its `error`, and stops no other.

    Arguments as for `run_film`.

    Raises:
        Cancelled, KeyboardInterrupt: it was stopped.
    """
    failed = _run(states, group, jobs, force)
    known = {state.entry.name for state in states if state.error is not None}
    for name, why in failed.items():
        if name.split(":")[1] not in known:
            raise Unexpected(f"The task {name}", why)


def _run(states: Sequence[FilmState], group: str, jobs: int, force: Collection[str]) -> dict[str, str]:
    from modeltasks.tasks.engine import run
    from video_censor_personal.targets.tasks import film_tasks

    cancel = states[0].session.cancel
    return run(film_tasks(states, force=force), [group], jobs=jobs, cancel=cancel).failed
