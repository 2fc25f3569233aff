"""The chapters of a copy: the film's own, and those that players jump over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.values import Edits, exact
from video_censor_personal.export.chapters import with_skips
from video_censor_personal.media.info import Chapter, MediaInfo

_SHORTEST = Fraction(1, 100)
"""Seconds. What cuts left of a chapter that is shorter cannot be seen, and nobody could jump over it."""


def copy_chapters(film: MediaInfo, edits: Edits, cuts: Cuts) -> tuple[Chapter, ...]:
    """Return the chapters that a copy has to have, at the copy's own times."""
    found = film.chapters
    if edits.skips:
        parts = with_skips(film.path, film.duration, film.chapters, edits.skips)
        found = tuple(Chapter(part.start / 1000, part.end / 1000, part.title) for part in parts)
    return tuple(_moved(found, cuts)) if cuts.spans else found


def _moved(chapters: Iterable[Chapter], cuts: Cuts) -> Iterator[Chapter]:
    for each in chapters:
        start, end = cuts.moved(exact(each.start)), cuts.moved(exact(each.end))
        if end - start >= _SHORTEST:
            yield Chapter(float(start), float(end), each.title)
