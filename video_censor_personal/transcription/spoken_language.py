"""Which language is spoken in a window of sound, by what a recogniser makes of its voices."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Listen = Callable[["NDArray[np.float32]"], Mapping[str, float]]
"""Returns the probability of each language in some sound of at most `LONGEST` seconds."""

RATE = 16000
LONGEST = 30.0
_PLACES = 3
"""Places in the window from which voices are taken, so that one speaker or song does not decide."""
ENOUGH = 8.0
"""Seconds of voice that tell a language; in less, related ones are taken for each other."""
SURE = 0.8
"""Probability of a language that is believed without anything else that speaks for it …"""
CONTRADICTS = 0.9
"""… and against what the film says."""
LIKELY = 0.5
"""Probability of a language in which words can be taken for understood."""


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """A language, how probable it is, and whether somebody speaks who may speak another."""

    language: str
    probability: float
    is_doubtful: bool = False


def spoken_language(
    pcm: NDArray[np.float32], listen: Listen, tagged: str | None, known: Collection[str]
) -> SpokenLanguage:
    """Return the language of a window; it depends on nothing but the window and the track's tag.

    Args:
        pcm: the window, 16 kHz mono.
        listen: tells languages by their sound.
        tagged: the track's language as the film gives it.
        known: languages that there are words for.
    """
    voice = _voices(pcm)
    heard = listen(voice if len(voice) else pcm[: int(LONGEST * RATE)])
    return most_likely(heard, len(voice) / RATE, tagged, known)


def most_likely(
    heard: Mapping[str, float], seconds: float, tagged: str | None, known: Collection[str]
) -> SpokenLanguage:
    """Return the language that is taken to be spoken.

    What was heard for long enough and is clear counts, whatever it is. Else it is the film's tag, and
    without one the likeliest language that there are words for: in music and noise, any may be heard.

    Args:
        heard: the probability of each language.
        seconds: how long a voice was heard.
        tagged: as in `spoken_language`.
        known: as in `spoken_language`.
    """
    best = max(heard, key=lambda each: heard[each])
    if seconds >= ENOUGH and heard[best] >= (SURE if tagged is None else CONTRADICTS):
        return SpokenLanguage(best, heard[best])
    chosen = tagged or max(sorted(known), key=lambda each: heard.get(each, 0.0))
    probability = heard.get(chosen, 0.0)
    return SpokenLanguage(chosen, probability, seconds >= ENOUGH and probability < LIKELY)


def _voices(pcm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return voices out of a window, from its beginning, middle and end."""
    import numpy as np
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_speech_duration_ms=300, min_silence_duration_ms=300, speech_pad_ms=100)
    spans = get_speech_timestamps(pcm, options)
    voices = [pcm[span["start"] : span["end"]] for span in spans]
    whole = np.concatenate(voices) if voices else np.empty(0, np.float32)
    longest = int(LONGEST * RATE)
    if len(whole) <= longest:
        return whole
    length = longest // _PLACES
    starts = np.linspace(0, len(whole) - length, _PLACES).astype(int)
    return np.concatenate([whole[start : start + length] for start in starts])
