"""Whether what is said in a stretch of sound is in its centre channel alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from video_censor_personal.sound.levels import BASS, Floats

CENTRE = "FC"
_FRAME, _HOP = 0.064, 0.032
_LOWEST, _HIGHEST = 250.0, 4000.0
"""Hertz; where a voice is understood."""
_SILENT = -60.0
"""dBFS. What is quieter says nothing."""
_PAUSE = 20.0
"""Decibels below the loudest moment from which on the centre says nothing."""
_BESIDE = 30.0
"""Decibels below the centre at which nothing can be understood in another channel."""
_MASKED_BESIDE, _MASKED = 15.0, 10.0
"""The same for what that channel's own sound covers, and how much louder that must be then."""
_ALIVE, _STEADY = 3.5, 2.5
"""Decibels by which the level of a voice comes and goes at least (standard deviation), and other sound does
at most: a voice with music over it changes by 3 to 4."""
_SYLLABLE = 4
"""Frames over which a level is taken."""
_LEAST_MOMENTS = 40
"""Frames without which it cannot be told how a level comes and goes: about 1.3 seconds."""
_OVERLAP = 1.5
"""So many neighbouring frames say as much as one."""


def is_in_centre_alone(
    sound: Floats, rate: int, names: Sequence[str], inside: slice, doubt: float = 0.0
) -> bool:
    """Whether what is said within a stretch is in the centre, and nothing of it anywhere else.

    It is where all of this holds, by what is between 250 and 4000 Hz:

    1. The centre is heard within the stretch; its level comes and goes there and around as a voice's does.
    2. What another channel has of what the centre has, at the same moment, is 30 dB below it; or 15 dB, where
       what else that channel has is 10 dB louder.
    3. Each other channel is silent, or 30 dB quieter than the centre while that speaks, or steady: it has
       music or noise, and no voice of its own.

    A channel for bass does not count. In doubt it is not.

    Args:
        sound: the stretch, and what is around it.
        rate: samples a second.
        names: of the channels.
        inside: the samples of the stretch.
        doubt: decibels by which each rule may be missed.
    """
    if CENTRE not in names:
        return False
    spectra = _spectra(sound, rate)
    if spectra.shape[1] < _LEAST_MOMENTS:
        return False
    hop = int(_HOP * rate)
    frames = np.arange(spectra.shape[1])
    within = ((frames + 2) * hop > inside.start) & (frames * hop < inside.stop)
    powers = np.sum(np.abs(spectra) ** 2, axis=2)
    centre = names.index(CENTRE)
    level = _decibels(powers[centre])
    if not within.any() or level[within].max() < _SILENT - doubt or _spread(powers[centre]) < _ALIVE - doubt:
        return False
    spoken = within & (level >= level[within].max() - _PAUSE)
    return all(
        _says_nothing(spectra[[centre, other]], powers[[centre, other]], spoken, doubt)
        for other, name in enumerate(names)
        if other != centre and name not in BASS
    )


def _says_nothing(
    spectra: NDArray[np.complex64], powers: NDArray[np.float64], spoken: NDArray[np.bool_], doubt: float
) -> bool:
    """Whether a channel, the second of each, has nothing of what is said in the centre, the first."""
    there, here = (float(row[spoken].mean()) for row in powers)
    if _decibels(here) < _SILENT + doubt:
        return True
    below = float(_decibels(there) - _decibels(here))
    own = np.sum(np.abs(spectra[0]) ** 2, axis=0)
    shared = np.abs(np.sum(spectra[1] * spectra[0].conj(), axis=0)) ** 2 / (own + 1e-20)
    # Sounds that have nothing in common seem to, the more the fewer the moments.
    chance = float(powers[1].sum()) * _OVERLAP / len(powers[1])
    leak = max(float(shared.sum()) - chance, 0.0) / float(own.sum() + 1e-20)
    leaked = float(_decibels(leak))
    is_masked = leaked <= -_MASKED_BESIDE + doubt and leaked <= -below - _MASKED + doubt
    if leaked > -_BESIDE + doubt and not is_masked:
        return False
    return below >= _BESIDE - doubt or _spread(powers[1]) < _STEADY + doubt / 2


def _spectra(sound: Floats, rate: int) -> NDArray[np.complex64]:
    """Return channels x frames x bins of the voice's band, so scaled that squares are mean powers."""
    size, hop = int(_FRAME * rate), int(_HOP * rate)
    if sound.shape[1] < size:
        return np.zeros((len(sound), 0, 1), np.complex64)
    band = slice(max(int(_LOWEST * size / rate), 1), max(int(_HIGHEST * size / rate), 2))
    taper = np.hanning(size) * np.sqrt(16 / 3) / size
    framed = np.lib.stride_tricks.sliding_window_view(sound, size, axis=1)[:, ::hop]
    return np.stack([np.fft.rfft(row * taper, axis=1)[:, band].astype(np.complex64) for row in framed])


def _spread(powers: NDArray[np.float64]) -> float:
    """Return by how many decibels a level comes and goes."""
    sums = np.cumsum(np.concatenate([[0.0], powers]))
    return float(np.std(_decibels((sums[_SYLLABLE:] - sums[:-_SYLLABLE]) / _SYLLABLE)))


def _decibels(powers: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(10 * np.log10(np.maximum(powers, 1e-9)))
