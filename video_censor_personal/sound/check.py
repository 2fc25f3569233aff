"""Measures the sound of a clean copy: hidden where it was to be, and elsewhere not moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.containers.track import Track, spread
from video_censor_personal.edits.values import SoundEdit, free_spans
from video_censor_personal.media.continuous import Continuous
from video_censor_personal.sound.gate import TONE_LEVEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 0.05
"""Seconds of sound measured at once: the loudest of these counts, however long the edit is."""
_COMPARED = 1.0
"""Seconds of sound compared with the input's, where no edit is near."""
_PLACES = 3
_AUDIBLE = -60.0
_LATENESS = 0.003
"""Seconds; where containers count milliseconds, two files may be read this far apart without being so."""
_AS_GOOD = 0.95
_SILENCE = -90.0
"""dBFS. Up to this, everything is silent."""
_CODEC_SILENCE = -70.0
"""dBFS. Lossy codecs leave up to this of digital silence beside a loud sound; it is not heard…"""
_BELOW = 40.0
"""… as long as it is so many decibels below what the film has there."""
_BORDER = 0.05
"""Seconds at each border of a span into which a codec's window spreads what is beside it."""
_EDGE = 0.2
"""Seconds at the beginning and the end of a span, borders included, that are measured as one."""
_EDGE_SILENCE = -30.0
"""dBFS. No edge may be louder."""
_EDGE_DOUBT = -50.0
"""dBFS. Up to this an edge is quiet. A louder one is compared with the film and with what is beside it."""
_EDGE_BELOW = 6.0
"""Decibels by which it must be quieter than the same edge of the film…"""
_SPREAD = 25.0
"""… or than the copy's sound beside the span, whichever allows more."""
_TONE_RESIDUE = -30.0
"""dBFS that a codec may make of a tone besides itself, most where it begins and in a channel for bass."""
_TONE_LEAST = TONE_LEVEL / 2
"""Amplitude that a tone must have in the loudest channel; a codec's low-pass may take it from others."""
_TONE_SHORTEST = 0.04
"""Seconds; a shorter tone may be smeared by a codec."""
_TONE_SURE = 0.25
"""Share of the sampling rate up to which every codec keeps a tone."""
_RUN_UP = 0.3
"""Seconds decoded before a span, for the decoder to settle."""
_LOSSLESS = frozenset({"flac", "alac", "truehd", "mlp", "tta", "wavpack", "wmalossless", "ape"})


def packet_seconds(stream: Any) -> float:
    """Return how long the sound of one packet of a codec lasts; 0 where that differs."""
    context = stream.codec_context
    return float(context.frame_size / context.sample_rate) if context.sample_rate else 0.0


def sound_problems(
    before: Track, after: Track, end: float, edits: Sequence[SoundEdit], settings: AudioRemediation
) -> Iterator[str]:
    """Say what is wrong with a sound that was re-encoded: heard where it was to be hidden, or moved.

    Args:
        before: the film's sound.
        after: the copy's.
        end: of the film's sound, in seconds.
        edits: what was to be hidden, by time, not overlapping.
        settings: how; a tone that hides is taken out before measuring.
    """
    codec = after.film.info.streams[after.index].codec
    is_exact = codec in _LOSSLESS or codec.startswith("pcm_")
    judge = _Judge(before, after, is_exact, settings.bleep_frequency)
    for edit in edits:
        if edit.start < end:
            problem = judge.problem(replace(edit, end=min(edit.end, end)))
            if problem:
                where = f"from {edit.start:.3f} to {edit.end:.3f} s"
                yield f"stream {after.index} has {problem[0]} {where}{problem[1]}"
    yield from shift_problems(before, after, end, edits)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Tells what is left of a sound from what its codec makes of silence.

    The film is read only where the level alone does not tell.
    """

    film: Track
    copy: Track
    is_exact: bool
    hertz: float

    def problem(self, edit: SoundEdit) -> tuple[str, str] | None:
        """Return what an edit has left, and how much that may be; None when it hides what it should."""
        tone = self.hertz if edit.mode == "bleep" else None
        found = _measured(self.copy, (edit.start, edit.end), tone)
        if tone is not None and found.tone < _TONE_LEAST and tone <= _TONE_SURE * found.rate:
            return "no tone", ""
        if tone is not None:
            limits = [(level, _TONE_RESIDUE) for level in (found.inner, found.head, found.tail)]
        else:
            limits = [
                (found.inner, self._inner_limit(found.inner, edit)),
                (found.head, self._edge_limit(found.head, edit.start, found.edge, -1)),
                (found.tail, self._edge_limit(found.tail, edit.end - found.edge, found.edge, 1)),
            ]
        for level, most in limits:
            if level > most:
                return f"{level:.0f} dBFS", f": more than {most:.0f}"
        return None

    def _inner_limit(self, level: float, edit: SoundEdit) -> float:
        if level <= _SILENCE or level > _CODEC_SILENCE or self.is_exact:
            return _SILENCE
        there = _measured(self.film, (edit.start - _EDGE, edit.end + _EDGE)).loudest
        return max(_SILENCE, min(_CODEC_SILENCE, there - _BELOW))

    def _edge_limit(self, level: float, start: float, length: float, side: int) -> float:
        """Return how loud an edge may be: a codec spreads what is beside it, but keeps nothing of it."""
        if level <= _EDGE_DOUBT or level > _EDGE_SILENCE:
            return _EDGE_SILENCE
        was = _measured(self.film, (start, start + length)).head
        beside = start - _EDGE if side < 0 else start + length
        spread = _measured(self.copy, (beside, beside + _EDGE)).loudest - _SPREAD
        return min(_EDGE_SILENCE, max(_EDGE_DOUBT, was - _EDGE_BELOW, spread))


def shift_problems(before: Track, after: Track, end: float, edits: Sequence[SoundEdit]) -> Iterator[str]:
    """Compare the sound at a few places that no edit comes near: it must not have moved.

    Args:
        before: the film's sound.
        after: the copy's.
        end: of the film's sound, in seconds.
        edits: what was hidden, by time, not overlapping.
    """
    for span in _undisturbed(end, edits):
        was, rate = _whole(before, span)
        now, new_rate = _whole(after, span)
        if rate == new_rate and was.shape == now.shape and _decibels(was) > _AUDIBLE:
            loudest = int(np.argmax(np.mean(was**2, axis=1)))
            late = _lateness(was[loudest], now[loudest]) / rate
            if abs(late) > _LATENESS:
                yield f"stream {after.index} sounds {late * 1000:.1f} ms late at {span[0]:.1f} s"


@dataclass(slots=True)
class _Measured:
    """Of a span, in dBFS: its first and last `edge` seconds, the loudest block between its borders, and the
    loudest at all; the least amplitude of a tone in any block between the borders."""

    rate: int
    edge: float
    head: float
    tail: float
    inner: float
    loudest: float
    tone: float


def _measured(track: Track, span: tuple[float, float], hertz: float | None = None) -> _Measured:
    """Measure a span block by block; a tone of `hertz` is taken out of each."""
    span = max(span[0], 0.0), span[1]
    length = span[1] - span[0]
    border = min(_BORDER, length / 2)
    head, tail, edge, tones = _Power(), _Power(), min(_EDGE, length), 0.0
    found = _Measured(1, edge, 0.0, 0.0, float("-inf"), float("-inf"), float("inf"))
    for begin, block, rate in _blocks(track, span):
        found.rate = rate
        at = begin / rate
        end = at + block.shape[1] / rate
        is_inner = at >= border and end <= length - border + 1 / rate
        sound, tone = _without_tone(block, begin, rate, hertz) if hertz else (_without_mean(block), 0.0)
        level = _decibels(sound)
        found.loudest = max(found.loudest, level)
        tones = max(tones, tone)
        if is_inner:
            found.inner = max(found.inner, level)
            found.tone = min(found.tone, tone)
        head.add(sound[:, : max(round(edge * rate) - begin, 0)])
        tail.add(sound[:, max(round((length - edge) * rate) - begin, 0) :])
    found.tone = min(found.tone, tones) if length >= _TONE_SHORTEST else float("inf")
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
        return _from_power(float(np.max(self._sum)) / self._count) if self._count else float("-inf")


def _undisturbed(end: float, edits: Sequence[SoundEdit]) -> list[tuple[float, float]]:
    """Return a few short spans, spread over the film, that no edit comes near."""
    free = [(float(a) + _BORDER, float(b) - _BORDER) for a, b in free_spans(edits, end)]
    long = [(begin, min(end, begin + _COMPARED)) for begin, end in free if end - begin >= _COMPARED / 4]
    return spread(long, _PLACES)


def _lateness(was: NDArray[np.float64], now: NDArray[np.float64]) -> int:
    """Return by how many samples `now` is late; 0 where that fits about as well as anything."""
    size = 1 << (2 * was.size).bit_length()
    match = np.fft.irfft(np.fft.rfft(now, size) * np.conj(np.fft.rfft(was, size)), size)
    best = int(np.argmax(match))
    return 0 if match[0] >= _AS_GOOD * match[best] else best - size * (best > size // 2)


def _whole(track: Track, span: tuple[float, float]) -> tuple[NDArray[np.float64], int]:
    """Return the sound of a short span as channels x samples between -1 and 1, and its rate."""
    blocks = list(_blocks(track, span))
    if not blocks:
        return np.zeros((1, 0)), 1
    return np.concatenate([block for _, block, _ in blocks], axis=1), blocks[0][2]


def _blocks(track: Track, span: tuple[float, float]) -> Iterator[tuple[int, NDArray[np.float64], int]]:
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
            data = _floats(piece.data[:, max(-begin, 0) : max(total - begin, 0)])
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


def _floats(data: NDArray[Any]) -> NDArray[np.float64]:
    if data.dtype.kind == "f":
        return data.astype(np.float64)
    middle = 128 if data.dtype == np.uint8 else 0
    return (data.astype(np.float64) - middle) / (float(np.iinfo(data.dtype).max) - middle)


def _without_mean(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take out what is constant: A-law's silence is not 0."""
    return np.asarray(sound - sound.mean(axis=1, keepdims=True), dtype=np.float64)


def _without_tone(
    sound: NDArray[np.float64], begin: int, rate: int, hertz: float
) -> tuple[NDArray[np.float64], float]:
    """Subtract the sine of `hertz` that fits best; return the rest, and its amplitude where it is loudest."""
    phase = 2 * np.pi * hertz * (begin + np.arange(sound.shape[1])) / rate
    basis = np.stack([np.sin(phase), np.cos(phase)])
    fit = np.linalg.pinv(basis @ basis.T) @ (basis @ sound.T)
    return sound - fit.T @ basis, float(np.max(np.hypot(fit[0], fit[1])))


def _decibels(sound: NDArray[np.float64]) -> float:
    return _from_power(float(np.max(np.mean(sound**2, axis=1)))) if sound.size else float("-inf")


def _from_power(power: float) -> float:
    return 10 * float(np.log10(power)) if power > 0 else float("-inf")
