"""The films of one page."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from video_censor_personal import __version__
from video_censor_personal.clips.work import MediaWork
from video_censor_personal.review.film import Desk, ReviewedFilm
from video_censor_personal.review.finding import Finder, Place
from video_censor_personal.review.looks import Looks
from video_censor_personal.review.rendering import Renders
from video_censor_personal.runners.workers import LocalWorkers

_PROCESSES = 4
"""That look into films and make what the page shows of them; copies are made by others."""


class Films:
    """The films that are looked through on one page, and the copies that are made from it."""

    def __init__(self, places: Sequence[Place], finder: Finder) -> None:
        self._workers = LocalWorkers(_PROCESSES)
        folder = finder.session.folder
        self.work = MediaWork(folder, self._workers)
        self._looks = Looks(self._workers, folder)
        self.renders = Renders()
        desk = Desk(finder, self._looks)
        films = (ReviewedFilm(f"f{number}", place, desk) for number, place in enumerate(places))
        self._films = {film.name: film for film in films}
        self._closed = threading.Event()
        # The first look at a large library takes seconds: mostly it is over when the browser is there.
        self._reader = threading.Thread(target=self._read_all, name="read", daemon=True)
        self._reader.start()

    def find(self, name: str) -> ReviewedFilm | None:
        """Return a film; None for none of that name."""
        return self._films.get(name)

    def __iter__(self) -> Iterator[ReviewedFilm]:
        return iter(self._films.values())

    def listed(self) -> dict[str, Any]:
        """Return what the page tells of all films."""
        return {"films": [self.renders.over(each, each.summary()) for each in self], "version": __version__}

    def states(self, films: Iterable[ReviewedFilm]) -> dict[str, Any]:
        """Return what may change of films while the page is open."""
        return {"films": {each.name: self.renders.over(each, each.state()) for each in films}}

    def details(self, film: ReviewedFilm) -> dict[str, Any]:
        """Return all that the page tells of a film."""
        told = film.details()
        return told | {"film": self.renders.over(film, told["film"])}

    def close(self) -> tuple[str, ...]:
        """Stop all work, and return what people call the films whose copies were not finished."""
        self._closed.set()
        left = self.renders.close()
        self._reader.join()
        self._looks.close()
        self.work.close()
        self._workers.close()
        return left

    def _read_all(self) -> None:
        for number, film in enumerate(self):
            if self._closed.is_set():
                return
            film.state()
            if number == 0:  # which is the one that is opened first
                film.begin()
