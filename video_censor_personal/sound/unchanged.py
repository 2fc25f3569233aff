"""Compares the sound of a clean copy with the film's at a few places that no edit comes near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from video_censor_personal.containers.track import Track, spread
from video_censor_personal.edits.values import SoundEdit, free_spans
from video_censor_personal.sound.levels import decibels
from video_censor_personal.sound.measuring import BORDER, LATENESS, lateness, whole_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COMPARED = 1.0
"""Seconds of sound compared with the input's, where no edit is near."""
_PLACES = 3
_AUDIBLE = -60.0
_EXACT = {2: 2**-15, 4: 2**-23}
"""Differences that are none, by the bytes of a lossless copy's samples."""


def shift_problems(before: Track, after: Track, end: float, edits: Sequence[SoundEdit]) -> Iterator[str]:
    """Compare the sound at a few places that no edit comes near: it must not have moved.

    Args:
        before: the film's sound.
        after: the copy's.
        end: of the film's sound, in seconds.
        edits: what was hidden, by time, not overlapping.
    """
    for span in _undisturbed(end, edits):
        was, rate = whole_of(before, span)
        now, new_rate = whole_of(after, span)
        if rate == new_rate and was.shape == now.shape and decibels(was) > _AUDIBLE:
            loudest = int(np.argmax(np.mean(was**2, axis=1)))
            late = lateness(was[loudest], now[loudest]) / rate
            if abs(late) > LATENESS:
                yield f"stream {after.index} sounds {late * 1000:.1f} ms late at {span[0]:.1f} s"


def change_problems(before: Track, after: Track, end: float, edits: Sequence[SoundEdit]) -> Iterator[str]:
    """Compare two lossless sounds, sample by sample, at a few places that no edit comes near."""
    stored = after.film.stream(after.index).codec_context.format.bytes
    for span in _undisturbed(end, edits):
        was, rate = whole_of(before, span)
        now, new_rate = whole_of(after, span)
        if (
            rate == new_rate
            and was.shape == now.shape
            and not _is_same(was, now, rate, _EXACT.get(stored, 2**-7))
        ):
            yield f"stream {after.index} is not the very sound that it was at {span[0]:.1f} s"


def _is_same(was: NDArray[np.float64], now: NDArray[np.float64], rate: int, most: float) -> bool:
    """Whether two sounds are the same, one of which may be read a little late."""
    reach = min(round(LATENESS * rate), was.shape[1] // 4)
    middle = slice(reach, was.shape[1] - reach)
    return any(
        np.allclose(was[:, middle], now[:, reach + late : now.shape[1] - reach + late], rtol=0, atol=most)
        for late in sorted(range(-reach, reach + 1), key=abs)
    )


def _undisturbed(end: float, edits: Sequence[SoundEdit]) -> list[tuple[float, float]]:
    """Return a few short spans, spread over the film, that no edit comes near."""
    free = [(float(a) + BORDER, float(b) - BORDER) for a, b in free_spans(edits, end)]
    long = [(begin, min(end, begin + _COMPARED)) for begin, end in free if end - begin >= _COMPARED / 4]
    return spread(long, _PLACES)
