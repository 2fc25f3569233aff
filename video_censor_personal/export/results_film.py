"""Whether results fit a film: its content, its name, its length, and that no segment lies past its end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Literal

from modeltasks.report.pace import clock_text
from video_censor_personal.export.json_fields import SegmentsError
from video_censor_personal.export.results_json import Results
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.timecode import format_time

Match = Literal["same", "alike", "other", "unknown"]
"""`alike`: other bytes, but as long, and of the same name or chosen by a person."""

_DURATION_TOLERANCE = 1.0


class OtherLength(SegmentsError):
    """Results are of a film of another length, so what they hide would stay, and something else would go."""

    def __init__(self, path: Path, results: Results, video: Path, duration: float) -> None:
        assert results.duration is not None
        lengths = clock_text(duration), clock_text(results.duration)
        their = results.file or "the film that was looked at"
        super().__init__(
            f"{path} does not fit {video.name}",
            f"{video.name} lasts {lengths[0]}, and {their} {lengths[1]}, so something else is at its times",
            "Name the film that it was made of, or have this one looked at: leave --input-segments out. If "
            'you know that its times do fit, take "duration" and "duration_seconds" out of its "metadata"',
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


def require_fit(
    path: Path, results: Results, video: Path, fingerprint: str, duration: float
) -> tuple[str, ...]:
    """Return warnings where results may be of another film than the one that a person gave with them.

    Args:
        path: of the results.
        results: what it says.
        video: the film that was given.
        fingerprint: its SHA-256.
        duration: of it, in seconds.

    Raises:
        OtherLength: they are of another film.
    """
    match match(results, video, fingerprint, duration, chosen=True):
        case "same":
            return ()
        case "other":
            raise OtherLength(path, results, video, duration)
        case "alike":
            return (
                f"{path} was made of another file than {video.name}"
                f"{'' if results.file in (None, video.name) else f', {results.file}'}; it is as long",
            )
        case _:
            return mismatches(results, video, duration)


def mismatches(results: Results, video: Path, duration: float) -> tuple[str, ...]:
    """Return warnings when the file seems to be about another video; `duration` in seconds."""
    warnings = []
    if (
        results.file not in (None, video.name)
        and PurePath(results.file.replace("\\", "/")).name != video.name
    ):
        warnings.append(f"The segments were made for {results.file}, the input is {video.name}")
    if results.duration is not None and abs(results.duration - duration) > _DURATION_TOLERANCE:
        warnings.append(
            f"The segments were made for a video of {results.duration:.1f} s, the input has {duration:.1f} s"
        )
    return tuple(warnings)


def is_beyond(segment: Segment, end: float) -> bool:
    """Whether a segment begins past the end of the film, in seconds."""
    # A word without length may be the last thing that was heard.
    return segment.start > end or segment.start == end < segment.end


def require_within(path: Path, segments: Iterable[Segment], end: float) -> tuple[str, ...]:
    """Return warnings for segments that reach past the end of the film, at `end` seconds.

    Raises:
        SegmentsError: one of them begins there; what it was to hide is somewhere else.
    """
    warnings = []
    for segment in segments:
        span = f"{format_time(segment.start)} to {format_time(segment.end)}"
        if is_beyond(segment, end):
            raise SegmentsError(
                f"{path} has a segment past the end of the film",
                f'"{segment.id}" is from {span}, and the film ends at {format_time(end)}',
                "Correct its times in the file, or remove it",
            )
        if segment.end > end + _DURATION_TOLERANCE:
            warnings.append(f'"{segment.id}" is from {span}, but the film ends at {format_time(end)}')
    return tuple(warnings)
