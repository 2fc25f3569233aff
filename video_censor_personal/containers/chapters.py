"""Chapters of the file that a copy is written in: written, read back and compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from video_censor_personal.containers.container import kind_of
from video_censor_personal.findings.timecode import format_time
from video_censor_personal.media.info import Chapter
from video_censor_personal.media.reader import FilmReader

if TYPE_CHECKING:
    from av.container import OutputContainer

_IN_COMMENTS = frozenset({"ogg", "opus"})
"""Formats that keep chapters as comments, CHAPTER001=00:00:00.000 and CHAPTER001NAME=title."""
_BASE = Fraction(1, 1000)
_SLACK = 0.0021
"""Seconds; containers round times to a millisecond, and may have been written twice."""


def write_chapters(output: OutputContainer, chapters: Iterable[Chapter]) -> None:
    """Give an output chapters, in whole milliseconds of its own time; none begins before 0."""
    found = [replace(each, start=max(each.start, 0.0), end=max(each.end, 0.0)) for each in chapters]
    if kind_of(output) in _IN_COMMENTS:
        # The library would write 0.5 s and more of a second as one second too many.
        for number, each in enumerate(found):
            name = f"CHAPTER{number:03d}"
            output.metadata.update({name: format_time(each.start), f"{name}NAME": each.title})
    else:
        output.set_chapters(
            [
                {
                    "id": number,
                    "start": round(each.start / _BASE),
                    "end": round(each.end / _BASE),
                    "time_base": _BASE,
                    "metadata": {"title": each.title},  # without any, an MP4 would lose its place
                }
                for number, each in enumerate(found)
            ]
        )


def read_chapters(made: FilmReader) -> tuple[Chapter, ...]:
    """Return the chapters of a copy at the times that stand in it."""
    late = float(made.info.origin)
    return tuple(replace(each, start=each.start + late, end=each.end + late) for each in made.info.chapters)


def chapter_problems(was: Sequence[Chapter], now: Sequence[Chapter]) -> Iterator[str]:
    """Say which chapters a copy lacks, or has at another time or by another name.

    When a chapter ends is not compared: few containers say so, and players go by when the next one begins.
    """
    if len(was) != len(now):
        yield f"it has {len(now)} chapters instead of {len(was)}"
        return
    expected, found = (sorted(each, key=lambda one: (one.start, one.title)) for each in (was, now))
    for one, other in zip(expected, found, strict=True):
        if one.title not in ("", other.title):  # some containers give a name to what has none
            yield f"its chapter at {one.start:.3f} s is {other.title!r} instead of {one.title!r}"
        elif abs(max(one.start, 0.0) - other.start) > _SLACK:
            yield f"its chapter {one.title!r} is at {other.start:.3f} s instead of {one.start:.3f} s"
