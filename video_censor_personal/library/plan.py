"""What there is to do: the films of a library, or those of a command line, as entries of the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from modeltasks.errors import Failure
from video_censor_personal.config import Config
from video_censor_personal.config.values import Library
from video_censor_personal.library.advice import IN_CONFIG, ON_COMMAND_LINE, Advice
from video_censor_personal.library.discover import Discovery, discover
from video_censor_personal.library.entries import FilmEntry
from video_censor_personal.library.layout import versions, without_clashes
from video_censor_personal.library.names import film_names


@dataclass(frozen=True, slots=True)
class LibraryPlan:
    """The entries of a run, what was wrong with others, and the films that somebody is writing now."""

    entries: tuple[FilmEntry, ...]
    problems: tuple[Failure, ...] = ()
    waiting: tuple[Path, ...] = ()


def plan_library(config: Config, is_copy: Callable[[Path], bool]) -> LibraryPlan:
    """Return the films of the config's library; none where it has no library.

    Args:
        config: the whole config.
        is_copy: whether this program made a file, which is then no film.
    """
    library = config.library
    if library is None:
        return LibraryPlan(())
    found = discover(library, is_copy)
    plan, roots = _plan(found, config, library), {film.path: film.root for film in found.films}
    entries = (replace(each, shelf=library.output_dir or roots[each.path]) for each in plan.entries)
    return replace(plan, entries=tuple(entries))


def plan_films(found: Discovery, config: Config) -> LibraryPlan:
    """Return films that were named.

    What is made of a film lies beside it, and has the names that the library gives, or would give.
    """
    library = replace(config.library or Library(()), output_dir=None)
    return _plan(found, config, library, ON_COMMAND_LINE if config.library is None else IN_CONFIG)


def _plan(found: Discovery, config: Config, library: Library, advice: Advice = IN_CONFIG) -> LibraryPlan:
    # Those that wait take part, so that no name depends on who is writing.
    names = film_names((*found.films, *found.waiting))
    entries = [
        FilmEntry(name, film.path, versions(film, config, library))
        for name, film in zip(names, found.films, strict=False)
    ]
    waiting = tuple(film.path for film in found.waiting)
    kept, clashes = without_clashes(entries, waiting, advice)
    return LibraryPlan(kept, (*found.problems, *clashes), waiting)
