"""Tightens the times of heard words by forced alignment of their pronunciation with the sound.

Whisper places a word 0.1 to 0.2 s late, which leaves its beginning audible. Given what was said, an
acoustic model finds where it was said to about 0.02 s. English only; PocketSphinx brings the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from video_censor_personal.findings.observations import Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16000
_FRAMES_PER_SECOND = 100
_PAUSE_SECONDS = 0.3
"""A longer pause ends a phrase; the words of a phrase are aligned together."""
_LONGEST_SECONDS = 12.0
"""Of a phrase."""
_LEAD_SECONDS, _TAIL_SECONDS = 0.5, 0.4
"""Sound around a phrase in which its words may be found."""
_SHORTEST_PART = 3
"""Letters of each half of a compound."""
_FARTHEST_SECONDS = 0.5
"""A word found farther from where it was heard is not believed."""
_FULL_SCALE = 32000
_DITHER = 16


class Aligner:
    """Aligns a window of sound at a time. What it cannot align keeps the times it had."""

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(lm=None, loglevel="FATAL")

    def refine(
        self, words: Iterable[Observation], pcm: NDArray[np.float32], offset: float
    ) -> Iterator[Observation]:
        """Yield the words with better times, a phrase at a time.

        Args:
            words: in time order.
            pcm: the window of sound, 16 kHz mono, that they were heard in.
            offset: where that begins, in seconds.
        """
        # It gets used to what it hears; what is found here must not depend on what came before.
        self._decoder.reinit_feat()
        earliest = offset
        phrase: list[Observation] = []
        for word in words:
            if phrase and self._parts(phrase, word):
                # Sound of the words around would be taken for ours.
                refined = self._in_sound(phrase, pcm, offset, (earliest, word.start))
                yield from refined
                earliest = refined[-1].end
                phrase = []
            phrase.append(word)
        if phrase:
            yield from self._in_sound(phrase, pcm, offset, (earliest, offset + len(pcm) / RATE))

    def pronunciations(self, word: str) -> list[tuple[str, ...]]:
        """Return how the dictionary pronounces a word, as phones, in one or several ways; else nothing."""
        found: list[tuple[str, ...]] = []
        while phones := self._decoder.lookup_word(f"{word}({len(found) + 1})" if found else word):
            found.append(tuple(phones.split()))
        return found

    def learned(self, word: str) -> list[tuple[str, ...]]:
        """Return the same, of a compound of two words that the dictionary has too."""
        return self.pronunciations(word) if self._known(word) else []

    def _parts(self, phrase: Sequence[Observation], word: Observation) -> bool:
        """Whether `word` begins another phrase; a word without a known pronunciation stands alone."""
        last = phrase[-1]
        return (
            not (self._pronounceable(last) and self._pronounceable(word))
            or word.start - last.end > _PAUSE_SECONDS
            or word.end - phrase[0].start > _LONGEST_SECONDS
            or (last.text or "").endswith((".", "?", "!"))
        )

    def _in_sound(
        self,
        phrase: Sequence[Observation],
        pcm: NDArray[np.float32],
        offset: float,
        bounds: tuple[float, float],
    ) -> Sequence[Observation]:
        """Align a phrase with the sound around it, within `bounds` (seconds)."""
        begin = max(phrase[0].start - _LEAD_SECONDS, bounds[0], offset)
        end = min(phrase[-1].end + _TAIL_SECONDS, bounds[1])
        sound = pcm[round((begin - offset) * RATE) : round((end - offset) * RATE)]
        return self._align(phrase, sound, begin)

    def _align(
        self, words: Sequence[Observation], sound: NDArray[np.float32], begin: float
    ) -> Sequence[Observation]:
        spoken = [spelled(word) for word in words]
        if not all(spoken) or not self._pronounceable(words[0]) or len(sound) < RATE // _FRAMES_PER_SECOND:
            return words
        refined: list[Observation] = []
        for word, (start, end) in zip(words, self._found(spoken, sound, begin), strict=False):
            # Whisper often counts the pause after a word to the word: an earlier end says nothing.
            if max(abs(start - word.start), end - word.end) > _FARTHEST_SECONDS:
                return words
            refined.append(replace(word, start=start, end=end, aligned=True))
        return [*refined, *words[len(refined) :]]

    def places(
        self, words: Sequence[Observation], sound: NDArray[np.float32], begin: float
    ) -> list[tuple[float, float]]:
        """Return where in a piece of sound words are said, of which no more is known than that they are.

        Args:
            words: in the order in which they are said; their times do not count.
            sound: 16 kHz mono.
            begin: where that begins, in seconds.

        Returns:
            start and end of each word, in seconds; nothing unless all of them are found.
        """
        spoken = [spelled(word) for word in words]
        if not all(map(self._pronounceable, words)) or len(sound) < RATE // _FRAMES_PER_SECOND:
            return []
        self._decoder.reinit_feat()
        found = self._found(spoken, sound, begin)
        return found if len(found) == len(words) else []

    def _found(
        self, spoken: Sequence[Sequence[str]], sound: NDArray[np.float32], begin: float
    ) -> list[tuple[float, float]]:
        """Start and end of words, each with its parts, until the first that is not found."""
        try:
            self._decoder.set_align_text(" ".join(" ".join(parts) for parts in spoken))
            self._decoder.start_utt()
            self._decoder.process_raw(_samples(sound), full_utt=True)
            self._decoder.end_utt()
        except RuntimeError:
            return []
        found = [piece for piece in self._decoder.seg() or () if not piece.word.startswith(("<", "[", "+"))]
        if len(found) < sum(map(len, spoken)):
            # In noise it loses its way before the end; where it stood then is no border of a word.
            found = found[:-1]
        times = []
        for parts in spoken:
            pieces, found = found[: len(parts)], found[len(parts) :]
            if len(pieces) < len(parts):
                break
            start = begin + pieces[0].start_frame / _FRAMES_PER_SECOND
            times.append((start, begin + (pieces[-1].end_frame + 1) / _FRAMES_PER_SECOND))
        return times

    def _pronounceable(self, word: Observation) -> bool:
        parts = spelled(word)
        return bool(parts) and all(self._known(part) for part in parts)

    def _known(self, word: str) -> bool:
        """Whether the dictionary has the word, or it is a compound of two that it has ("hell" + "hole")."""
        if self._decoder.lookup_word(word):
            return True
        for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
            sounds = [self._decoder.lookup_word(part) for part in (word[:cut], word[cut:])]
            if all(sounds):
                self._decoder.add_word(word, " ".join(sounds), True)
                return True
        return False


def spelled(word: Observation) -> list[str]:
    """A transcript word as the dictionary spells it; "half-assed" is two. Empty for "1999" and the like."""
    text = (word.text or "").lower().replace("\u2019", "'")
    parts = [part.strip("'") for part in re.findall(r"[^\s\-.,!?;:\"()\u201c\u201d\u2026]+", text)]
    return parts if all(re.fullmatch(r"[a-z][a-z']*", part) for part in parts) else []


def _samples(sound: NDArray[np.float32]) -> bytes:
    import numpy as np

    # Digital silence has no logarithm, and the search then fails: a little noise, always the same.
    noise = np.random.default_rng(0).integers(-_DITHER, _DITHER + 1, len(sound))
    return (np.clip(sound, -1, 1) * _FULL_SCALE + noise).astype("<i2").tobytes()
