"""A second pass over stretches with a voice and no words: transcribed again, or reported as unheard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from video_censor_personal.findings.coverage import DOUBTFUL, Span, joined
from video_censor_personal.findings.observations import Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Hear = Callable[["NDArray[np.float32]", float], Iterable[Observation]]
"""Returns the words in some sound that begins at a time, in seconds, and what else they may be."""

RATE = 16000
LEAST_SILENCE = 4.0
"""Seconds without a word that get a second pass."""
LEAST_VOICE = 3.0
"""Seconds of voice in them that should have given words."""
_LONGEST_WORD = 1.5
"""Seconds; a longer word was stretched over sound that was not understood."""
_AROUND = 0.5
"""Seconds heard on either side of a stretch."""
_TOGETHER = 2.0
"""Seconds between two stretches that are heard as one."""
_MOST_AGAIN = 1.0
"""At most this share of a window is transcribed again, the margins not counted."""
_FEWEST_WORDS = 0.5
"""Words a second; with fewer, the voice was not understood."""
_LEVEL = 0.1
"""Root mean square to which a voice is brought: -20 dBFS."""
_MOST_GAIN = 100.0
_LEVELLED = 0.4
"""Seconds over which loudness is evened out."""


def hear_again(
    words: Sequence[Observation], pcm: NDArray[np.float32], start: float, hear: Hear
) -> Iterator[Observation]:
    """Yield the words that a second pass finds, and an observation `unheard` where it finds hardly any.

    It depends on nothing but the window and what was heard in it.

    Args:
        words: what was heard first, in time order.
        pcm: the window, 16 kHz mono.
        start: where it begins, in seconds.
        hear: hears some of it again.
    """
    silent = list(_silences((seen for seen in words if seen.label == "word"), start, start + len(pcm) / RATE))
    if not silent:
        return
    stretches = doubtful(silent, [voice for span in silent for voice in _voices(pcm, start, span)])
    left = _MOST_AGAIN * len(pcm) / RATE
    for span in stretches:
        found: list[Observation] = []
        if span.end - span.start <= left:
            left -= span.end - span.start
            first = max(0, round((span.start - _AROUND - start) * RATE))
            last = round((span.end + _AROUND - start) * RATE)
            heard = hear(levelled(pcm[first:last]), start + first / RATE)
            found = [seen for seen in heard if seen.end > span.start and seen.start < span.end]
            yield from found
        if sum(seen.label == "word" for seen in found) < _FEWEST_WORDS * (span.end - span.start):
            yield Observation(span.start, span.end, DOUBTFUL, 1.0)


def doubtful(silent: Iterable[Span], voices: Iterable[Span]) -> tuple[Span, ...]:
    """Return the stretches in which a voice was heard for long and not a word was written.

    Args:
        silent: where no word was written for some time.
        voices: where there is a voice.
    """
    spoken = tuple(voices)
    found = []
    for span in silent:
        inside = [
            Span(max(voice.start, span.start), min(voice.end, span.end))
            for voice in spoken
            if voice.end > span.start and voice.start < span.end
        ]
        for stretch in joined(inside, _TOGETHER):
            length = sum(
                voice.end - voice.start
                for voice in inside
                if stretch.start <= voice.start and voice.end <= stretch.end
            )
            if length >= LEAST_VOICE:
                found.append(stretch)
    return tuple(found)


def levelled(pcm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sound with quiet voices as loud as loud ones."""
    import numpy as np

    count = int(_LEVELLED * RATE)
    power = np.convolve(pcm.astype(np.float64) ** 2, np.ones(count) / count, mode="same")
    gain = np.minimum(_LEVEL / np.sqrt(np.maximum(power, 1e-12)), _MOST_GAIN)
    return np.clip(pcm * gain, -1.0, 1.0).astype(np.float32)


def _silences(words: Iterable[Observation], start: float, end: float) -> Iterator[Span]:
    """Yield where no word was written for some time."""
    reached = start
    for word in words:
        if word.start - reached >= LEAST_SILENCE:
            yield Span(reached, word.start)
        reached = max(reached, min(word.end, word.start + _LONGEST_WORD))
    if end - reached >= LEAST_SILENCE:
        yield Span(reached, end)


def _voices(pcm: NDArray[np.float32], start: float, span: Span) -> Iterator[Span]:
    """Yield where there is a voice in a stretch of the window."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    first = max(0, round((span.start - start) * RATE))
    part = pcm[first : round((span.end - start) * RATE)]
    options = VadOptions(min_speech_duration_ms=500, min_silence_duration_ms=300, speech_pad_ms=0)
    for found in get_speech_timestamps(levelled(part), options):
        yield Span(*(start + (first + found[side]) / RATE for side in ("start", "end")))
