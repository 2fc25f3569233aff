"""What remains of edits where stretches of the film are cut out: a cut is stronger than all of them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import zip_longest
from typing import TypeVar

from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.values import Cut, PictureEdit, SoundEdit, Stretched, exact

Edit = TypeVar("Edit", bound=Stretched)

_BESIDE_JOIN = Fraction(3, 1000)
"""Seconds on each side of a join by which the clocks of containers may differ."""


def outside(edits: Iterable[Edit], cuts: Iterable[Cut]) -> tuple[Edit, ...]:
    """Return the edits of which anything is outside of what is to be cut."""
    taken = Cuts.of((exact(each.start), exact(each.end)) for each in cuts)
    return tuple(each for each in edits if taken.keeps(exact(each.start), exact(each.end)))


def sounds_in_copy(edits: Iterable[SoundEdit], cuts: Cuts) -> tuple[SoundEdit, ...]:
    """Return the edits of a sound from which stretches were cut before, at the copy's times."""
    if not cuts.spans:
        return tuple(edits)
    moved = (
        replace(each, start=float(cuts.moved(exact(each.start))), end=float(cuts.moved(exact(each.end))))
        for each in edits
        if cuts.keeps(exact(each.start), exact(each.end))
    )
    return tuple(moved)


def pictures_in_copy(edits: Iterable[PictureEdit], cuts: Cuts) -> tuple[PictureEdit, ...]:
    """Return edits of a picture at the copy's times: in two where a cut is within, and not quite to joins."""
    if not cuts.spans:
        return tuple(edits)
    pieces = [piece for each in edits for piece in _pieces(each, cuts)]
    return tuple(sorted(pieces, key=lambda each: (each.start, each.end)))


def kept_times(times: Sequence[float], cuts: Cuts) -> array[float]:
    """Return when those pictures appear in the copy of which something stays on the screen there."""
    moments = [exact(each) for each in sorted(times)]
    found = array("d")
    for begin, until in zip_longest(moments, moments[1:]):
        if cuts.keeps(begin, until):
            found.append(float(cuts.moved(begin)))
    return found


def cut_problems(wanted: Iterable[Cut], cuts: Cuts, end: float) -> Iterator[str]:
    """Say what was to be cut out of a film that ends then, and is not."""
    for each in wanted:
        start, stop = exact(each.start), exact(min(each.end, end))
        if start < stop and cuts.keeps(start, stop):
            yield f"not all is cut out from {each.start:.3f} to {each.end:.3f} s"


def _pieces(edit: PictureEdit, cuts: Cuts) -> Iterator[PictureEdit]:
    begin, end = exact(edit.start), exact(edit.end)
    if begin == end and not cuts.takes(begin):
        yield _moved(edit, begin, end, begin - cuts.moved(begin))
    for start, stop in cuts.stretches(begin, end):
        first = start if start == begin else start + _BESIDE_JOIN
        last = stop if stop == end else stop - _BESIDE_JOIN
        if first < last:
            yield _moved(edit, first, last, start - cuts.moved(start))


def _moved(edit: PictureEdit, start: Fraction, end: Fraction, earlier: Fraction) -> PictureEdit:
    path = tuple(replace(each, moment=float(exact(each.moment) - earlier)) for each in edit.path)
    return replace(edit, start=float(start - earlier), end=float(end - earlier), path=path)
