"""Measures the sound of a clean copy: silent where it was to be, and elsewhere not moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.media.continuous import Block, Continuous
from video_censor_personal.media.decode import decoded_from
from video_censor_personal.media.probe import codec_name, open_media
from video_censor_personal.render.plan import AudioEdit
from video_censor_personal.render.verify_video import Track

if TYPE_CHECKING:
    from av.container import InputContainer
    from numpy.typing import NDArray

_COMPARED = 1.0
"""Seconds of sound compared with the input's, where no edit is near."""
_MEASURED = 5.0
"""Seconds of sound measured at once, however long an edit is."""
_AUDIBLE = -60.0
_LATENESS = 0.003
"""Seconds; where containers count milliseconds, two files may be read this far apart without being so."""
_AS_GOOD = 0.95
_SILENCE = -90.0
"""dBFS. Louder than this, a silenced span is not silent."""
_CODECS_OWN_SILENCE = -66.0
"""dBFS of what some codecs make of digital silence behind a loud sound; nobody hears it."""
_NEVER_SILENT = frozenset({"opus", "vorbis", "wmav1", "wmav2", "wmapro", "mp2", "eac3"})
_BORDER = 2400 / 48000
"""Seconds at each border of a span into which a codec's window spreads what is beside it."""
_BORDER_PACKETS = 2
"""… or so many packets of the codec, where they are long."""
_BORDER_SILENCE = -30.0
_RUN_UP = 0.3
"""Seconds decoded before a span, for the decoder to settle."""


def level_problems(track: Track, edits: Sequence[AudioEdit], hertz: float) -> Iterator[str]:
    """Say which silenced or bleeped spans have more sound left than they may.

    Args:
        track: the copy's sound.
        edits: what was to be hidden, by time, not overlapping.
        hertz: the tone that hides; it is taken out before measuring.
    """
    with open_media(track.path) as container:
        stream: Any = container.streams[track.index]
        silence = _CODECS_OWN_SILENCE if codec_name(stream) in _NEVER_SILENT else _SILENCE
        border = max(_BORDER, _BORDER_PACKETS * packet_seconds(stream))
        for edit in edits:
            if leak := _leak(track, container, edit, (silence, border, hertz)):
                level, most = leak
                where = f"from {edit.start:.3f} to {edit.end:.3f} s"
                yield f"stream {track.index} has {level:.0f} dBFS {where}: more than {most:.0f}"


def packet_seconds(stream: Any) -> float:
    """Return how long the sound of one packet lasts; 0 where that differs from packet to packet."""
    context = stream.codec_context
    return float(context.frame_size / context.sample_rate) if context.sample_rate else 0.0


def _leak(
    track: Track, container: InputContainer, edit: AudioEdit, limits: tuple[float, float, float]
) -> tuple[float, float] | None:
    """Return the level of the loudest part of an edit that is too loud, and what it may be."""
    silence, border, hertz = limits
    inner = silence if edit.mode == "silence" else _BORDER_SILENCE
    count = ceil((edit.end - edit.start) / _MEASURED)
    step = (edit.end - edit.start) / max(count, 1)
    for number in range(count):
        begin, end = edit.start + number * step, edit.start + (number + 1) * step
        sound, rate = _span(track, container, (begin, end))
        if edit.mode == "bleep":
            sound = _without_tone(sound, rate, hertz)
        first = round(border * rate) if number == 0 else 0
        last = sound.shape[1] - (round(border * rate) if number == count - 1 else 0)
        for part, most in ((sound[:, first : max(first, last)], inner), (sound, _BORDER_SILENCE)):
            if (level := _decibels(part)) > most:
                return level, most
    return None


def shift_problems(before: Track, after: Track, duration: float, edits: Sequence[AudioEdit]) -> Iterator[str]:
    """Compare the sound at a few places that no edit comes near: it must not have moved."""
    with open_media(before.path) as one, open_media(after.path) as other:
        for span in _undisturbed(duration, edits):
            was, rate = _span(before, one, span)
            now, new_rate = _span(after, other, span)
            if rate == new_rate and was.shape == now.shape and _decibels(was) > _AUDIBLE:
                loudest = int(np.argmax(np.mean(was**2, axis=1)))
                late = _lateness(was[loudest], now[loudest]) / rate
                if abs(late) > _LATENESS:
                    yield f"stream {after.index} sounds {late * 1000:.1f} ms late at {span[0]:.1f} s"


def _undisturbed(duration: float, edits: Sequence[AudioEdit]) -> list[tuple[float, float]]:
    """Return up to three spans, spread over the film, that no edit comes near."""
    borders = [0.0, *(border for edit in edits for border in (edit.start, edit.end)), duration]
    free = [(end + _BORDER, start - _BORDER) for end, start in zip(borders[::2], borders[1::2], strict=True)]
    long = [(begin, min(end, begin + _COMPARED)) for begin, end in free if end - begin >= _COMPARED / 4]
    return [long[number * (len(long) - 1) // 2] for number in range(3)] if len(long) > 3 else long


def _lateness(was: NDArray[np.float64], now: NDArray[np.float64]) -> int:
    """Return by how many samples `now` is late; 0 where that fits about as well as anything."""
    size = 1 << (2 * was.size).bit_length()
    match = np.fft.irfft(np.fft.rfft(now, size) * np.conj(np.fft.rfft(was, size)), size)
    best = int(np.argmax(match))
    return 0 if match[0] >= _AS_GOOD * match[best] else best - size * (best > size // 2)


def _span(
    track: Track, container: InputContainer, span: tuple[float, float]
) -> tuple[NDArray[np.float64], int]:
    """Return the sound of a span of time as channels x samples between -1 and 1, and its rate."""
    wanted = Fraction(max(span[0] - _RUN_UP, 0)) + track.origin
    line = Continuous(track.path, track.origin)
    sound = np.zeros((1, 0))
    for block in _blocks(decoded_from(track.path, container, track.index, wanted), line):
        assert line.format is not None
        begin, end = (round(moment * line.format.rate) for moment in span)
        if not sound.size:
            sound = np.zeros((line.format.channels, end - begin))
        if block.position >= end:
            break
        first = max(begin - block.position, 0)
        data = _floats(block.data[:, first : max(end - block.position, 0)])
        at = block.position + first - begin
        sound[:, at : at + data.shape[1]] = data
    return sound, line.format.rate if line.format else 1


def _blocks(frames: Iterator[Any], line: Continuous) -> Iterator[Block]:
    for frame in frames:
        yield from line.push(frame)


def _floats(data: NDArray[Any]) -> NDArray[np.float64]:
    if data.dtype.kind == "f":
        return data.astype(np.float64)
    middle = 128 if data.dtype == np.uint8 else 0
    return (data.astype(np.float64) - middle) / (float(np.iinfo(data.dtype).max) - middle)


def _without_tone(sound: NDArray[np.float64], rate: int, hertz: float) -> NDArray[np.float64]:
    """Subtract the sine of `hertz` that fits best."""
    if not sound.size:
        return sound
    phase = 2 * np.pi * hertz * np.arange(sound.shape[1]) / rate
    basis = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    fit, *_ = np.linalg.lstsq(basis, sound.T, rcond=None)
    return np.asarray(sound - (basis @ fit).T, dtype=np.float64)


def _decibels(sound: NDArray[np.float64]) -> float:
    power = float(np.max(np.mean(sound**2, axis=1))) if sound.size else 0.0
    return 10 * np.log10(power) if power > 0 else float("-inf")
