"""Where what is made of a film goes, and which files two films cannot both have."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from modeltasks.errors import Failure
from video_censor_personal.config import Config
from video_censor_personal.config.name_patterns import COPY_SUFFIXES
from video_censor_personal.config.values import Library, Profile
from video_censor_personal.errors import UsageError
from video_censor_personal.export.formats import FORMATS
from video_censor_personal.library.advice import IN_CONFIG, Advice
from video_censor_personal.library.discover import FoundFilm
from video_censor_personal.library.entries import FilmEntry, Version
from video_censor_personal.library.globs import real


def versions(film: FoundFilm, config: Config, library: Library) -> tuple[Version, ...]:
    """Return each version that is made of a film: one, or one for each profile."""
    folder = film.path.parent
    if library.output_dir is not None:
        folder = library.output_dir / folder.relative_to(film.root)
    profiles = library.profiles or (Profile("", config),)
    return tuple(_version(film.path, folder, library, profile) for profile in profiles)


def _version(film: Path, folder: Path, library: Library, profile: Profile) -> Version:
    copy = library.copy if profile.copy is None else profile.copy
    pattern = library.results if profile.results is None else profile.results
    names = {"stem": film.stem, "suffix": film.suffix, "name": film.name, "profile": profile.name}
    results = folder / pattern.format_map(names)
    # As the film is called, or a player does not find it; but two films that differ by suffix stay apart.
    exported = film.name if "{name}" in pattern or "{suffix}" in pattern else film.stem
    if profile.name:
        exported = f"{exported}.{profile.name}"
    return Version(
        config=profile.config,
        results=results,
        copy=None if copy is None else folder / _copy_name(copy, names),
        exports=MappingProxyType(
            {each: results.parent / (exported + FORMATS[each].suffix) for each in library.exports}
        ),
        profile=profile.name,
    )


def _copy_name(pattern: str, names: Mapping[str, str]) -> str:
    """Return the name of a copy, which ends as a container does that can be written."""
    if pattern.endswith("{name}"):
        pattern = pattern.removesuffix("{name}") + "{stem}{suffix}"
    if not pattern.endswith("{suffix}") or names["suffix"].lower() in COPY_SUFFIXES:
        return pattern.format_map(names)
    # Such as AVI: Matroska holds all of such a film.
    return pattern.removesuffix("{suffix}").format_map(names) + ".mkv"


def without_clashes(
    entries: Iterable[FilmEntry], others: Iterable[Path] = (), advice: Advice = IN_CONFIG
) -> tuple[tuple[FilmEntry, ...], tuple[Failure, ...]]:
    """Return the entries whose files are theirs alone, and a problem for each that is not.

    Names that differ only by case, or by how their accents are written, are one file to many systems.

    Args:
        entries: all of a run.
        others: films that are not part of it, and must not be written over.
        advice: what can be done about a problem.
    """
    entries = tuple(entries)
    folded = _Folding()
    paths = [*others, *(entry.path for entry in entries)]
    # A copy must not be written over what a link leads to, either.
    films = {folded(real(path)): path for path in paths if path.is_symlink()}
    films |= {folded(path): path for path in paths}
    uses: dict[str, list[_Use]] = defaultdict(list)
    for entry in entries:
        for use in _uses(entry):
            uses[folded(use.target)].append(use)
    clashes: dict[frozenset[Path], Failure] = {}
    for place, found in uses.items():
        if place in films:
            for use in found:
                clashes.setdefault(frozenset((use.film, films[place])), _on_a_film(use, films[place], advice))
        if len(found) > 1:
            clashes.setdefault(frozenset(use.film for use in found), _one_file(found, advice))
    left_out = frozenset().union(*clashes)
    kept = tuple(entry for entry in entries if entry.path not in left_out)
    return kept, tuple(clashes.values())


@dataclass(frozen=True, slots=True)
class _Use:
    """A file that is made of a film, and what it is called to the user."""

    film: Path
    target: Path
    what: str


def _uses(entry: FilmEntry) -> Iterator[_Use]:
    for version in entry.versions:
        of = f" of the profile '{version.profile}'" if version.profile else ""
        if version.copy is not None:
            yield _Use(entry.path, version.copy, f"the copy{of}")
        if version.results is not None:
            yield _Use(entry.path, version.results, f"the results{of}")
        for name, target in version.exports.items():
            yield _Use(entry.path, target, f"the export {name}{of}")


class _Folding:
    """One text for all paths that may be one file; each folder is looked up once."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def __call__(self, path: Path) -> str:
        """Return the text for a path."""
        folder, _, name = str(path).rpartition(os.sep)
        if folder not in self._folders:
            self._folders[folder] = _folded(str(real(path.parent)))
        return f"{self._folders[folder]}/{_folded(name)}"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _on_a_film(use: _Use, film: Path, advice: Advice) -> Failure:
    if use.film == film:
        return UsageError(
            f"{film} was not looked at",
            f"{use.what} would be written over the film itself",
            "Change library.copy or library.output_dir",
        )
    return UsageError(
        f"Neither {use.film} nor {film} was looked at",
        f"{use.what} of the one belongs where the other is, and this program is not known to have made that",
        f"If it is an old copy, remove it; else {advice.copy_elsewhere}",
    )


def _one_file(uses: list[_Use], advice: Advice) -> Failure:
    targets = " and ".join(dict.fromkeys(str(use.target) for use in uses))
    films = list(dict.fromkeys(use.film for use in uses))
    if len(films) == 1:
        whats = " and ".join(use.what for use in uses)
        return UsageError(
            f"{films[0]} was not looked at",
            f"{whats} would be one file, {targets}",
            "Change library.copy, library.results or the names of the profiles",
        )
    return UsageError(
        f"None of {', '.join(map(str, films))} was looked at",
        f"what is made of each would be one file, {targets}",
        f"Rename one, or {advice.name_otherwise}",
    )
