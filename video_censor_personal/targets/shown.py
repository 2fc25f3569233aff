"""What is shown of a run over films while it goes on, and what is told of them when it is stopped."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from modeltasks.report.progress import Progress
from video_censor_personal.library.entries import FilmEntry
from video_censor_personal.library.paces import Paces
from video_censor_personal.library.progress import LibraryProgress
from video_censor_personal.media.progress import Phase
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.phases import kept, phases_of
from video_censor_personal.targets.session import FilmSession

_MOST_TOLD = 5
"""Films that are told of by name when a run is stopped."""


class Shown:
    """The progress of films; it is the session's from now on, and comes with the first thing that is done.

    Args:
        states: the films.
        session: what their tasks share.
        stream: where it is shown; None: nowhere.
    """

    def __init__(self, states: Sequence[FilmState], session: FilmSession, stream: TextIO | None) -> None:
        self._states = states
        self._stream = stream
        self._lock = threading.Lock()
        self._display: LibraryProgress | None = None
        self._begun: set[str] = set()
        models = (spec.name for spec in session.manager.config.required_models())
        self._paces = Paces(session.folder, models)
        session.progress_of = self._progress_of
        session.expect = self._expect

    def hide(self) -> None:
        """Take it away; it comes again with the next thing that is done."""
        with self._lock:
            if self._display is not None:
                self._display.hide()

    def close(self) -> None:
        """Take it away for good, and note for the next run how fast films were gone through."""
        with self._lock:
            if self._display is not None:
                self._paces.note(self._display.paces())
                self._display.close()
                self._display = None

    def finished(self, state: FilmState) -> None:
        """Nothing more is done to a film."""
        with self._lock:
            self._begun.discard(state.entry.name)
            if self._display is not None:
                self._display.finished(self._name(state.entry))

    def kept(self) -> list[str]:
        """Return how much is kept of each film that something was done to, and that is not finished."""
        stopped = [state for state in self._states if state.entry.name in self._begun]
        found = [(self._name(state.entry), kept(state)) for state in stopped]
        told = [f"{name}: {what}" for name, what in found if what]
        return [*told[:_MOST_TOLD], *([f"and {len(told) - _MOST_TOLD} more"] if told[_MOST_TOLD:] else [])]

    def _progress_of(self, film: FilmEntry) -> Progress:
        self._begun.add(film.name)
        return self._shown().of(self._name(film))

    def _expect(self, film: FilmEntry, phases: Iterable[Phase]) -> None:
        self._shown().expect(self._name(film), phases)

    def _shown(self) -> LibraryProgress:
        with self._lock:
            if self._display is None:
                states = self._states
                stale = [each for each in states if each.seconds or each.error or each.why_stale()]
                films = [(self._name(each.entry), file_size(each.path)) for each in stale]
                self._display = LibraryProgress(self._stream, films, paces=self._paces.read())
                for each in stale:
                    if phases := phases_of(each):
                        self._display.expect(self._name(each.entry), phases)
            return self._display

    def _name(self, film: FilmEntry) -> str:
        """What a film is called here: by its file where it is the only one."""
        return film.path.name if len(self._states) == 1 else film.name


def file_size(film: Path) -> int:
    """Return the size of a file; 0 where it cannot be told."""
    try:
        return os.stat(film).st_size  # noqa: PTH116
    except OSError:
        return 0
