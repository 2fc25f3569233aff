"""Where a film under review is, and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from video_censor_personal.export.results_film import Match, match
from video_censor_personal.export.results_json import Results
from video_censor_personal.review.copying import FilmCopy, Stat, stat_of
from video_censor_personal.review.finding import Place
from video_censor_personal.review.identity import FilmNotFound, OtherFilm


@dataclass(frozen=True, slots=True)
class Located:
    """A film's place and its copy, of one moment: another one replaces it when a person points elsewhere.

    Args:
        place: of the film.
        copy: the one that belongs to that place.
        chosen: a person said that the film is there.
        accepted: how the file was when a person took it though it is another film.
    """

    place: Place
    copy: FilmCopy
    chosen: bool = False
    accepted: Stat = None

    @property
    def film(self) -> Path:
        """The file; only where there is one."""
        assert self.place.film is not None
        return self.place.film

    @property
    def title(self) -> str:
        """What people call it."""
        film, profile = self.place.film, self.place.version.profile
        name = film.name if film is not None else self.place.results.name
        return f"{name} ({profile})" if profile else name

    def not_found(self, results: Results) -> FilmNotFound:
        """Return the failure that the film is not there."""
        film = self.place.film
        return FilmNotFound(results.file if film is None else film.name, self.place.results)

    def require_match(self, results: Results, fingerprint: str | None, duration: float | None) -> Match:
        """Return whether the film is that of the results; arguments as for `match`. Raises OtherFilm."""
        found = match(results, self.film, fingerprint, duration, chosen=self.chosen)
        if found == "other" and (self.accepted is None or self.accepted != stat_of(self.film)):
            raise OtherFilm(self.film, results, duration)
        return found
