"""How loud sound is, which channels it has, and how loud a tone may be in place of what is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from av import AudioLayout
from numpy.typing import NDArray

from video_censor_personal.containers.copy import DEFAULT_LAYOUTS

Floats = NDArray[np.floating[Any]]
"""Channels x count, between -1 and 1."""

AROUND = 1.0
"""Seconds before and after what is hidden that tell what is said there, and how loud."""
LONGEST = 6.0
"""Seconds of what is hidden that are looked at as a whole; more is not kept in memory."""
TONE_MOST = 0.2
"""Amplitude that a tone has at most in any channel…"""
TONE_LEAST = 0.02
"""… and at least in the loudest: it is heard where all around it is quiet, too."""
BASS = frozenset({"LFE", "LFE2"})
"""Channels for bass alone: no voice is there, and no tone is put there."""

_BLOCK = 0.05
"""Seconds whose loudness is one value."""
_PAUSE = 15.0
"""Decibels below the loud blocks from which on a block is a pause between words."""
_LOUD = 95
"""Percentile of the blocks that is loud: a bang is shorter."""
_BELOW = 10 ** (-3 / 20)
"""A tone is 3 dB below what is said: a steady sound seems louder."""


def stretch_around(start: float, end: float) -> tuple[float, float]:
    """Return from when to when, in seconds, a film tells what is said around an edit, and how loud.

    Of an edit that is too long only the beginning is looked at.
    """
    after = end + AROUND if end - start <= LONGEST else start + LONGEST
    return max(start - AROUND, 0.0), after


def as_floats(data: NDArray[Any]) -> NDArray[np.float64]:
    """Return samples of any type as numbers between -1 and 1."""
    if data.dtype.kind == "f":
        return data.astype(np.float64)
    middle = 128 if data.dtype == np.uint8 else 0
    return (data.astype(np.float64) - middle) / (float(np.iinfo(data.dtype).max) - middle)


def channel_names(layout: str, count: int) -> tuple[str, ...]:
    """Return the library's names of a layout's channels; empty ones where it is not known what they are."""
    try:
        found = tuple(channel.name for channel in AudioLayout(DEFAULT_LAYOUTS.get(layout, layout)).channels)
    except ValueError:
        found = ()
    return found if len(found) == count else ("",) * count


def tone_amplitudes(sound: Floats, rate: int, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the amplitude of a tone in each channel, so that it takes the place of what is said.

    It is as loud, less 3 dB, as the blocks of `sound` that are no pauses, channel by channel; but never
    louder than `TONE_MOST`, and in the loudest channel never quieter than `TONE_LEAST`.

    Args:
        sound: what is hidden, and what is around it.
        rate: samples a second.
        names: of the channels.
    """
    played = (
        np.array([name not in BASS for name in names]) if not BASS.issuperset(names) else np.ones(1, bool)
    )
    size = max(round(_BLOCK * rate), 1)
    levels = np.zeros(len(sound))
    if count := sound.shape[1] // size:
        blocks = sound[:, : count * size].reshape(len(sound), count, size).astype(np.float64)
        powers = np.mean(blocks**2, axis=2) * played[:, np.newaxis]
        whole = powers.sum(axis=0)
        loud = float(np.percentile(whole, _LOUD))
        levels = np.sqrt(2 * powers[:, whole >= loud / 10 ** (_PAUSE / 10)].mean(axis=1)) * _BELOW
    loudest = float(levels.max())
    if loudest < TONE_LEAST / 1e3:
        return np.where(played, TONE_LEAST, 0.0)
    return np.asarray(levels * (min(max(loudest, TONE_LEAST), TONE_MOST) / loudest))


def decibels(sound: Floats) -> float:
    """Return the level of the loudest channel, in dB of full scale."""
    return from_power(float(np.max(np.mean(sound**2, axis=1)))) if sound.size else float("-inf")


def from_power(power: float) -> float:
    """Return the decibels of a mean square."""
    return 10 * float(np.log10(power)) if power > 0 else float("-inf")
