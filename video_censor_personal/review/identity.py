"""What is told where the film of results is another one, or is not there."""

from __future__ import annotations

from pathlib import Path

from modeltasks.report.pace import clock_text
from video_censor_personal.export.results_json import Results
from video_censor_personal.media.errors import MediaError


class OtherFilm(MediaError):
    """What was found was found in another film, so it would be hidden at the wrong places."""

    def __init__(self, film: Path, results: Results, duration: float | None) -> None:
        if duration is None or results.duration is None:
            why = "its content is another"
        else:
            lengths = clock_text(duration), clock_text(results.duration)
            why = (
                f"its content is another; it lasts {lengths[0]}, and the film that was looked at {lengths[1]}"
            )
        super().__init__(
            f"{film.name} is not the film that was looked at",
            why,
            "Say where that film is now, or have this one looked at",
        )


class FilmNotFound(MediaError):
    """The film of the results is not there."""

    kind = "file-gone"

    def __init__(self, film: str | None, results: Path) -> None:
        super().__init__(
            f"The film {film or 'of ' + results.name} was not found",
            f"it is neither beside {results.name} nor where it was when it was looked at",
            "Say where it is now",
        )
