"""The pages of a library: which there are, whether they are up to date, and how they are written."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from modeltasks.errors import Failure
from modeltasks.support.files import write_whole
from video_censor_personal import __version__
from video_censor_personal.export.formats import FORMATS, REPORT, write_signed
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.export.shelf_page import ShelfRow, render
from video_censor_personal.findings.reviews import needs_decision
from video_censor_personal.library.entries import Version
from video_censor_personal.library.plan import plan_library
from video_censor_personal.targets.cleaning import remove_export
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.notes import stats_of
from video_censor_personal.targets.session import FilmSession

NAME = "index.html"
"""What a page is called; one of that name that is not ours stays, and is told."""


class ShelfPages:
    """The pages of a library: one in `output_dir`, else one in the folder of each pattern of films.

    What it says of a film is kept for as long as the film's files are as they were, so that a page of a
    thousand films reads the results of those that changed.
    """

    def __init__(
        self, session: FilmSession, states: Iterable[FilmState], problems: Iterable[Failure]
    ) -> None:
        self._session = session
        self._problems = tuple(error.what for error in problems)
        self._shelves: dict[Path, list[tuple[FilmState, Version]]] = defaultdict(list)
        for state in states:
            for version in state.entry.versions:
                if state.entry.shelf is not None and REPORT in version.exports:
                    self._shelves[state.entry.shelf / NAME].append((state, version))

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the pages are, or will be."""
        return tuple(self._shelves)

    def why_stale(self) -> tuple[str, ...]:
        """Return why a page must be written again; empty where all say what is so."""
        for path, films in self._shelves.items():
            known = self._known(path)
            if known.get("page") != stats_of([path]):
                return (f"{path} is not as it was written",)
            if known.get("program") != __version__ or known.get("problems") != list(self._problems):
                return (f"{path} is of another run",)
            rows = known.get("rows", {})
            if rows.keys() != {_key(state, version) for state, version in films}:
                return ("films came or went",)
            for state, version in films:
                if rows[_key(state, version)].get("files") != _files(version):
                    return (f"{state.path.name} was changed",)
        return ()

    def write(self) -> None:
        """Write the pages, as far as they say anything new.

        Raises:
            OutputRefused, WouldOverwrite: a file is there that was not made here, or none can be put there.
            LocalError: a page cannot be written.
        """
        overwrite = self._session.options.overwrite
        for path, films in self._shelves.items():
            noted = self._known(path)
            # Another version of this program may have noted other things of a film.
            known = noted.get("rows", {}) if noted.get("program") == __version__ else {}
            rows: dict[str, Any] = {}
            shown: list[ShelfRow] = []
            for state, version in films:
                key, files = _key(state, version), _files(version)
                entry = known.get(key, {})
                problem = _problem(state, entry.get("problem", ""))
                if entry.get("files") != files:
                    entry = {"files": files, **_told(version)}
                rows[key] = entry = {**entry, "problem": problem}
                shown.append(_row(path.parent, state, version, entry))
            text = render(shown, self._problems, f"Video Censor Personal {__version__}")
            write_signed(path, text.encode("utf-8"), self._session.folder, overwrite=overwrite)
            document = {
                "page": stats_of([path]), "program": __version__, "problems": self._problems, "rows": rows,
            }  # fmt: skip
            with suppress(OSError):
                write_whole(self._note(path), json.dumps(document, separators=(",", ":")) + "\n")

    def remove(self, dryrun: bool) -> None:
        """Remove the pages that are as this program wrote them."""
        for path in self.paths:
            remove_export(path, FORMATS[REPORT], self._session.folder, dryrun=dryrun)

    def _note(self, path: Path) -> Path:
        return self._session.notes.path("index", path)

    def _known(self, path: Path) -> Mapping[str, Any]:
        try:
            document = json.loads(self._note(path).read_bytes())
        except (OSError, ValueError):
            return {}
        return document if isinstance(document, dict) else {}


def library_pages(session: FilmSession) -> ShelfPages:
    """Return the pages of the config's library, with the films that it has now."""
    plan = plan_library(session.manager.config, session.is_copy)
    return ShelfPages(session, [FilmState(each, session) for each in plan.entries], plan.problems)


def _key(state: FilmState, version: Version) -> str:
    return f"{state.path}\n{version.profile}"


def _places(version: Version) -> dict[str, Path]:
    """Return what is made of a film, by what it is called."""
    named = {"report": version.exports[REPORT], "results": version.results, "copy": version.copy}
    return {name: path for name, path in named.items() if path is not None}


def _files(version: Version) -> Any:
    return stats_of(_places(version).values())


def _told(version: Version) -> dict[str, Any]:
    """Return what the results say, as a note has it."""
    if version.results is None:
        return {"found": None}
    try:
        results = read_results(version.results)
    except Failure:
        return {"found": None}  # there are none yet, or the film's own task says what is wrong
    found = Counter(each.category for each in results.segments)
    waiting = sum(map(needs_decision, results.segments))
    return {"found": dict(found), "to_decide": waiting, "unseen": list(results.unseen)}


def _row(folder: Path, state: FilmState, version: Version, told: Mapping[str, Any]) -> ShelfRow:
    places = _places(version)
    there = {name: _address(path, folder) for name, path in places.items() if os.path.lexists(path)}
    name = f"{state.path.name} ({version.profile})" if version.profile else state.path.name
    if told["found"] is None:
        return ShelfRow(name, problem=told["problem"], looked_at=False, links=there)
    return ShelfRow(
        name,
        told["found"],
        told["to_decide"],
        tuple(told["unseen"]),
        _copy(state, version),
        told["problem"],
        there,
    )


def _copy(state: FilmState, version: Version) -> str:
    if version.copy is None:
        return "none wanted"
    if not os.path.lexists(version.copy):
        return "not made yet"
    return "not as decided now" if state.why_copy(version) else "made"


def _problem(state: FilmState, before: str) -> str:
    """Return what went wrong in this run, or in an earlier one, and was not put right since."""
    error = state.error
    if error is None:
        return before if before and state.why_stale() else ""
    return f"{error.what}: {error.why}" if error.why else error.what


def _address(path: Path, folder: Path) -> str:
    """Return the address of a file as a page in a folder names it."""
    try:
        beside = os.path.relpath(path, folder)
    except ValueError:  # another drive
        return path.as_uri()
    return quote(os.fsencode(beside.replace(os.sep, "/")))
