"""Clean copies made from the page: one after the other, each with its progress, and each can be stopped."""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from modeltasks.errors import Failure, Unexpected
from modeltasks.report.console import print_err
from modeltasks.report.display import amount_text
from modeltasks.report.pace import Pace
from modeltasks.report.progress import FileProgress, Unit
from modeltasks.support.cancel import Cancelled, CancelToken
from video_censor_personal.errors import UsageError
from video_censor_personal.review.film import ReviewedFilm

logger = logging.getLogger(__name__)


class RendersAlready(UsageError):
    """A copy of the film is being made."""

    def __init__(self, film: str) -> None:
        super().__init__(
            f"A copy of {film} is being made already",
            "one is made at a time",
            "Wait for it, or stop it and begin again",
        )


class PageProgress:
    """How far a copy is, as the page tells it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._label = ""
        self._unit: Unit = "bytes"
        self._pace: Pace | None = None

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        """Show that something is done to the film."""
        with self._lock:
            self._label, self._unit, self._pace = label, unit, Pace(total, done)
            return _Step(self, self._pace)

    def advance(self, pace: Pace, count: float) -> None:
        """So much more of it is done."""
        with self._lock:
            pace.advance(count)

    def as_json(self) -> dict[str, Any]:
        """Return the share from 0 to 1, a line, and the seconds that it still takes."""
        with self._lock:
            if self._pace is None:
                return {"share": None, "text": "", "left": None}
            text = f"{self._label} {amount_text(self._pace, self._unit)}"
            if self._unit != "seconds":  # the file is read first, which is no part of the film's length
                return {"share": None, "text": text, "left": None}
            return {"share": self._pace.share, "text": text, "left": self._pace.left}


class _Step:
    def __init__(self, progress: PageProgress, pace: Pace) -> None:
        self._progress = progress
        self._pace = pace

    def advance(self, count: float) -> None:
        self._progress.advance(self._pace, count)

    def close(self) -> None:
        return


@dataclass
class _Render:
    """One copy that is wanted."""

    film: ReviewedFilm
    allow_incomplete: bool
    cancel: CancelToken = field(default_factory=CancelToken)
    progress: PageProgress = field(default_factory=PageProgress)
    phase: Literal["waiting", "rendering"] = "waiting"


class Renders:
    """Makes the copies that are asked for; one at a time, for each has all of the machine."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[_Render] = deque()
        self._current: _Render | None = None
        self._failed: dict[str, tuple[object, Failure]] = {}
        self._closed = False
        self._thread: threading.Thread | None = None

    def begin(self, film: ReviewedFilm, *, allow_incomplete: bool = False) -> None:
        """Make the copy of a film when it is its turn.

        Raises:
            Failure: nothing can be made of it, or its copy is being made.
        """
        film.usable()
        with self._changed:
            if self._of(film) is not None:
                raise RendersAlready(film.title)
            self._failed.pop(film.name, None)
            self._waiting.append(_Render(film, allow_incomplete))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="renders", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def stop(self, film: ReviewedFilm) -> None:
        """Stop the copy of a film; what was there before is there still. Nothing, where none is made."""
        with self._changed:
            render = self._of(film)
            if render is None:
                return
            render.cancel.set()
            if render in self._waiting:
                self._waiting.remove(render)

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is being made; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._current or self._waiting), seconds)

    def close(self) -> tuple[str, ...]:
        """Stop all of it, wait for that, and return what people call the films of which no copy was made."""
        with self._changed:
            self._closed = True
            left = [*([self._current] if self._current is not None else ()), *self._waiting]
            self._waiting.clear()
            for each in left:
                each.cancel.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        return tuple(each.film.title for each in left)

    def over(self, film: ReviewedFilm, state: dict[str, Any]) -> dict[str, Any]:
        """Return how a film stands, with what is done about its copy now.

        Args:
            film: the film.
            state: how it stands, with the copy that is there under `copy`.
        """
        copy = state["copy"]
        with self._changed:
            render, failed = self._of(film), self._failed.get(film.name)
        if render is not None:
            copy = {**copy, "state": render.phase, "error": None, **render.progress.as_json()}
        elif failed is not None and failed[0] == film.situation():
            is_there = copy["state"] == "current"
            copy = {**copy, "error": failed[1].as_dict(), "state": "current" if is_there else "failed"}
        return {**state, "copy": copy}

    def _of(self, film: ReviewedFilm) -> _Render | None:
        every = (self._current, *self._waiting)
        return next((each for each in every if each is not None and each.film is film), None)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                render = self._current = self._waiting.popleft()
                render.phase = "rendering"
            try:
                self._make(render)
            except Exception:  # a mistake of ours, which must not end all copies
                logger.exception("the copy of %s", render.film.title)
            finally:
                with self._changed:
                    self._current = None
                    self._changed.notify_all()

    def _make(self, render: _Render) -> None:
        error = _made(render)
        if error is not None:
            # As all is now: what is done after a failure may be what mends it.
            situation = render.film.situation()
            with self._changed:
                self._failed[render.film.name] = (situation, error)


def _made(render: _Render) -> Failure | None:
    """Make a copy, and return why that failed, if it did; being stopped is no failure."""
    film = render.film
    try:
        film.render(render.progress, render.cancel, allow_incomplete=render.allow_incomplete)
    except Failure as error:
        print_err(f"error: {error}")
        return error
    except Cancelled:
        return None
    except Exception as error:  # a mistake of ours
        logger.exception("the copy of %s", film.title)
        return Unexpected(f"The copy of {film.title}", f"{type(error).__name__}: {error}")
    print_err(f"{film.place.version.copy}: written")
    return None
