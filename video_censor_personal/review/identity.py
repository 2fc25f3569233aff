"""Whether a film is the one that results are of."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from modeltasks.report.pace import clock_text
from video_censor_personal.export.results_film import mismatches
from video_censor_personal.export.results_json import Results
from video_censor_personal.media.errors import MediaError

Match = Literal["same", "alike", "other", "unknown"]
"""`alike`: other bytes, but as long, and of the same name or chosen by a person."""


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


def match(
    results: Results, film: Path, fingerprint: str | None, duration: float | None, *, chosen: bool
) -> Match:
    """Return what is known of a film's being the one of the results.

    Args:
        results: of a film.
        film: the file that may be it.
        fingerprint: SHA-256 of the file, where known.
        duration: of the film in seconds, where known.
        chosen: a person said that it is this file; then it may have another name.
    """
    if fingerprint is not None and fingerprint == results.fingerprint:
        return "same"
    if duration is not None:
        if mismatches(results, Path(results.file or film.name), duration):  # in length
            return "other"
        if fingerprint is not None and results.fingerprint is not None:
            return "alike" if chosen or not mismatches(results, film, duration) else "other"
    return "unknown"
