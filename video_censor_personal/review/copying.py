"""The clean copy of one film under review: how it stands, and how it is made."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modeltasks.errors import Failure
from modeltasks.report.console import print_err
from modeltasks.report.progress import Progress
from modeltasks.support.cancel import CancelToken
from video_censor_personal.errors import UsageError, WouldOverwrite
from video_censor_personal.export.formats import REPORT
from video_censor_personal.media.notes import FilmFacts
from video_censor_personal.review.finding import Place
from video_censor_personal.targets import steps
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.run import run_film
from video_censor_personal.targets.session import FilmSession
from video_censor_personal.targets.shelf_pages import library_pages

_ON_THE_PAGE = "Move that file elsewhere; or, to replace it, start the page again with --overwrite"
"""What can be done about a file that is in the way, where there is no command line."""
Stat = tuple[int, int, int] | None
"""How a file is, as far as it matters whether it is another one; None: it is not there."""


def stat_of(path: Path | None) -> Stat:
    """Return how a file is now."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_size, found.st_mtime_ns, found.st_ino)


class FilmCopy:
    """The copy of the film at a place; for any number of threads.

    Args:
        place: the film, its results, and where the copy goes.
        shared: the session of the page; the copy has one of its own, so that a stop is for it alone.
    """

    def __init__(self, place: Place, shared: FilmSession) -> None:
        self._place = place
        self._session = shared.one_of_its_own()
        self._allowed = shared.options.allow_incomplete
        self._guard = threading.RLock()
        self._state: tuple[Stat, FilmState] | None = None
        self._told: tuple[object, dict[str, Any]] | None = None

    def standing(self, fingerprint: str | None) -> dict[str, Any]:
        """Return how the copy stands, apart from what is done about it now.

        Args:
            fingerprint: of the film, as far as it is the right one and that is known; else no copy is
                called up to date.
        """
        key = (self._stats(), fingerprint)
        with self._guard:
            if self._told is None or self._told[0] != key:
                self._told = (key, self._standing(fingerprint is not None))
            return dict(self._told[1])

    def stats(self) -> tuple[Stat, ...]:
        """Return how the files are now that the making of the copy reads and writes."""
        return (*self._stats(), *map(stat_of, self._place.version.exports.values()))

    def _stats(self) -> tuple[Stat, ...]:
        place = self._place
        return tuple(map(stat_of, (place.results, place.version.copy, place.film)))

    def make(
        self,
        check: Callable[[FilmFacts], None],
        progress: Progress,
        cancel: CancelToken,
        *,
        allow_incomplete: bool,
    ) -> None:
        """Make the copy, and what else is made of the results, as they are now.

        Args:
            check: is given what the film is, before anything is made of it; raises Failure where it is
                not the right one.
            progress: where to show how far it is.
            cancel: stops it.
            allow_incomplete: though not all of the film was looked at.

        Raises:
            Failure: it cannot be made, or not of this film.
            Cancelled: a stop was asked for.
        """
        version, film, session = self._place.version, self._place.film, self._session
        assert film is not None
        if version.copy is None:
            raise UsageError(
                f"No clean copy of {film.name} can be made here",
                "the config says that no copies are made (library.copy is null)",
                "Take `copy: null` out of the config, and start the review again",
            )
        session.cancel, session.progress_of = cancel, lambda _entry: progress
        session.allow(allow_incomplete=allow_incomplete or self._allowed)
        state = self._film_state()
        check(state.facts())
        try:
            try:
                steps.check_copy(state, version)
            except WouldOverwrite as error:
                raise error.advising(_ON_THE_PAGE) from error
            run_film(state, "copy")
            if version.exports:
                steps.export(state, version)
            if REPORT in version.exports:
                self._tell_on_pages()
        finally:
            with self._guard:
                self._told = None

    def _tell_on_pages(self) -> None:
        """Let the pages of the library say what became of the copy, which is made whether they can or not."""
        try:
            library_pages(self._session).write()
        except Failure as error:
            print_err(f"warning: {error}")

    def _standing(self, is_known: bool) -> dict[str, Any]:
        copy, film = self._place.version.copy, self._place.film
        told: dict[str, Any] = {
            **{"path": None if copy is None else str(copy), "state": "none", "error": None},
            **{"share": None, "text": "", "left": None},
        }
        if copy is None or film is None or not os.path.lexists(copy):
            return told
        if not self._session.copier().is_ours(copy):
            if not self._session.options.overwrite:
                told["error"] = WouldOverwrite(copy).advising(_ON_THE_PAGE).as_dict()
            return told
        return told | {"state": "current" if is_known and self._is_current() else "stale"}

    def _is_current(self) -> bool:
        try:
            state = self._film_state()
            state.changed()
            return not state.why_copy(self._place.version)
        except Failure:
            return False

    def _film_state(self) -> FilmState:
        """Return what is known of the film as a target, as long as it is the same file."""
        with self._guard:
            stat = stat_of(self._place.film)
            if self._state is None or self._state[0] != stat:
                state = FilmState(self._place.entry, self._session)
                state.given = True
                self._state = (stat, state)
            return self._state[1]
