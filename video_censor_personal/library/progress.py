"""What is shown of a run over films: how far all of it is, what is being done, how long it still takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from modeltasks.report.console import symbol
from modeltasks.report.display import amount_text, bar_text, board_for
from modeltasks.report.pace import Clock, clock_text, place_text
from modeltasks.report.progress import FileProgress, Progress, Unit
from modeltasks.support.text import cells, fit, one_line
from video_censor_personal.library.work import Film, Step, Work
from video_censor_personal.media.progress import Phase

_BAR = 30
"""Cells of a bar, where there is room."""
_LEAST_BAR = 8
_LEAST_NAME = 8
"""Cells that the name of a film has at least, where the line has so many."""


class LibraryProgress:
    """What is shown while films are worked on, several at once; safe to call from several threads.

    One film has a line with how far all is that is done to it, and one with what is being done. Several have
    one line together, and one each of those that are worked on.

    Args:
        stream: where to show it; None: nowhere.
        films: name and size in bytes of each film that may have to be worked on.
        clock: seconds that go on.
        paces: seconds of work for each second of film, by kind of phase, as they were in earlier runs.
    """

    def __init__(
        self,
        stream: TextIO | None,
        films: Sequence[tuple[str, int]],
        clock: Clock = time.monotonic,
        paces: Mapping[str, float] | None = None,
    ) -> None:
        self._stream = stream
        self._board = board_for(stream)
        self._dot = symbol(stream, "·", "-") if stream is not None else "-"
        self._lock = threading.Lock()
        self._clock = clock
        self._next = clock() + (self._board.every if self._board is not None else 0.0)
        self._work = Work(films, clock, paces)

    def of(self, film: str) -> Progress:
        """Return where all that is done to one film is shown."""
        return _FilmProgress(self, film)

    def expect(self, film: str, phases: Iterable[Phase]) -> None:
        """Know what will be done to a film from now on, and what of it was done before."""
        with self._lock:
            self._work.expect(film, phases)

    def finished(self, film: str) -> None:
        """Nothing more is done to a film; if nothing was, it needed nothing, and is no measure for others."""
        with self._lock:
            self._work.finish(film)
            self._show_at_once()

    def paces(self) -> dict[str, float]:
        """Return seconds of work for each second of film, by kind of phase, as they are known now."""
        with self._lock:
            return self._work.paces()

    def hide(self) -> None:
        """Take the lines away until something more is done."""
        with self._lock:
            if self._board is not None:
                self._board.show(())

    def close(self) -> None:
        """Take the lines away; what still comes is not shown."""
        self.hide()
        with self._lock:
            self._board = None

    def begin(self, film: str, phase: Phase) -> FileProgress:
        """Show that something is done to a film."""
        with self._lock:
            step = self._work.begin(film, phase)
            self._show_at_once()
        return _Step(self, step)

    def advance(self, step: Step, count: float) -> None:
        """Show that so much more of it is done."""
        with self._lock:
            step.advance(count, self._clock())
            self._show()

    def end(self, step: Step) -> None:
        """It is over, which shows with what comes next: it may have been stopped, and then nothing does."""
        with self._lock:
            step.end(self._clock())

    def _show_at_once(self) -> None:
        if self._board is not None and self._board.stays:
            self._next = 0.0
        self._show()

    def _show(self) -> None:
        now = self._clock()
        if self._board is None or now < self._next:
            return
        self._next = now + self._board.every
        films = list(self._work.under_way.values())
        if not films:
            self._board.show(())
        elif self._work.films > 1:
            lines = (self._line(film) for film in films if film.is_at_work(now))
            self._board.show([self._summary(self._board.width), *lines])
        elif self._board.stays:
            self._board.show([self._total(films[0], self._board.width), doing(films[0], self._board.width)])
        else:
            self._board.show([self._all(films[0], self._board.width)])

    def _eta(self) -> str:
        left = self._work.seconds_left()
        return "" if left is None else f"ETA {clock_text(left)}"

    def _total(self, film: Film, width: int) -> str:
        """How far one film is in all: its name, a bar, and how long it takes."""
        assert self._stream is not None
        share, eta = self._work.share_of(film), self._eta()
        told = "  ".join(filter(None, ("" if share is None else percent(share), eta)))
        room = width - cells(told) - 2
        name = fit(one_line(film.name), max(room // 2, _LEAST_NAME), symbol(self._stream, "…", "..."))
        bar = min(room - cells(name) - 2, _BAR)
        if share is None or bar < _LEAST_BAR:
            return f"{name}  {told}".rstrip()
        return f"{name}  {percent(share)} {bar_text(share, bar, self._stream)}  {eta}".rstrip()

    def _all(self, film: Film, width: int) -> str:
        """All of that in one line, for a file or a pipe."""
        share, eta = self._work.share_of(film), self._eta()
        rest = ", ".join(filter(None, ("" if share is None else f"{percent(share)} of all", eta)))
        least = min(cells(one_line(film.name)), _LEAST_NAME)
        told = ", ".join(filter(None, (doing(film, width - least - 2 - cells(rest) - 2), rest)))
        name = fit(one_line(film.name), max(width - cells(told) - 2, least), "...")
        return fit(f"{name}: {told}", width, "...")

    def _line(self, film: Film) -> str:
        assert self._board is not None
        name = fit(one_line(film.name), max(self._board.width // 2, _LEAST_NAME))
        return f"{name}  {doing(film, self._board.width - cells(name) - 2)}"

    def _summary(self, width: int) -> str:
        work = self._work
        films = f"films {work.finished} of {work.films}"
        eta = [self._eta()] if self._eta() else []
        for parts in ([films, f"{clock_text(work.film_time)} of film", *eta], [films, *eta]):
            line = f" {self._dot} ".join(parts)
            if cells(line) <= width:
                return line
        return films


def doing(film: Film, width: int) -> str:
    """Return what is being done to a film, and how far that is; where there is little room, the latter."""
    step = film.step
    if step is None:
        return fit(one_line(f"{film.steps[-1].label}: done"), width)
    label, place = one_line(step.label), amount_text(step.pace, step.unit)
    if step.unit == "seconds" and cells(f"{label} {place}") > width:
        place = place_text(step.pace)
    room = width - cells(place) - 1
    return f"{fit(label, room, '..')} {place}" if room > 0 else fit(place, width)


def percent(share: float) -> str:
    """Return a share as people say it; all of it only when it is all."""
    return f"{int(100 * share + 1e-9)} %"


class _FilmProgress:
    """Where one film's steps show their progress."""

    def __init__(self, library: LibraryProgress, film: str) -> None:
        self._library = library
        self._film = film

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        return self._library.begin(self._film, Phase(label, total or 0.0, done, unit))


class _Step:
    def __init__(self, library: LibraryProgress, step: Step) -> None:
        self._library = library
        self._step = step

    def advance(self, count: float) -> None:
        self._library.advance(self._step, count)

    def close(self) -> None:
        self._library.end(self._step)
