"""The progress of work that goes through a film from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from modeltasks.report.progress import Progress, Unit

WRITING = "writing the clean copy"
CHECKING = "checking the clean copy"
HASHING = "reading the film"


@dataclass(frozen=True, slots=True)
class Phase:
    """Work that goes through a film, or its file, once.

    Args:
        label: what is being done, in words for people.
        total: seconds of the film, or bytes of the file; 0: unknown.
        done: how much of it was done earlier.
        unit: what is counted.
    """

    label: str
    total: float
    done: float = 0.0
    unit: Unit = "seconds"


@contextmanager
def film_progress(
    progress: Progress, label: str, duration: float, start: float = 0.0
) -> Iterator[Callable[[float], None]]:
    """Show progress as seconds of the film; give a function that takes the time reached.

    Args:
        progress: where to show it.
        label: what is being done.
        duration: the film's length in seconds, as far as it is known; else 0.
        start: how far earlier work came, in seconds.
    """
    length = duration if duration > 0 else None

    def within(seconds: float) -> float:
        return seconds if length is None else min(seconds, length)

    done = within(start)
    with closing(progress.begin(label, length, done, "seconds")) as shown:

        def reached(seconds: float) -> None:
            nonlocal done
            now = within(seconds)
            if now > done:
                shown.advance(now - done)
                done = now

        yield reached


class Passes:
    """The progress of work that goes through a film several times, as one time through it.

    Args:
        reached: takes the time reached, in seconds of the film.
        duration: the film's length in seconds.
        count: how often it is gone through.
    """

    def __init__(self, reached: Callable[[float], None], duration: float, count: int) -> None:
        self._reached = reached
        self._duration = duration
        self._count = max(count, 1)
        self._done = 0

    def at(self, seconds: float) -> None:
        """Tell the time reached in this pass."""
        part = min(max(seconds, 0.0), self._duration)
        self._reached(min(self._done * self._duration + part, self._count * self._duration) / self._count)

    def after(self, done: int) -> Callable[[float], None]:
        """Begin the pass behind so many; return what takes the time reached in it."""
        self._done = done
        self.at(0.0)
        return self.at
