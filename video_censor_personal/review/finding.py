"""Which results files are looked through, which film each is of, and where its copy goes."""

from __future__ import annotations

import os
import shlex
import string
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePath

from modeltasks.errors import Failure
from video_censor_personal.commands import task, video_censor, with_config
from video_censor_personal.config.values import Library
from video_censor_personal.errors import UsageError
from video_censor_personal.export.json_fields import NotResults, SegmentsError
from video_censor_personal.export.results_json import Results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.library.discover import FILM_SUFFIXES, FoundFilm
from video_censor_personal.library.entries import FilmEntry, Version
from video_censor_personal.library.globs import glob_escaped
from video_censor_personal.library.layout import versions
from video_censor_personal.library.names import film_names
from video_censor_personal.library.plan import plan_library
from video_censor_personal.locations import file_key, is_same_file
from video_censor_personal.media.notes import FilmNotes
from video_censor_personal.targets.session import FilmSession

_ONE_FILM = "results.json"
"""What `--input` calls its results where nothing else is said."""


class NotLookedAt(UsageError):
    """There is nothing to look through yet."""

    def __init__(self, film: Path, command: str) -> None:
        super().__init__(
            f"Nothing is known of {film.name} yet",
            "the film was not looked at",
            f"Have it looked at: {command}",
        )


def look_command(film: Path, config: Path | None, *more: str) -> str:
    """Return what is typed to have a film looked at; with `--edit` in `more`, to see the page then, too."""
    return with_config(video_censor(*more, shlex.quote(str(film))), config)


@dataclass(frozen=True, slots=True)
class Place:
    """A results file, and what belongs to it.

    Args:
        results: the file.
        version: where the copy goes, and how it is made; without a film, nowhere.
        film: what the results are of; None where it was not found.
        name: of the film's tasks.
        command: what makes the copy without the page.
    """

    results: Path
    version: Version
    film: Path | None = None
    name: str = ""
    command: str = ""

    @property
    def entry(self) -> FilmEntry:
        """The film as a target; only where there is one."""
        assert self.film is not None
        return FilmEntry(self.name, self.film, (self.version,))


class Finder:
    """Finds results files and their films, as a config and the notes on films have them.

    Args:
        session: of the command.
        word: the command that the user typed, and is advised to type.
    """

    def __init__(self, session: FilmSession, word: str = "review") -> None:
        self.session = session
        self._word = word
        self.config = session.manager.config

    def named(self, paths: Iterable[Path]) -> tuple[Place, ...]:
        """Return what is meant by results files, films and folders; without any, the library of the config.

        Raises:
            Failure: there is nothing to look through; says what was wrong with the first.
        """
        named = tuple(paths)
        if not named:
            return self._of_library()
        found: dict[str, Place] = {}
        failures: list[Failure] = []
        for path in named:
            try:
                for place in self._meant(path.absolute()):
                    found.setdefault(os.path.realpath(place.results), place)
            except Failure as error:
                failures.append(error)
        if failures:  # before anything is decided, so that nobody looks for what is not there
            raise failures[0]
        return tuple(found.values())

    def of_results(self, path: Path) -> Place:
        """Return the place of a results file, with its film where that is found. Raises Failure."""
        results = read_results(path)
        return self.place(path, self._film_of(path, results))

    def place(self, results: Path, film: Path | None, copy: Path | None = None) -> Place:
        """Return the place of a results file that is of a film.

        Args:
            results: the file.
            film: None where it is not known.
            copy: where its copy goes, where that is not as the library has it.
        """
        if film is None:
            return Place(results, Version(self.config, results))
        if copy is None:
            with suppress(LookupError):
                return self._usual(results, film)
        found = FoundFilm(film, film.parent)
        (name,) = film_names([found])
        made = versions(found, self.config, self._library)
        # What lies beside a film under its name belongs to the results there, which these are not.
        copy = copy or self._noted_copy(results, film) or made[0].copy
        version = replace(made[0], results=results, copy=copy, exports={})
        flags = {"--input": film, "--input-segments": results, "--output-video": version.copy}
        words = (f"{flag} {_quoted(path)}" for flag, path in flags.items() if path is not None)
        return _place(FilmEntry(name, film, made), version, self._command(" ".join(words)))

    def _usual(self, results: Path, film: Path) -> Place:
        """Return the place of results that are where a film's usually are. Raises LookupError."""
        if (planned := self._planned(results)) is not None:
            entry, version = planned
            return _place(replace(entry, path=film), version, _task(entry, version))
        found = FoundFilm(film, film.parent)
        (name,) = film_names([found])
        made = versions(found, self.config, self._library)
        for version in made:
            if version.results is not None and is_same_file(version.results, results):
                return _place(FilmEntry(name, film, made), version, self._command(_quoted(film)))
        raise LookupError

    def _command(self, words: str) -> str:
        return with_config(video_censor(words), self.config.path)

    def _meant(self, path: Path) -> Iterator[Place]:
        if path.is_dir():
            yield from self._in_folder(path)
        elif path.suffix.lower() == ".json":
            yield self.of_results(path)
        else:
            yield from self._of_film(path)

    def _in_folder(self, folder: Path) -> Iterator[Place]:
        """Yield the results files below a folder, told by their names."""
        profiles = (each.results for each in self._library.profiles if each.results is not None)
        names = (_ONE_FILM, self._library.results, *profiles)
        paths = {path for name in names for path in folder.rglob(_any_name(name)) if path.is_file()}
        found = False
        for path in sorted(paths):
            if not any(part.startswith(".") for part in path.relative_to(folder).parts):
                with suppress(NotResults):  # it only has such a name
                    yield self._of_results_or_damaged(path)
                    found = True
        if not found:
            looked_for = sorted({_any_name(name, escaped=str) for name in names})
            raise UsageError(
                f"There is nothing to look through in {folder}",
                f"no results are there ({', '.join(looked_for)})",
                f"Name a film to have it looked at first: {video_censor('--edit FILM')}",
            )

    def _of_results_or_damaged(self, path: Path) -> Place:
        """Return the place of a results file, also of a damaged one: who reads it tells what is wrong.

        Raises:
            NotResults: it is somebody else's file, for no film has its results there.
            Failure: as `of_results`.
        """
        try:
            return self.of_results(path)
        except SegmentsError as error:
            film = self._film_by_name(path)
            if film is None and isinstance(error, NotResults):
                raise
            return self.place(path, film)

    def _film_by_name(self, results: Path) -> Path | None:
        """Return the film whose results have this name, in the library or beside them; None in doubt."""
        if (planned := self._planned(results)) is not None:
            return planned[0].path
        films = [path for path in results.parent.iterdir() if path.suffix.lower() in FILM_SUFFIXES]
        found = [film for film in films if results in self._results_beside(film)]
        return found[0] if len(found) == 1 else None

    def _results_beside(self, film: Path) -> Iterator[Path | None]:
        made = versions(FoundFilm(film, film.parent), self.config, self._library)
        return (version.results for version in made)

    def _of_film(self, film: Path) -> Iterator[Place]:
        if not film.exists():
            raise UsageError(f"{film} cannot be opened", "there is no such file", "Check the path")
        if self.session.is_copy(film):
            raise UsageError(
                f"There is nothing to look through for {film}",
                "it is a clean copy that was made here",
                "Name the film that it was made of",
            )
        found = FoundFilm(film, film.parent)
        made = [*self._library_versions(film), *versions(found, self.config, self._library)]
        there = [each.results for each in made if each.results is not None and each.results.is_file()]
        there += self._noted_results(film)
        if not there:
            edit = ("--edit",) if self._word == "review" else ()
            raise NotLookedAt(film, look_command(film, self.config.path, *edit))
        # Where the library has its results, or where they lie beside it: all profiles of the one kind.
        first = [each for each in there if each.parent == there[0].parent]
        for results in dict.fromkeys(first if len(self._library.profiles) > 1 else first[:1]):
            yield self.place(results, film)

    def _of_library(self) -> tuple[Place, ...]:
        if self.config.library is None:
            raise UsageError(
                "There is nothing to look through",
                "no film is named, and the config has no library",
                f"Name a film, or a results file: {video_censor(self._word, 'film.results.json')}",
            )
        places = [
            _place(entry, version, _task(entry, version))
            for entry in self._entries
            for version in entry.versions
            if version.results is not None
        ]
        if not places:
            raise UsageError(
                "There is nothing to look through",
                "the library of the config has no films",
                "Check library.films in the config, or name a film",
            )
        return tuple(places)

    def _library_versions(self, film: Path) -> Iterator[Version]:
        for entry in self._by_film.get(file_key(film), ()):
            if is_same_file(entry.path, film):
                yield from entry.versions

    def _planned(self, results: Path) -> tuple[FilmEntry, Version] | None:
        """Return the film of the library whose results are there, and the version."""
        for entry, version in self._by_results.get(file_key(results), ()):
            if version.results is not None and is_same_file(version.results, results):
                return entry, version
        return None

    def _film_of(self, path: Path, results: Results) -> Path | None:
        """Return the film of results: beside them, in the library, or where it was when it was looked at."""
        if results.file is not None:
            beside = path.parent / PurePath(results.file.replace("\\", "/")).name
            if beside.is_file():
                return beside
        if (planned := self._planned(path)) is not None:
            return planned[0].path
        if results.fingerprint is not None:
            known = self.session.places.films_of(results.fingerprint, self._profiles)
            return next((film for film, place in known if self._is_of(path, results, film, place)), None)
        return None

    def _is_of(self, path: Path, results: Results, film: Path, place: Path) -> bool:
        """Whether results may be of a film with their content, whose own results are at `place`."""
        has_others = place.exists() and not is_same_file(place, path)
        return film.is_file() and (not has_others or film.name == results.file)

    def _noted_copy(self, results: Path, film: Path) -> Path | None:
        """Return where the clean copy was put that was made of results, as far as that is noted."""
        digest = FilmNotes(film, self.session.folder).fingerprint()
        return None if digest is None else self.session.places.copy_of(digest, "", results)

    def _noted_results(self, film: Path) -> list[Path]:
        """Return the results of a film that were written somewhere else, as far as that is noted."""
        digest = FilmNotes(film, self.session.folder).fingerprint()
        if digest is None:
            return []
        places = self.session.places
        found = (places.results_of(digest, profile, film) for profile in self._profiles)
        return [path for path in found if path is not None]

    @cached_property
    def _entries(self) -> tuple[FilmEntry, ...]:
        return plan_library(self.config, self.session.is_copy).entries

    @cached_property
    def _by_film(self) -> Mapping[str, list[FilmEntry]]:
        found: dict[str, list[FilmEntry]] = defaultdict(list)
        for entry in self._entries:
            found[file_key(entry.path)].append(entry)
        return found

    @cached_property
    def _by_results(self) -> Mapping[str, list[tuple[FilmEntry, Version]]]:
        found: dict[str, list[tuple[FilmEntry, Version]]] = defaultdict(list)
        for entry in self._entries:
            for version in entry.versions:
                if version.results is not None:
                    found[file_key(version.results)].append((entry, version))
        return found

    @property
    def _library(self) -> Library:
        """The library's names, for what lies beside a film."""
        return replace(self.config.library or Library(()), output_dir=None)

    @property
    def _profiles(self) -> tuple[str, ...]:
        return ("", *(each.name for each in self._library.profiles))


def _place(entry: FilmEntry, version: Version, command: str) -> Place:
    assert version.results is not None
    command = "" if version.copy is None else command
    return Place(version.results, version, entry.path, entry.name, command)


def _task(entry: FilmEntry, version: Version) -> str:
    return task(":".join(filter(None, ("copy", entry.name, version.profile)))).strip("`")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _any_name(pattern: str, escaped: Callable[[str], str] = glob_escaped) -> str:
    """Return the glob pattern of all names that a pattern with {stem} and the like stands for.

    Args:
        pattern: as a config has it.
        escaped: how what is fixed in it is written.
    """
    parts = string.Formatter().parse(pattern)
    glob = "".join(escaped(text) + ("*" if field is not None else "") for text, field, _, _ in parts)
    while "**" in glob:
        glob = glob.replace("**", "*")
    return glob
