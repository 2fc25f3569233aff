"""The progress of a library: one line for all of it, and one for each film at work."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TextIO

from modeltasks.report.console import symbol
from modeltasks.report.display import amount_text, board_for
from modeltasks.report.pace import Clock, Pace, clock_text
from modeltasks.report.progress import FileProgress, Progress, Unit
from modeltasks.support.text import cells, one_line

_PASSES = 3.0
"""How often a film is gone through, as long as none is finished: listened to, looked at, written."""

_ALL = 0.9
"""The share of a pass that is as good as the whole: the last picture stands before the end."""

_SETTLED = 10.0
"""Seconds of work before which there is no telling how long the rest takes."""

_STEADY = 60.0
"""Seconds in which a new estimate takes the place of the last one by two thirds; fewer at the beginning."""


class LibraryProgress:
    """What is shown while films are worked on, several at once; safe to call from several threads.

    Args:
        stream: where to show it; None: nowhere.
        films: name and size in bytes of each film that may have to be worked on.
        clock: seconds that go on.
    """

    def __init__(
        self, stream: TextIO | None, films: Sequence[tuple[str, int]], clock: Clock = time.monotonic
    ) -> None:
        self._board = board_for(stream)
        self._dot = symbol(stream, "·", "-") if stream is not None else "-"
        self._lock = threading.Lock()
        self._clock = clock
        self._next = clock() + (self._board.every if self._board is not None else 0.0)
        self._work = _Work(films, clock)

    def of(self, film: str) -> Progress:
        """Return where all that is done to one film is shown, in its one line."""
        return _FilmProgress(self, film)

    def finished(self, film: str) -> None:
        """Nothing more is done to a film; if nothing was, it needed nothing, and is no measure for others."""
        with self._lock:
            self._work.finish(film)
            self._show_at_once()

    def close(self) -> None:
        """Take the lines away; what still comes is not shown."""
        with self._lock:
            board, self._board = self._board, None
            if board is not None:
                board.show(())

    def begin(self, film: str, label: str, total: float | None, done: float, unit: Unit) -> FileProgress:
        """Show that something is done to a film."""
        step = _Pass(label, unit, Pace(total, done, self._clock))
        with self._lock:
            self._work.begin(film, step)
            self._show_at_once()
        return _Step(self, step)

    def advance(self, step: _Pass, count: float) -> None:
        """Show that so much more of it is done."""
        with self._lock:
            step.pace.advance(count)
            self._show()

    def end(self, step: _Pass) -> None:
        """Show that it is over."""
        with self._lock:
            step.ended = True
            self._show()

    def _show_at_once(self) -> None:
        if self._board is not None and self._board.stays:
            self._next = 0.0
        self._show()

    def _show(self) -> None:
        now = self._clock()
        if self._board is None or now < self._next:
            return
        self._next = now + self._board.every
        lines = [film.line() for film in self._work.under_way.values()]
        self._board.show([self._summary(self._board.width), *lines] if lines else [])

    def _summary(self, width: int) -> str:
        work = self._work
        films = f"films {work.finished} of {work.films}"
        left = work.seconds_left()
        eta = [f"ETA {clock_text(left)}"] if left is not None else []
        for parts in ([films, f"{clock_text(work.film_time)} of film", *eta], [films, *eta]):
            line = f" {self._dot} ".join(parts)
            if cells(line) <= width:
                return line
        return films


class _FilmProgress:
    """Where one film's steps show their progress."""

    def __init__(self, library: LibraryProgress, film: str) -> None:
        self._library = library
        self._film = film

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        return self._library.begin(self._film, label, total, done, unit)


class _Step:
    def __init__(self, library: LibraryProgress, step: _Pass) -> None:
        self._library = library
        self._step = step

    def advance(self, count: float) -> None:
        self._library.advance(self._step, count)

    def close(self) -> None:
        self._library.end(self._step)


class _Pass:
    """One way through a film (`unit` is seconds) or its file."""

    def __init__(self, label: str, unit: Unit, pace: Pace) -> None:
        self.label = label
        self.unit = unit
        self.pace = pace
        self.before = pace.share or 0.0
        """The share that an earlier run did."""
        self.ended = False

    @property
    def came(self) -> float:
        """How far it has come, from 0 to 1."""
        share = self.pace.share
        return float(self.ended) if share is None else share


@dataclass(slots=True)
class _Film:
    name: str
    size: int
    steps: list[_Pass] = field(default_factory=list)
    share: float = 0.0
    """How much of the work on it is done, from 0 to 1; it never falls."""

    @property
    def passes(self) -> list[_Pass]:
        """The steps that go through the film, and so take their time."""
        return [each for each in self.steps if each.unit == "seconds"]

    @property
    def length(self) -> float:
        """Seconds of film, as far as they are known."""
        return max((each.pace.total or each.pace.done for each in self.passes), default=0.0)

    def line(self) -> str:
        """Return its name, and what is being done."""
        step = next((each for each in reversed(self.steps) if not each.ended), None)
        if step is None:
            return one_line(f"{self.name}  {self.steps[-1].label}: done")
        return one_line(f"{self.name}  {step.label} {amount_text(step.pace, step.unit)}")


class _Work:
    """How much work there is, how much is done, and so how long the rest takes.

    How long a film is, is known only when it is opened, so films are weighed by their size. What counts as
    done is what this run did: not what needed nothing, nor what an earlier run did.
    """

    def __init__(self, films: Sequence[tuple[str, int]], clock: Clock) -> None:
        self._clock = clock
        self._waiting = {name: max(size, 1) for name, size in films}
        self._waiting_bytes = sum(self._waiting.values())
        self._began: float | None = None
        self._done_bytes = 0.0
        self._done_length = 0.0
        self._passes: list[int] = []
        self._estimate: tuple[float, float] | None = None
        self.films = len(self._waiting)
        self.finished = 0
        self.under_way: dict[str, _Film] = {}

    def begin(self, name: str, step: _Pass) -> None:
        if self._began is None:
            self._began = self._clock()
        if name in self._waiting:
            size = self._waiting.pop(name)
            self._waiting_bytes -= size
            self.under_way[name] = _Film(name, size)
        if name in self.under_way:
            self.under_way[name].steps.append(step)

    def finish(self, name: str) -> None:
        self._waiting_bytes -= self._waiting.get(name, 0)
        film = self.under_way.pop(name, None)
        if self._waiting.pop(name, None) is None and film is None:
            return
        self.finished += 1
        if film is not None and film.passes:
            count = len(film.passes)
            self._done_length += film.length
            self._done_bytes += film.size * sum(each.came - each.before for each in film.passes) / count
            if all(each.came > _ALL for each in film.passes):  # it did not fail
                self._passes.append(count)

    @property
    def film_time(self) -> float:
        """Seconds of film that were gone through, in all."""
        return self._done_length + sum(film.length * self._share(film) for film in self.under_way.values())

    def seconds_left(self) -> float | None:
        """Return how long the rest takes; None where that cannot be told yet."""
        now = self._clock()
        if self._began is None or (now - self._began < _SETTLED and not self._passes):
            return None
        done, left = self._done_bytes, float(self._waiting_bytes)
        for film in self.under_way.values():
            share = self._share(film)
            before = sum(each.before for each in film.passes) / self._expected(film)
            done += film.size * max(share - before, 0.0)
            left += film.size * (1 - share)
        if done <= 0:
            return None
        elapsed = now - self._began
        return self._steadied(left * elapsed / done, now, min(elapsed / 4, _STEADY))

    def _steadied(self, estimate: float, now: float, steady: float) -> float:
        """Let what was said before go down as a clock does, and move to the new estimate bit by bit."""
        if self._estimate is not None:
            when, said = self._estimate
            weight = 1 - math.exp((when - now) / max(steady, 1.0))
            still = max(said - (now - when), 0.0)
            estimate = still + (estimate - still) * weight
        self._estimate = (now, estimate)
        return estimate

    def _share(self, film: _Film) -> float:
        came = sum(1.0 if each.ended else each.came for each in film.passes)
        film.share = max(film.share, came / self._expected(film))
        return film.share

    def _expected(self, film: _Film) -> float:
        """How many passes a film has: as the others had, but no fewer than it has begun."""
        usual = sum(self._passes) / len(self._passes) if self._passes else _PASSES
        return max(usual, len(film.passes))
