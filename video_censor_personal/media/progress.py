"""The progress of work that goes through a film from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from modeltasks.report.progress import Progress
from video_censor_personal.media.errors import read_failure


@contextmanager
def film_progress(
    progress: Progress, label: str, film: Path, duration: float, start: float = 0.0
) -> Iterator[Callable[[float], None]]:
    """Show progress as bytes of the file; give a function that takes the time reached.

    Args:
        progress: where to show it.
        label: what is being done.
        film: the file.
        duration: its length in seconds, as the time reached is.
        start: how far earlier work came, in seconds.

    Raises:
        MediaError: the file is gone.
    """
    try:
        size = film.stat().st_size
    except OSError as error:
        raise read_failure(film, error) from error

    def bytes_at(seconds: float) -> int:
        return min(size, int(size * seconds / duration)) if duration > 0 else 0

    done = bytes_at(start)
    shown = progress.begin(label, size, done)

    def reached(seconds: float) -> None:
        nonlocal done
        now = bytes_at(seconds)
        if now > done:
            shown.advance(now - done)
            done = now

    try:
        yield reached
    finally:
        shown.close()
