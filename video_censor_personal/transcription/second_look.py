"""A second look at words that sound like a swear: both readings of the same sound, scored by the recogniser.

Where it wrote "sheet", it may have heard "shit", and the other way round. Its own decoder tells how likely
either is, given the sound and the words around. What the recognition found in that sound is used again,
and only the seconds around a word are looked at, so that a reading costs about a hundredth of a second.
English only: PocketSphinx brings the pronunciations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from itertools import chain, product
from math import exp, log
from typing import TYPE_CHECKING, Any

from video_censor_personal.findings.observations import Observation
from video_censor_personal.transcription.align import Aligner, spelled
from video_censor_personal.transcription.sounds import Inventory
from video_censor_personal.words.lexicon import TIERS, Entry, built_in_list, read_list

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INSTEAD = "instead"
"""Labels the observation of another reading: `text` may be what was said there, in place of the words that
have its times. Its score is its share of the probability of both."""
LEAST_SHARE = 0.02
"""Of a reading that is kept."""
SURELY_HEARD = 0.9
"""A word of at least this probability has no other reading worth the cost."""
_LONGEST_SWAP = 2
"""Words that one swear may have been taken for: "dumb best"."""
_AROUND = 8
"""Words on either side that a reading is judged with."""
_JUDGED_AFTER = 3
"""Words after it whose probability counts: what was said decides how the sentence goes on."""
_TOO_LIKELY = 0.5
_MOST_DIFFERENT = 50.0
_MARGIN = 0.3
"""Seconds of sound around these."""
_FARTHEST = 1.3
_FARTHEST_SHARE, _FARTHEST_LEAST = 0.34, 0.3
"""How unlike a reading may sound: so much for each phone, and so much in any case."""
_MOST_NEIGHBOURS = 6
"""Clean words that a swear may have been taken for."""
_NEIGHBOURS_WITHIN = 1.0
_ENCODED_RATE = 50
"""Encoded frames a second."""
_FRAMES = 2
"""Frames of the spectrogram in an encoded one."""
_LEAST_PROBABILITY = 1e-9
_REMEMBERED = 16384
"""Words of which the sound is."""
_LISTENED_TIERS = tuple(tier for tier in TIERS if tier != "religious")


@dataclass(frozen=True, slots=True)
class Reading:
    """Words `first` to `last` (both included) may be `text`; `share` is its part of the probability."""

    first: int
    last: int
    text: str
    share: float

    def moved(self, by: int) -> Reading:
        """Return it for words that stand so many places further on."""
        return replace(self, first=self.first + by, last=self.last + by)


@dataclass(frozen=True, slots=True, eq=False)
class HalfMinute:
    """Words as they were written, and what the recogniser made of the half minute of sound they are in.

    `encoded` begins at `begin` seconds; it is one batch of frames, each of them 0.02 s long. It is None where
    nobody is going to look at it again.
    """

    words: Sequence[Observation]
    encoded: NDArray[np.float32] | None
    begin: float


@dataclass(frozen=True, slots=True)
class _Place:
    """A word or two that may be something else."""

    first: int
    last: int
    alternatives: tuple[str, ...]

    def moved(self, by: int) -> _Place:
        """Return it among words of which so many more come before."""
        return replace(self, first=self.first + by, last=self.last + by)


def listened_for(own: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the words that get a second look: the single words of the English list, and the user's own."""
    return _with(tuple(own))


@lru_cache(maxsize=8)
def _with(own: tuple[str, ...]) -> tuple[str, ...]:
    """The same for each film, and asked for each film."""
    return tuple(sorted(_listed().union(word.strip().lower() for word in own)))


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    path = built_in_list("en")
    entries = [] if path is None else read_list(path)
    return frozenset(
        word
        for entry in entries
        if entry.tier in _LISTENED_TIERS and len(entry.elements) == 1
        for word in _forms(entry)
    )


def _forms(entry: Entry) -> frozenset[str]:
    first = entry.elements[0]
    return first if isinstance(first, frozenset) else frozenset()


class SecondLook:
    """Scores other readings of what a Whisper model wrote."""

    def __init__(self, model: Any, swears: Iterable[str], sounds: Aligner) -> None:
        """Prepare for a model.

        Args:
            model: of faster-whisper; what it makes of sound is taken note of from now on.
            swears: what is listened for.
            sounds: tells how words are pronounced.
        """
        from faster_whisper.tokenizer import Tokenizer

        self._model = model
        self._encode = model.encode
        self._encoded: Any = None
        model.encode = self._encoding
        self._tokenizer = Tokenizer(
            model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language="en"
        )
        self._pronounce = lru_cache(maxsize=_REMEMBERED)(sounds.pronunciations)
        self._swears = {word: sounds.learned(word) for word in swears}
        self._inventory = Inventory((word, way) for word, ways in self._swears.items() for way in ways)
        self._near_sound = lru_cache(maxsize=_REMEMBERED)(self._inventory.near)
        self._common: Inventory | None = None
        self._neighbours: dict[str, tuple[str, ...]] = {}

    def encoded(self) -> NDArray[np.float32]:
        """Return what the model made of the sound that it encoded last."""
        import ctranslate2
        import numpy as np

        return np.array(self._encoded.to_device(ctranslate2.Device.cpu))

    def _encoding(self, features: Any) -> Any:
        self._encoded = self._encode(features)
        return self._encoded

    def readings(self, spoken: HalfMinute) -> Iterator[Reading]:
        """Yield the other readings that are not far less likely than what was written."""
        if spoken.encoded is None:
            return
        for place in self._places(spoken.words):
            yield from self._scored(spoken.words, spoken.encoded, spoken.begin, place)

    def _places(self, words: Sequence[Observation]) -> Iterator[_Place]:
        parts = [spelled(word) for word in words]
        for first in range(len(words)):
            for last in range(first, min(first + _LONGEST_SWAP, len(words))):
                inside = words[first : last + 1]
                if min(word.score for word in inside) >= SURELY_HEARD or _cut(words, first, last):
                    continue
                written = [part for each in parts[first : last + 1] for part in each]
                if not all(parts[first : last + 1]):
                    continue
                if any(part in self._swears for part in written):
                    found = self._clean_words(written[0]) if len(written) == 1 else ()
                else:
                    found = tuple(sorted(self._near(tuple(written))))
                if found:
                    yield _Place(first, last, found)

    def _near(self, written: tuple[str, ...]) -> set[str]:
        """The swears that some words sound like."""
        found: set[str] = set()
        for pieces in product(*map(self._pronounce, written)):
            phones = tuple(phone for piece in pieces for phone in piece)
            limit = min(_FARTHEST, _FARTHEST_SHARE * len(phones) + _FARTHEST_LEAST)
            found.update(self._near_sound(phones, limit))
        return found

    def _clean_words(self, swear: str) -> tuple[str, ...]:
        """The common words that a swear sounds like."""
        if swear not in self._neighbours:
            if self._common is None:
                self._common = self._common_words()
            found: dict[str, float] = {}
            for phones in self._swears[swear]:
                found |= self._common.near(phones, _NEIGHBOURS_WITHIN)
            nearest = sorted(found, key=lambda word: (found[word], self._token_of(word)))
            self._neighbours[swear] = tuple(nearest[:_MOST_NEIGHBOURS])
        return self._neighbours[swear]

    def _common_words(self) -> Inventory:
        """The words that the model writes as one token, which only common ones are."""
        return Inventory(
            (word, phones)
            for token in self._model.hf_tokenizer.get_vocab()
            if re.fullmatch("Ġ[a-z]{2,}", token) and (word := token[1:]) not in self._swears
            for phones in self._pronounce(word)
        )

    def _token_of(self, word: str) -> int:
        """The number of its token; the commoner a word, the lower."""
        return int(self._tokenizer.encode(f" {word}")[0])

    def _scored(
        self, words: Sequence[Observation], encoded: NDArray[np.float32], begin: float, place: _Place
    ) -> Iterator[Reading]:
        low, high = max(0, place.first - _AROUND), min(len(words), place.last + 1 + _AROUND)
        first = max(0, int((words[low].start - _MARGIN - begin) * _ENCODED_RATE))
        last = int((words[high - 1].end + _MARGIN - begin) * _ENCODED_RATE)
        nearby = encoded[:, first : max(last, first + 1)]
        shares = self._shares(words[low:high], nearby, place.moved(-low))
        if likely := tuple(text for text, share in shares.items() if share > _TOO_LIKELY):
            # The recogniser heard more than these seconds when it decided for the other: it is asked again.
            shares |= self._shares(words, encoded, replace(place, alternatives=likely))
        for text, share in shares.items():
            if share >= LEAST_SHARE:
                yield Reading(place.first, place.last, text, share)

    def _shares(
        self, words: Sequence[Observation], encoded: NDArray[np.float32], place: _Place
    ) -> dict[str, float]:
        """What each alternative has of the probability of itself and of what was written."""
        there = _text(words[place.first : place.last + 1])
        written, *others = self._log_likelihoods(
            _text(words[: place.first]),
            [there, *(_dressed(text, there) for text in place.alternatives)],
            [_text([word]) for word in words[place.last + 1 :]],
            encoded,
        )
        return {
            text: 1 / (1 + exp(min(written - other, _MOST_DIFFERENT)))
            for text, other in zip(place.alternatives, others, strict=True)
        }

    def _log_likelihoods(
        self, before: str, texts: Sequence[str], after: Sequence[str], encoded: NDArray[np.float32]
    ) -> list[float]:
        """How likely each text is in its place, and with it the first words after it."""
        import ctranslate2
        import numpy as np

        encode = self._tokenizer.encode
        earlier, later = encode(before), [encode(word) for word in after]
        nearby = sum(map(len, later[:_JUDGED_AFTER]))
        middles = [encode(text) for text in texts]
        results = self._model.model.align(
            ctranslate2.StorageView.from_array(np.repeat(encoded, len(texts), axis=0)),
            self._tokenizer.sot_sequence,
            [[*earlier, *middle, *chain.from_iterable(later)] for middle in middles],
            encoded.shape[1] * _FRAMES,
        )
        return [
            sum(
                log(max(probability, _LEAST_PROBABILITY))
                for probability in result.text_token_probs[len(earlier) :][: len(middle) + nearby]
            )
            for middle, result in zip(middles, results, strict=True)
        ]


def digest(words: Iterable[str]) -> str | None:
    """Return what stands for the words in a key; None for none."""
    text = "\n".join(words)
    return sha256(text.encode()).hexdigest() if text else None


def placed(reading: Reading, words: Sequence[Observation]) -> Observation:
    """Return the observation of a reading, with the times of the words that it may stand for."""
    first, last = words[reading.first], words[reading.last]
    return Observation(
        start=first.start,
        end=max(first.end, last.end),
        label=INSTEAD,
        score=reading.share,
        text=reading.text,
        aligned=first.aligned and last.aligned,
    )


def _cut(words: Sequence[Observation], first: int, last: int) -> bool:
    """Whether a word there is only a part of one that was written."""
    return any(word.joined for word in words[first : last + 2])


def _text(words: Sequence[Observation]) -> str:
    return "".join(f"{'' if word.joined else ' '}{word.text}" for word in words)


def _dressed(text: str, there: str) -> str:
    """The other reading with the capital letter and the punctuation of what was written."""
    core = there.strip()
    tail = re.search(r"\W*$", core)
    capital = text[:1].upper() + text[1:] if core[:1].isupper() else text
    return f" {capital}{tail[0] if tail else ''}"
