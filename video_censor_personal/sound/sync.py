"""Measures whether the sound of a copy is in its place on both sides of each join."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from video_censor_personal.containers.track import Track
from video_censor_personal.edits.values import Stretched, free_spans
from video_censor_personal.media.continuous import Continuous
from video_censor_personal.sound.levels import as_floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COMPARED = Fraction(3, 10)
"""Seconds of sound compared on each side of a join…"""
_LEAST = Fraction(8, 100)
"""… and the least that is enough to tell."""
_BESIDE = Fraction(2, 100)
"""Seconds beside a join or an edit that are not compared: a codec's window reaches so far."""
_REACH = 1
"""Seconds from a join within which something undisturbed is looked for."""
_NEAR = 2
"""Seconds up to which what is between two spans is read on, rather than moved over."""
_RUN_UP = Fraction(3, 10)
"""Seconds decoded before a span, for the decoder to settle."""
_LATENESS = 0.008
"""Seconds; half a picture of the fastest films."""
_ALIKE = 0.9
"""Share of the best fit with which a sound that repeats itself is taken to be in its place."""
_AUDIBLE = 0.01
"""Amplitude (RMS, of 1) from which a sound must be like the film's."""
_LEAST_LIKENESS = 0.2
"""Correlation. What a codec made of a sound has more than 0.5, another sound hardly ever 0.2."""

Spans = tuple[Fraction, Fraction]


def sync_problems(before: Track, after: Track, end: float, edits: Sequence[Stretched]) -> Iterator[str]:
    """Say where the sound of a copy is not where it was, at any join.

    Only a few tenths of a second are read on each side of a join, however many there are.

    Args:
        before: the film's sound, without what is cut out.
        after: the copy's.
        end: of it, in seconds.
        edits: what was hidden, at the copy's times.
    """
    spans = list(_compared(before, end, edits))
    for span, was, now in zip(spans, _sounds(before, spans), _sounds(after, spans), strict=True):
        if was is not None and now is not None and was[1] == now[1] and was[0].shape == now[0].shape:
            loudest = int(np.argmax(np.mean(was[0] ** 2, axis=1)))
            place = f"at {float(span[0]):.2f} s, beside a cut"
            late, likeness = _fit(was[0][loudest], now[0][loudest])
            if likeness < _LEAST_LIKENESS and np.sqrt(np.mean(was[0][loudest] ** 2)) > _AUDIBLE:
                yield f"stream {after.index} does not sound like the film {place}"
            elif likeness >= _LEAST_LIKENESS and abs(late / was[1]) > _LATENESS:
                yield f"stream {after.index} sounds {late / was[1] * 1000:.0f} ms late {place}"


def _compared(track: Track, end: float, edits: Sequence[Stretched]) -> Iterator[Spans]:
    """Yield what is compared, by time and apart: behind each join and before the next, far from edits."""
    joins = track.cuts.joins
    free = free_spans(edits, end)
    reached = 0
    borders = [Fraction(0), *joins, Fraction(end)]
    for number, (first, last) in enumerate(pairwise(borders)):
        while reached < len(free) and free[reached][1] <= first:
            reached += 1
        clear = []
        for begin, stop in free[reached:]:
            if begin >= last:
                break
            span = max(begin, first) + _BESIDE, min(stop, last) - _BESIDE
            if span[1] - span[0] >= _LEAST:
                clear.append(span)
        heads = [s for s in clear[:1] if number and s[0] - first <= _REACH]
        tails = [s for s in clear[-1:] if number < len(joins) and last - s[1] <= _REACH]
        if heads and tails and heads == tails and heads[0][1] - heads[0][0] <= 2 * _COMPARED:
            begin, stop = heads[0]
            yield begin, stop
            continue
        for begin, stop in heads:
            yield begin, min(stop, begin + _COMPARED)
        for begin, stop in tails:
            yield max(begin, stop - _COMPARED), stop


def _sounds(track: Track, spans: Sequence[Spans]) -> Iterator[tuple[NDArray[np.float64], int] | None]:
    """Yield the sound of spans (channels x samples) and its rate; None for one of which there is none."""
    number = 0
    while number < len(spans):
        last = number
        while last + 1 < len(spans) and spans[last + 1][0] - spans[last][1] <= _NEAR:
            last += 1
        if not track.film.info.timeline.is_plain:
            last = len(spans) - 1
        yield from _read(track, spans[number : last + 1])
        number = last + 1


def _read(track: Track, spans: Sequence[Spans]) -> Iterator[tuple[NDArray[np.float64], int] | None]:
    line = Continuous(track.film.info.path, track.origin)
    held: list[NDArray[np.float64]] = []
    number = 0
    for frame in track.frames_from(max(spans[0][0] - _RUN_UP, Fraction(0)) + track.origin):
        for block in line.push(frame):
            assert line.format is not None
            rate = line.format.rate
            position, data = block.position, block.data
            while number < len(spans):
                first, last = (round(side * rate) for side in spans[number])
                part = data[:, max(first - position, 0) : max(last - position, 0)]
                if part.shape[1]:
                    held.append(as_floats(part))
                if position + data.shape[1] < last:
                    break
                yield _whole(held, last - first, rate)
                held = []
                number += 1
        if number == len(spans):
            return
    for each in spans[number:]:
        rate = line.format.rate if line.format is not None else 1
        yield _whole(held, round(each[1] * rate) - round(each[0] * rate), rate)
        held = []


def _whole(held: list[NDArray[np.float64]], count: int, rate: int) -> tuple[NDArray[np.float64], int] | None:
    sound = np.concatenate(held, axis=1) if held else np.zeros((1, 0))
    return (sound, rate) if sound.shape[1] == count else None


def _fit(was: NDArray[np.float64], now: NDArray[np.float64]) -> tuple[int, float]:
    """Return by how many samples `now` is late (0 where that fits as well), and how well it fits then."""
    size = 1 << (2 * was.size).bit_length()
    match = np.fft.irfft(np.fft.rfft(now, size) * np.conj(np.fft.rfft(was, size)), size)
    best = int(np.argmax(match))
    best = 0 if match[0] >= _ALIKE * match[best] else best
    scale = float(np.linalg.norm(was) * np.linalg.norm(now))
    return best - size * (best > size // 2), float(match[best]) / scale if scale else 0.0
