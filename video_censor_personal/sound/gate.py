"""Hides stretches of PCM: silence or a tone, entered and left over a few milliseconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.edits.values import SoundEdit

if TYPE_CHECKING:
    from numpy.typing import NDArray

RAMP = 0.005
TONE_LEVEL = 0.2
TONE_HERTZ = 1000.0


@dataclass(frozen=True, slots=True)
class _Span:
    """An edit in samples: [first, last) is hidden."""

    first: int
    last: int
    is_tone: bool


class Gate:
    """Applies edits to blocks of one track, exact to the sample, in any sample type.

    Every sample of an edit is hidden whole; the sound falls and rises in ramps outside of it, so that
    nothing clicks. A tone rises and falls as the sound falls and rises, but never within a silence.

    Args:
        edits: what to hide, by time, not overlapping.
        rate: samples a second.
        hertz: pitch of the tone.
    """

    def __init__(self, edits: Sequence[SoundEdit], rate: int, hertz: float = TONE_HERTZ) -> None:
        self._rate = rate
        self._hertz = hertz
        self._ramp = ceil(RAMP * rate)
        self._spans = [_Span(floor(e.start * rate), ceil(e.end * rate), e.mode == "bleep") for e in edits]
        self._ends = [span.last + self._ramp for span in self._spans]

    def apply(self, position: int, data: NDArray[Any]) -> NDArray[Any]:
        """Return `data` (channels x count; the first sample is number `position`) with the edits applied.

        A block that no edit reaches is returned as it is.
        """
        spans = self._near(position, position + data.shape[1])
        if not spans:
            return data
        where = np.arange(position, position + data.shape[1])
        distance = [np.maximum(np.maximum(span.first - where, where - span.last + 1), 0) for span in spans]
        gain = np.min(np.stack(distance), axis=0).clip(0, self._ramp) / self._ramp
        tone = np.zeros(where.size)
        for span, away in zip(spans, distance, strict=True):
            if span.is_tone:
                wave = TONE_LEVEL * np.sin(2 * np.pi * self._hertz / self._rate * (where - span.first))
                tone += wave * (1 - away.clip(0, self._ramp) / self._ramp)
        for span, away in zip(spans, distance, strict=True):
            if not span.is_tone:
                tone[away == 0] = 0.0
        return _mixed(data, gain, tone)

    def _near(self, first: int, last: int) -> list[_Span]:
        index = bisect_right(self._ends, first)
        found = []
        for span in self._spans[index:]:
            if span.first - self._ramp >= last:
                break
            found.append(span)
        return found


def _mixed(data: NDArray[Any], gain: NDArray[np.float64], tone: NDArray[np.float64]) -> NDArray[Any]:
    """Return data x gain + tone, in the type of `data`; only samples that change are computed."""
    touched = gain < 1
    result = data.copy()
    part = data[:, touched].astype(np.float64)
    if data.dtype.kind == "f":
        result[:, touched] = part * gain[touched] + tone[touched]
        return result
    middle = 128 if data.dtype == np.uint8 else 0
    full = float(np.iinfo(data.dtype).max - middle)
    mixed = (part - middle) * gain[touched] + tone[touched] * full + middle
    result[:, touched] = np.rint(mixed).astype(data.dtype)
    return result
