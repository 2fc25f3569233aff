"""Which films a library has, as its globs say."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from modeltasks.errors import Failure
from modeltasks.report.os_errors import Use, explain
from video_censor_personal.config.values import Library
from video_censor_personal.errors import UsageError, VideoCensorError
from video_censor_personal.library.advice import IN_CONFIG, ON_COMMAND_LINE, Advice
from video_censor_personal.library.globs import (
    Glob,
    States,
    exclusions,
    film_glob,
    glob_escaped,
    is_pattern,
    real,
)
from video_censor_personal.library.writers import being_written

FILM_SUFFIXES = frozenset(
    (
        *(".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".m2t", ".m2ts", ".m2v", ".m4v"),
        *(".mk3d", ".mkv", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mpv", ".mts", ".mxf", ".ogm", ".ogv"),
        *(".qt", ".rm", ".rmvb", ".ts", ".vob", ".webm", ".wmv", ".wtv"),
    )
)
"""What a pattern that names no suffix, such as `~/Films/**/*`, takes for films."""

_LONGEST_NUMBER = 30


class FilmsNotFound(VideoCensorError):
    """Films are not where they should be, and so were not looked at."""

    kind = "media"


class NothingThere(FilmsNotFound):
    """There is nothing at all where a pattern of films looks."""


class NoFilmMatches(UsageError):
    """None of the files that a pattern means is a film to look at."""


@dataclass(frozen=True, slots=True)
class FoundFilm:
    """A film, and the fixed part of the pattern that it was found by."""

    path: Path
    root: Path


@dataclass(frozen=True, slots=True)
class Discovery:
    """The films there are, in natural order; what was wrong; and those that somebody is writing."""

    films: tuple[FoundFilm, ...]
    problems: tuple[Failure, ...] = ()
    waiting: tuple[FoundFilm, ...] = ()


def discover(library: Library, is_copy: Callable[[Path], bool], advice: Advice = IN_CONFIG) -> Discovery:
    """Find the films of a library; a problem with one glob or folder leaves the rest as it is.

    A film that several globs or links lead to is told once, by its own path where it has one among them.

    Args:
        library: the globs, and what is left out.
        is_copy: whether this program made a file, which is then no film.
        advice: what can be done about a problem.
    """
    return _without_writers(*_search(library, is_copy, advice))


def _search(
    library: Library, is_copy: Callable[[Path], bool], advice: Advice
) -> tuple[list[FoundFilm], list[Failure]]:
    bans = tuple(ban for text in library.exclude for ban in exclusions(text))
    found: dict[str, _Match] = {}
    problems: list[Failure] = []
    for text in library.films:
        search = _Search(film_glob(text), bans, library.output_dir, advice)
        search.run()
        problems += search.problems
        films = [match for match in search.matches if not is_copy(match.film.path)]
        if not films and not search.problems:
            problems.append(_nothing(search))
        for match in films:
            other = found.get(match.real)
            if other is None or (other.linked and not match.linked):
                found[match.real] = match
    return sorted((match.film for match in found.values()), key=lambda film: natural(film.path)), problems


def _without_writers(films: Iterable[FoundFilm], problems: Iterable[Failure]) -> Discovery:
    found = tuple(films)
    writing = being_written(film.path for film in found)
    return Discovery(
        tuple(film for film in found if film.path not in writing),
        tuple(problems),
        tuple(film for film in found if film.path in writing),
    )


def find_named(names: Iterable[Path], is_copy: Callable[[Path], bool]) -> Discovery:
    """Find the films that a user named: each by itself, a folder of them, or a pattern.

    A shell that expands no pattern, or one in quotes, hands it on as it is. Of a folder, all films in it and
    below are meant; each film is told once.

    Args:
        names: files, folders and patterns.
        is_copy: whether this program made a file, which is then no film.
    """
    found: dict[Path, FoundFilm] = {}
    problems: list[Failure] = []
    for name in names:
        path = name.absolute()
        if path.is_dir():
            pattern = f"{glob_escaped(str(path))}/**/*"
        elif is_pattern(str(name)) and not os.path.lexists(path):
            pattern = str(path)
        else:
            found.setdefault(real(path), FoundFilm(path, path.parent))
            continue
        films, wrong = _search(Library((pattern,)), is_copy, ON_COMMAND_LINE)
        # Whoever names a folder does not care for the key of the config that has patterns.
        others = [each for each in wrong if not isinstance(each, NothingThere | NoFilmMatches)]
        problems += others if films or others else [_no_film_in(name, wrong)]
        for film in films:
            found.setdefault(real(film.path), FoundFilm(film.path, film.path.parent))
    return _without_writers(found.values(), problems)


def natural(path: Path) -> tuple[object, ...]:
    """The key by which paths are sorted as people do: `Part 2` comes before `Part 10`."""
    parts = [_digits(part) for part in path.parts]
    return parts, str(path)


@lru_cache(maxsize=4096)
def _digits(part: str) -> tuple[tuple[str, int], ...]:
    pieces = re.findall(r"([^0-9]*)([0-9]*)", part.casefold())
    return tuple((text, int(digits[:_LONGEST_NUMBER]) if digits else -1) for text, digits in pieces)


@dataclass(frozen=True, slots=True)
class _Match:
    """A film; `real` is where its path leads, and `linked` whether it leads there by a link."""

    film: FoundFilm
    real: str
    linked: bool


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to be searched: what the names to it have taken of the pattern and of the exclusions."""

    path: str
    states: States
    banned: tuple[States, ...]
    linked: bool


class _Search:
    """The search for one glob: what it matches, and what was wrong on the way.

    `left_out` counts what fits the pattern, but is excluded or no film.
    """

    def __init__(self, glob: Glob, bans: tuple[Glob, ...], output_dir: Path | None, advice: Advice) -> None:
        self.glob = glob
        self.matches: list[_Match] = []
        self.problems: list[Failure] = []
        self.left_out = 0
        self._bans = bans
        self._advice = advice
        self._root = real(glob.root)
        self._output: Path | None = None
        self._through_links: set[tuple[Path, States, tuple[States, ...]]] = set()
        # A glob that begins in the folder of copies, or in one below it, means what is there.
        if output_dir is not None and self._root in real(output_dir).parents:
            self._output = real(output_dir)
            self._bans += exclusions(glob_escaped(str(output_dir)))
            self._bans += exclusions(glob_escaped(str(self._output)))

    def run(self) -> None:
        """Search the root and all below it that the pattern asks for."""
        # Exclusions are about the names that the pattern gives, and about those that links lead to.
        banned: tuple[States, ...] = ()
        roots = tuple(dict.fromkeys((self.glob.root, self._root)))
        for root in roots:
            states = tuple(ban.start for ban in self._bans)
            for name in (None, *root.parts[1:]):
                states = states if name is None else self._banned(states, name)
                if self._is_banned(states):
                    self.left_out += 1
                    return
            banned += states
        self._bans *= len(roots)
        waiting = [_Folder(str(self.glob.root), self.glob.start, banned, linked=False)]
        while waiting:
            folder = waiting.pop()
            try:
                # In the same order everywhere: which of two links is followed first depends on it.
                with os.scandir(folder.path) as entries:
                    names = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._cannot_search(folder.path, error)
                continue
            if not names and folder.path == str(self.glob.root):
                self.problems.append(_empty(self.glob))
            waiting += reversed(list(self._look_at(folder, names)))

    def _look_at(self, folder: _Folder, entries: Iterable[os.DirEntry[str]]) -> Iterator[_Folder]:
        """Note what the entries of a folder match; yield the folders among them that are to be searched."""
        for entry in entries:
            states = self.glob.after(folder.states, entry.name)
            if not states:
                continue
            banned = self._banned(folder.banned, entry.name)
            if self._is_banned(banned):
                self.left_out += 1
                continue
            linked = folder.linked or entry.is_symlink()
            if _is_folder(entry):
                below = _Folder(entry.path, states, banned, linked)
                if self.glob.goes_on(states) and not (entry.is_symlink() and self._was_searched(below)):
                    yield below
            elif entry.is_symlink() and self.glob.goes_on(states) and not _is_there(entry):
                self._no_film(Path(entry.path), is_link=True)
            elif self.glob.matches(states):
                self._match(entry, linked=linked)

    def _match(self, entry: os.DirEntry[str], *, linked: bool) -> None:
        path = Path(entry.path)
        if not self.glob.names_suffix and path.suffix.lower() not in FILM_SUFFIXES:
            self.left_out += 1
            return
        try:
            is_file = entry.is_file()
        except OSError:
            is_file = False
        if not is_file:
            self._no_film(path, is_link=entry.is_symlink())
            return
        target = str(real(path)) if linked else f"{self._root}{entry.path[len(str(self.glob.root)) :]}"
        self.matches.append(_Match(FoundFilm(path, self.glob.root), target, linked))

    def _was_searched(self, folder: _Folder) -> bool:
        """Whether a link leads to a folder that another link has led to, or to the folder of copies."""
        target = real(Path(folder.path))
        if self._output is not None and (target == self._output or self._output in target.parents):
            return True
        key = (target, folder.states, folder.banned)
        if key in self._through_links:
            return True
        self._through_links.add(key)
        return False

    def _banned(self, states: tuple[States, ...], name: str) -> tuple[States, ...]:
        return tuple(ban.after(each, name) for ban, each in zip(self._bans, states, strict=True))

    def _is_banned(self, states: tuple[States, ...]) -> bool:
        return any(ban.matches(each) for ban, each in zip(self._bans, states, strict=True))

    def _cannot_search(self, folder: str, error: OSError) -> None:
        if folder == str(self.glob.root):
            self.problems.append(_no_folder(self.glob, error, self._advice))
        elif not isinstance(error, FileNotFoundError):  # which went away meanwhile
            self.problems.append(explain(error, Path(folder), use=_searching(self._advice)))

    def _no_film(self, path: Path, *, is_link: bool) -> None:
        why = "it is a link to what is not there" if is_link else "it is no ordinary file"
        fix = f"Mend it, or {self._advice.leave_out}"
        self.problems.append(FilmsNotFound(f"{path} was not looked at", why, fix))


def _searching(advice: Advice) -> Use:
    """Return what is told of a folder that cannot be searched."""
    return Use(
        what="The folder {place} cannot be searched for films",
        full="The folder {path} cannot be searched for films",
        if_full="Free some space, and run again",
        if_refused=f"Check its owner and mode, or {advice.leave_out}",
        if_blocked=advice.check,
        otherwise=f"Check its disk or network, or {advice.leave_out}",
    )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_there(link: os.DirEntry[str]) -> bool:
    """Whether a link leads to anything; to the folder of a disk that is not mounted, it does not."""
    try:
        link.stat()
    except OSError:
        return False
    return True


def _no_folder(glob: Glob, error: OSError, advice: Advice) -> Failure:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        return explain(error, glob.root, use=_searching(advice))
    there = next(folder for folder in (glob.root, *glob.root.parents) if os.path.lexists(folder))
    why = f"{glob.root} is not there" if isinstance(error, FileNotFoundError) else f"{there} is no folder"
    return NothingThere(
        f"The films of {glob.text} were not looked at", why, "Mount its disk, or correct library.films"
    )


def _no_film_in(name: Path, wrong: Iterable[Failure]) -> Failure:
    if name.is_dir():
        why = "no file in it, or in a folder below, is a film by its suffix that was not made here"
    else:
        why = "; ".join(each.why for each in wrong)
    return NoFilmMatches(f"There is no film for {name}", why, "Check the path, or name the films themselves")


def _empty(glob: Glob) -> Failure:
    return NothingThere(
        f"The films of {glob.text} were not looked at",
        f"{glob.root} is empty; perhaps its disk is not mounted",
        "Mount its disk, or take the pattern out of library.films",
    )


def _nothing(search: _Search) -> Failure:
    glob = search.glob
    why, fix = "it matches no file", "Correct library.films"
    if search.matches:
        why = "what it matches was made by this program"
        fix = "Name the films themselves, or take the pattern out of library.films"
    elif search.left_out:
        why = "all that it matches is excluded, or no film by its suffix"
        fix = "Correct library.films or library.exclude"
    elif Path(glob.text).is_dir():
        why, fix = "it is a folder", f"Write {glob.text.rstrip('/')}/**/*.mkv for all in it and below"
    elif re.search(r"\{[^{}]*,[^{}]*\}", glob.text):
        fix = "Braces stand for themselves: write one pattern for each"
    return NoFilmMatches(f"No film for {glob.text}", why, fix)
