"""Whether results fit a film: its name, its length, and that no segment lies past its end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

from video_censor_personal.export.json_fields import SegmentsError
from video_censor_personal.export.results_json import Results
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.timecode import format_time

_DURATION_TOLERANCE = 1.0


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


def require_within(path: Path, segments: Iterable[Segment], end: float) -> tuple[str, ...]:
    """Return warnings for segments that reach past the end of the film, at `end` seconds.

    Raises:
        SegmentsError: one of them begins there; what it was to hide is somewhere else.
    """
    warnings = []
    for segment in segments:
        span = f"{format_time(segment.start)} to {format_time(segment.end)}"
        # A word without length may be the last thing that was heard.
        if segment.start > end or segment.start == end < segment.end:
            raise SegmentsError(
                f"{path} has a segment past the end of the film",
                f'"{segment.id}" is from {span}, and the film ends at {format_time(end)}',
                "Correct its times in the file, or remove it",
            )
        if segment.end > end + _DURATION_TOLERANCE:
            warnings.append(f'"{segment.id}" is from {span}, but the film ends at {format_time(end)}')
    return tuple(warnings)
