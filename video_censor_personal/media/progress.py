"""The progress of work that goes through a film from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from modeltasks.report.progress import Progress


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
