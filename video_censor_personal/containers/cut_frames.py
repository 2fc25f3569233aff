"""Decoded frames without what is cut out, at the times that they have in the copy; for its check."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.media.continuous import JITTER, format_of, frame_of, samples_of

Timed = tuple[Any, Fraction]
"""A frame, and when it begins, in seconds on the film's time line."""
_FINE = 1_000_000
"""Ticks a second for pictures."""


def timed(frames: Iterator[Any], origin: Fraction) -> Iterator[Timed]:
    """Yield frames with their times; one without a time stamp follows the one before.

    So does sound whose stamp is off by no more than a container's rounding, as in `Continuous`: frames of
    TrueHD are shorter than a millisecond, and two of them may have the same stamp in a Matroska.
    """
    end: Fraction | None = None
    for frame in frames:
        samples = getattr(frame, "samples", 0)
        begin = (end or Fraction(0)) if frame.pts is None else frame.pts * frame.time_base - origin
        if samples and end is not None and abs(begin - end) <= JITTER:
            begin = end
        length = Fraction(samples, frame.sample_rate) if samples else (frame.duration or 0) * frame.time_base
        end = begin + length
        yield frame, begin


def kept_pictures(frames: Iterator[Timed], cuts: Cuts, origin: Fraction) -> Iterator[Any]:
    """Yield the pictures of which something stays on the screen."""
    held: Timed | None = None
    for frame, begin in frames:
        if held is not None and begin > held[1] and cuts.keeps(held[1], begin):
            yield _placed(held[0], cuts.moved(held[1]) + origin)
        if held is None or begin > held[1]:
            held = frame, begin
    if held is not None and cuts.keeps(held[1], None):
        yield _placed(held[0], cuts.moved(held[1]) + origin)


def kept_sounds(frames: Iterator[Timed], cuts: Cuts, origin: Fraction) -> Iterator[Any]:
    """Yield what stays of each frame of sound, in as many parts as there are."""
    for frame, begin in frames:
        rate, count = frame.sample_rate, frame.samples
        for start, end in cuts.stretches(begin, begin + Fraction(count, rate)):
            first, last = (round((side - begin) * rate) for side in (start, end))
            if first < last:
                part = frame if last - first == count else _part(frame, first, last)
                yield _placed(part, cuts.moved(start) + origin)


def _part(frame: Any, first: int, last: int) -> Any:
    kind = format_of(frame)
    return frame_of(samples_of(frame, kind)[:, first:last].copy(), kind)


def _placed(frame: Any, moment: Fraction) -> Any:
    """Return the frame, put at a moment; clocks of files may be too coarse for that."""
    frame.time_base = Fraction(1, getattr(frame, "sample_rate", _FINE))
    frame.pts = round(moment / frame.time_base)
    return frame
