"""Which channels of a sound must be heard apart, because their mix would drown or cancel a voice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FRAME, _HOP = 0.064, 0.032
_LOWEST, _HIGHEST = 250.0, 4000.0
"""Hertz; where a voice is understood."""
_AROUND = 8
"""Frames over which two channels are compared."""
_SYLLABLE = 4
_MOMENTS = 63
"""Frames over which levels must come and go as a voice's do: two seconds."""
_SILENT = 1e-3
"""Of full scale (root mean square); what is below is no sound."""
_BESIDE = 20.0
"""Decibels; a channel that is quieter than another by more has no voice of its own."""
_CANCELLED = -0.5
_UNALIKE = 0.3
_ALIVE = 5.0
"""Decibels by which the level of a voice comes and goes (standard deviation); music changes by 1 to 3."""
_CLEAR = 10.0
"""Decibels above all else at which a voice is heard in a mix as well as alone."""
_FADED = 20.0
"""A voice of so small a part of its mean power is dying away, and says nothing."""
_LEAST = 0.2
"""Seconds; what is hidden for less is no word."""
_STRETCH = 30.0
"""Seconds; less takes a recogniser as long, so what is heard apart is at least this long."""
_BLOCK = 1024
"""Frames analysed at once, for memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """Mono sound to be listened to, from sample `first` of a window on; `channel` is None for the mix."""

    channel: str | None
    first: int
    pcm: NDArray[np.float32]


def signals(rows: NDArray[np.float32], rate: int) -> list[Signal]:
    """Return what is to be heard of a window: the mix, and the stretches of channels that it would hide.

    They depend on the window alone. Each channel adds at most the length of the window: a stereo sound is
    never heard for more than three times its length, and one whose channels are alike for once. Nothing of
    them refers to `rows`, which need not be kept.

    Args:
        rows: the mix, and after it left, right and centre as far as there are such (`read_channels`).
        rate: samples a second.
    """
    mix = rows[0].copy()
    found = [Signal(None, 0, mix)]
    if len(rows) < 3 or mix.size < _FRAME * rate:
        return found
    left, right = rows[1], rows[2]
    levels = _Levels.of(rows, rate)
    cancelled, unalike = levels.sides()
    for first, end in _stretches(cancelled, rate, mix.size):
        found.append(Signal("side", first, (left[first:end] - right[first:end]) / 2))
    for first, end in _stretches(unalike, rate, mix.size):
        found.append(Signal("left", first, left[first:end].copy()))
        found.append(Signal("right", first, right[first:end].copy()))
    if len(rows) > 3:
        for first, end in _stretches(levels.drowned(), rate, mix.size):
            found.append(Signal("centre", first, rows[3][first:end].copy()))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """Powers of each row by frame; `products` are of left with right, and of the mix with the centre."""

    powers: NDArray[np.float64]
    products: NDArray[np.float64]

    @classmethod
    def of(cls, rows: NDArray[np.float32], rate: int) -> _Levels:
        size, hop = int(_FRAME * rate), int(_HOP * rate)
        band = slice(int(_LOWEST * size / rate), int(_HIGHEST * size / rate))
        taper = np.hanning(size).astype(np.float32)
        pairs = ((1, 2), (0, 3))[: len(rows) - 2]
        powers, products = [], []
        starts = range(0, rows.shape[1] - size + 1, hop)
        for block in range(0, len(starts), _BLOCK):
            chosen = starts[block : block + _BLOCK]
            part = rows[:, chosen[0] : chosen[-1] + size]
            framed = np.lib.stride_tricks.sliding_window_view(part, size, axis=1)[:, ::hop]
            spectra = np.stack([np.fft.rfft(row * taper, axis=1)[:, band] for row in framed])
            # Twice the mean square of the samples in the band, which the taper takes 3/8 of.
            scale = 16 / 3 / size**2
            powers.append(scale * np.sum(np.abs(spectra) ** 2, axis=2))
            products.append(
                scale * np.stack([np.sum((spectra[a] * spectra[b].conj()).real, axis=1) for a, b in pairs])
            )
        return cls(np.concatenate(powers, axis=1), np.concatenate(products, axis=1))

    def sides(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return where left and right cancel each other, and where they say different things."""
        left, right = (_smooth(self.powers[row], _AROUND) for row in (1, 2))
        near = np.abs(_decibels(left) - _decibels(right)) < _BESIDE
        both = near & (np.maximum(left, right) > _SILENT**2)
        alike = _smooth(self.products[0], _AROUND) / np.sqrt(np.maximum(left * right, 0) + 1e-20)
        balance = _decibels(_smooth(self.powers[1], _SYLLABLE)) - _decibels(
            _smooth(self.powers[2], _SYLLABLE)
        )
        return both & (alike < _CANCELLED), both & (abs(alike) < _UNALIKE) & (_spread(balance) > _ALIVE)

    def drowned(self) -> NDArray[np.bool_]:
        """Return where there is a voice in the centre that the mix does not let through."""
        mix, centre = (_smooth(self.powers[row], _AROUND) for row in (0, 3))
        share = np.maximum(_smooth(self.products[1], _AROUND), 0) ** 2 / (centre + 1e-20)
        clear = _decibels(share) - _decibels(np.maximum(mix - share, 0)) > _CLEAR
        alive = _spread(_decibels(_smooth(self.powers[3], _SYLLABLE))) > _ALIVE
        spoken = centre > np.maximum(_smooth(self.powers[3], _MOMENTS) / _FADED, _SILENT**2)
        return spoken & alive & ~clear


def _smooth(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the mean of `count` values around each."""
    before = np.concatenate([[0.0], np.cumsum(np.pad(values, (count // 2, count - 1 - count // 2), "edge"))])
    return np.asarray((before[count:] - before[:-count]) / count)


def _decibels(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    return 10 * np.log10(np.maximum(powers, _SILENT**2 / 1e3))


def _spread(decibels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation around each value."""
    mean = _smooth(decibels, _MOMENTS)
    return np.sqrt(np.maximum(_smooth(decibels**2, _MOMENTS) - mean**2, 0))


def _stretches(marked: NDArray[np.bool_], rate: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield first and end sample of the stretches that hold what is marked, none overlapping another."""
    hop = int(_HOP * rate)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    runs = [
        (int(begin) * hop, int(stop) * hop)
        for begin, stop in zip(edges[::2], edges[1::2], strict=True)
        if (stop - begin) * _HOP >= _LEAST
    ]
    open_stretch: tuple[int, int] | None = None
    for start, stop in runs:
        spare = max(int(_STRETCH * rate) - (stop - start), 0) // 2
        first, end = max(start - spare, 0), min(stop + spare, size)
        if open_stretch is not None and first <= open_stretch[1]:
            open_stretch = open_stretch[0], max(end, open_stretch[1])
            continue
        if open_stretch is not None:
            yield open_stretch
        open_stretch = first, end
    if open_stretch is not None:
        yield open_stretch
