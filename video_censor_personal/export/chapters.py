"""Chapters: those of the film, and one for each stretch where something is hidden.

As published: ffmpeg.org/ffmpeg-formats.html, "Metadata", and mkvmerge's manual, "The simple chapter format".

A player shows the chapter that began last, so what follows a hidden stretch begins a chapter again. Of an
overlap, the hidden stretch is what counts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from video_censor_personal.export.stretches import (
    ExportInput,
    Stretch,
    Treated,
    categories,
    covered,
    joined,
    muted,
    shown,
    stretch,
    without,
)
from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.timecode import format_time
from video_censor_personal.media.info import Chapter

_SPECIAL = re.compile(r"([=;#\\\n])")


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter, in milliseconds."""

    start: int
    end: int
    title: str


def ffmetadata(source: ExportInput) -> str:
    """Return chapters as ffmpeg reads and writes them, ends and all."""
    lines = [";FFMETADATA1"]
    for part in parts(source):
        title = _SPECIAL.sub(r"\\\1", part.title)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={part.start}", f"END={part.end}", f"title={title}"]
    return "\n".join([*lines, ""])


def ogm(source: ExportInput) -> str:
    """Return "simple" or "OGM" chapters, as mkvmerge and many other programs read them."""
    lines = []
    for number, part in enumerate(parts(source), 1):
        name = f"CHAPTER{number:02d}"
        lines += [f"{name}={format_time(part.start / 1000)}", f"{name}NAME={part.title}"]
    return "\n".join([*lines, ""]) if lines else ""


def parts(source: ExportInput) -> tuple[Part, ...]:
    """Return all chapters by time, none overlapping another."""
    skipped, silent = covered(source), muted(source)
    silent = without(silent, skipped)
    return _laid_out(
        source,
        [
            *(Part(each.start, each.end, f"skip: {_title(each)}") for each in skipped),
            *(Part(each.start, each.end, f"mute: {_title(each)}") for each in silent),
        ],
    )


def skips(segments: Iterable[Segment]) -> tuple[Part, ...]:
    """Return a chapter to be skipped for each stretch of segments that are not allowed, by time.

    Segments that overlap are one stretch. How long the film is need not be known yet.
    """
    treated = tuple(Treated(each, picture=Span(each.start, each.end)) for each in segments)
    found = covered(ExportInput(Path(), 0.0, treated))
    return tuple(Part(each.start, each.end, f"skip: {_title(each)}") for each in found)


def with_skips(
    film: Path, duration: float, own: Sequence[Chapter], skipped: Iterable[Part]
) -> tuple[Part, ...]:
    """Return a film's own chapters and those to be skipped, by time, none overlapping another.

    Args:
        film: the file, by whose name a film without chapters goes on.
        duration: its length in seconds; 0 where it is not known.
        own: its own chapters.
        skipped: as from `skips`.
    """
    source = ExportInput(film, duration, chapters=tuple(own))
    inside = (
        Part(within.start, within.end, each.title)
        for each in skipped
        if (within := stretch(source, each.start / 1000, each.end / 1000)) is not None
    )
    return _laid_out(source, list(inside))


def _laid_out(source: ExportInput, hidden: list[Part]) -> tuple[Part, ...]:
    """Return hidden stretches, which do not overlap, and what is left of the film's chapters beside them."""
    taken = joined(Stretch(each.start, each.end) for each in hidden)
    found = hidden + [
        Part(part.start, part.end, title)
        for title, own in _of_the_film(source, taken)
        for part in without([own], taken)
    ]
    return tuple(sorted(found, key=lambda each: each.start))


def _of_the_film(source: ExportInput, taken: Sequence[Stretch]) -> list[tuple[str, Stretch]]:
    """The film's own chapters, each up to the next; what has none is called as the film is, if need be."""
    own = sorted(source.chapters, key=lambda each: each.start)
    last = max([0, *(each.end for each in taken), *(math.ceil(each.end * 1000) for each in own)])
    end = (last if source.length is None else source.length) / 1000
    found = [
        (shown(chapter.title), within)
        for chapter, until in zip(own, [*(each.start for each in own), end][1:], strict=True)
        if (within := stretch(source, chapter.start, until)) is not None
    ]
    first = found[0][1].start / 1000 if found else end
    if taken and (before := stretch(source, 0.0, first)) is not None:
        found.insert(0, (shown(source.film.stem), before))
    return found


def _title(each: Stretch) -> str:
    sure = max(segment.confidence for segment in each.segments)
    return f"{categories(each.segments)} [{sure:.0%}]"
