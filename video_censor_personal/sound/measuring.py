"""Measures stretches of a sound in a file: block by block, or beside another sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.containers.track import Track
from video_censor_personal.media.continuous import Continuous
from video_censor_personal.sound.levels import as_floats, decibels, from_power

if TYPE_CHECKING:
    from numpy.typing import NDArray

LATENESS = 0.003
"""Seconds; where containers count milliseconds, two files may be read this far apart without being so."""
EDGE = 0.2
"""Seconds at the beginning and the end of a span, borders included, that are measured as one."""
BORDER = 0.05
"""Seconds at each border of a span into which a codec's window spreads what is beside it."""
_BLOCK = 0.05
"""Seconds of sound measured at once: the loudest of these counts, however long the edit is."""
_BLOCKS = 4
"""Of them make a piece."""
_TONE_SHORTEST = 0.04
"""Seconds; a shorter tone may be smeared by a codec."""
_RUN_UP = 0.3
"""Seconds decoded before a span, for the decoder to settle."""
_AS_GOOD = 0.95
_SPEECH = 0.95
"""How much of a sample is taken from the next: what is high counts as much as what is low, as in speech."""


@dataclass(slots=True)
class Measured:
    """Of a span, in dBFS: its first and last `edge` seconds, the loudest block between its borders, and the
    loudest at all; the least amplitude of a tone in any block between the borders, and the most at all."""

    rate: int
    edge: float
    head: float
    tail: float
    inner: float
    loudest: float
    tone: float
    loudest_tone: float = 0.0


def measured(
    track: Track,
    span: tuple[float, float],
    hertz: float | None = None,
    channels: Sequence[int] | None = None,
) -> Measured:
    """Measure a span block by block, in all channels or in some; a tone of `hertz` is taken out of each."""
    span = max(span[0], 0.0), span[1]
    length = span[1] - span[0]
    border = min(BORDER, length / 2)
    head, tail, edge = _Power(), _Power(), min(EDGE, length)
    found = Measured(1, edge, 0.0, 0.0, float("-inf"), float("-inf"), float("inf"))
    for begin, whole, rate in blocks_of(track, span):
        block = whole if channels is None else whole[list(channels)]
        found.rate = rate
        at = begin / rate
        end = at + block.shape[1] / rate
        is_inner = at >= border and end <= length - border + 1 / rate
        sound, tone = without_tone(block, begin, rate, hertz) if hertz else (without_mean(block), 0.0)
        level = decibels(sound)
        found.loudest = max(found.loudest, level)
        found.loudest_tone = max(found.loudest_tone, tone)
        if is_inner:
            found.inner = max(found.inner, level)
            found.tone = min(found.tone, tone)
        head.add(sound[:, : max(round(edge * rate) - begin, 0)])
        tail.add(sound[:, max(round((length - edge) * rate) - begin, 0) :])
    found.tone = min(found.tone, found.loudest_tone) if length >= _TONE_SHORTEST else float("inf")
    found.head, found.tail = head.decibels, tail.decibels
    return found


class _Power:
    """The mean power of each channel over several pieces of sound."""

    def __init__(self) -> None:
        self._sum: Any = 0.0
        self._count = 0

    def add(self, sound: NDArray[np.float64]) -> None:
        self._sum = self._sum + np.sum(sound**2, axis=1)
        self._count += sound.shape[1]

    @property
    def decibels(self) -> float:
        """The level of the loudest channel."""
        return from_power(float(np.max(self._sum)) / self._count) if self._count else float("-inf")


def lateness(was: NDArray[np.float64], now: NDArray[np.float64]) -> int:
    """Return by how many samples `now` is late; 0 where that fits about as well as anything."""
    size = 1 << (2 * was.size).bit_length()
    match = np.fft.irfft(np.fft.rfft(now, size) * np.conj(np.fft.rfft(was, size)), size)
    best = int(np.argmax(match))
    return 0 if match[0] >= _AS_GOOD * match[best] else best - size * (best > size // 2)


def whole_of(track: Track, span: tuple[float, float]) -> tuple[NDArray[np.float64], int]:
    """Return the sound of a short span as channels x samples between -1 and 1, and its rate."""
    blocks = list(blocks_of(track, span))
    if not blocks:
        return np.zeros((1, 0)), 1
    return np.concatenate([block for _, block, _ in blocks], axis=1), blocks[0][2]


def blocks_of(track: Track, span: tuple[float, float]) -> Iterator[tuple[int, NDArray[np.float64], int]]:
    """Yield a span's sound in blocks: number of the first sample in the span, samples, and their rate.

    Samples are channels x count, between -1 and 1; where there is no sound they are 0. The borders of a
    span, and so its blocks, are where the samples are.
    """
    wanted = Fraction(span[0] - _RUN_UP) + track.origin
    line = Continuous(track.film.info.path, track.origin)
    held, first, size, count = np.zeros((1, 0)), 0, 0, 0
    for frame in track.frames_from(wanted):
        for piece in line.push(frame):
            assert line.format is not None
            rate = line.format.rate
            if not size:
                first, size = round(span[0] * rate), round(_BLOCK * rate)
                held = np.zeros((line.format.channels, 0))
            total = round(span[1] * rate) - first
            begin = piece.position - first
            data = as_floats(piece.data[:, max(-begin, 0) : max(total - begin, 0)])
            if data.shape[1]:
                missing = max(begin, 0) - count - held.shape[1]
                held = np.concatenate([held, np.zeros((held.shape[0], max(missing, 0))), data], axis=1)
            while held.shape[1] >= size:
                yield count, held[:, :size], rate
                held, count = held[:, size:], count + size
            if begin >= total:
                break
        else:
            continue
        break
    if size:
        assert line.format is not None
        rest = round(span[1] * line.format.rate) - first - count
        held = np.concatenate([held, np.zeros((held.shape[0], max(rest - held.shape[1], 0)))], axis=1)
        for at in range(0, rest, size):
            yield count + at, held[:, at : at + size], line.format.rate


def without_mean(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take out what is constant: A-law's silence is not 0."""
    return np.asarray(sound - sound.mean(axis=1, keepdims=True), dtype=np.float64)


def without_tone(
    sound: NDArray[np.float64], begin: int, rate: int, hertz: float
) -> tuple[NDArray[np.float64], float]:
    """Subtract the sine of `hertz` that fits best; return the rest, and its amplitude where it is loudest."""
    phase = 2 * np.pi * hertz * (begin + np.arange(sound.shape[1])) / rate
    basis = np.stack([np.sin(phase), np.cos(phase)])
    fit = np.linalg.pinv(basis @ basis.T) @ (basis @ sound.T)
    return sound - fit.T @ basis, float(np.max(np.hypot(fit[0], fit[1])))


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """How much of one sound is in another, by channel: its gain there, and how alike the two are, 0 to 1."""

    gain: NDArray[np.float64]
    alike: NDArray[np.float64]


def share_of(sound: NDArray[np.float64], there: NDArray[np.float64], rate: int) -> Share:
    """Return how much of `sound` is `there`, at the same time or as late as two files may be read."""
    one, other = (np.diff(each, prepend=0.0) + (1 - _SPEECH) * each for each in (sound, there))
    size = 1 << (one.shape[1] + other.shape[1]).bit_length()
    match = np.fft.irfft(np.conj(np.fft.rfft(one, size)) * np.fft.rfft(other, size), size)
    reach = max(round(LATENESS * rate), 1)
    near = np.concatenate([match[:, : reach + 1], match[:, -reach:]], axis=1)
    best = np.max(np.abs(near), axis=1)
    power, other_power = np.sum(one**2, axis=1), np.sum(other**2, axis=1)
    return Share(best / (power + 1e-20), best / np.sqrt(power * other_power + 1e-20))


def without(sound: NDArray[np.float64], there: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Return what is `there` besides `sound`, which may be there a little late."""
    reach = max(round(LATENESS * rate), 1)
    rest = there.copy()
    for channel, (one, other) in enumerate(zip(sound, there, strict=True)):
        if not one.any():
            continue
        size = 1 << (2 * one.size).bit_length()
        match = np.fft.irfft(np.conj(np.fft.rfft(one, size)) * np.fft.rfft(other, size), size)
        near = np.concatenate([match[-reach:], match[: reach + 1]])
        late = int(np.argmax(np.abs(near))) - reach
        # Between two samples, it is a mix of its neighbours.
        basis = np.stack([np.roll(one, late + step) for step in range(-2, 3)])
        rest[channel] = other - np.linalg.lstsq(basis.T, other, rcond=None)[0] @ basis
    return rest


def pieces_of(track: Track, span: tuple[float, float]) -> Iterator[tuple[int, NDArray[np.float64], int]]:
    """Yield a span's sound in pieces of a fifth of a second, as `blocks_of` yields blocks.

    A rest that is no whole block is put to the last piece: a few samples are alike to anything.
    """
    held: list[NDArray[np.float64]] = []
    begin, rate = 0, 1
    for first, block, rate in blocks_of(track, span):
        if len(held) >= _BLOCKS and block.shape[1] >= round(_BLOCK * rate):
            yield begin, np.concatenate(held, axis=1), rate
            held = []
        begin = begin if held else first
        held.append(block)
    if held:
        yield begin, np.concatenate(held, axis=1), rate


def at_rate(sound: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return a sound as `count` samples that last as long."""
    if sound.shape[1] == count or not sound.shape[1] or not count:
        return sound
    scale = count / sound.shape[1]
    return np.asarray(np.fft.irfft(np.fft.rfft(sound), count) * scale)
