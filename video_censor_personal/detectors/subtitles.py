"""Words that subtitles say are spoken: the word list decides which count, the sound where they are said."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_censor_personal.detectors.base import Judgement, NearbySound, Parameter, TextDetector
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.detectors.speech import margin_of
from video_censor_personal.findings.certainty import Certainty
from video_censor_personal.findings.observations import Hit, Observation
from video_censor_personal.transcription.align import Aligner
from video_censor_personal.transcription.placing import CueWords, Place, place
from video_censor_personal.words.captions import BLEEP, OATHS, spoken
from video_censor_personal.words.lexicon import TIERS, assemble, built_in_list, no_list
from video_censor_personal.words.spelling import Mask, normalise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from video_censor_personal.media.subtitles import Cue

CUE = "cue"
"""The label of what one cue says, from when to when it is shown."""
FOUND = "word"
"""The label of a word of the cue before it that was found in the sound."""
_BEFORE, _AFTER = 0.4, 0.5
"""Seconds of sound around a cue in which its words may be said."""
_LONGEST = 12.0
"""Seconds of a cue that is aligned."""
_APART = 2.0
"""Seconds between two cues of which the second does not go on with what the first says."""
_NEAR = 10.0
"""Seconds within which another cue, or a word that was heard, tells something of a cue."""
_WRITTEN, _MASKED = 1.0, 0.9
"""Scores of a word that is written out, and of one that is not."""


class SubtitlesDetector(TextDetector):
    """Every cue becomes an observation; so does every word of it that is found in the sound.

    A word is hidden where the speech that was heard says that it is: as that very word, or as what was heard
    between its neighbours. Else it is where the aligner found it, else anywhere in its share of the cue. A
    word that was clearly heard as another is hidden as well: a text may soften what is said, and hardly ever
    adds to it; and what somebody wrote down is not called clean because a machine heard otherwise.
    """

    type_name = "subtitles"
    version = "1"
    needs_model = False
    default_categories = ("Profanity",)
    schema = (
        Parameter("language", "language", "en", "infer"),
        Parameter("tracks", "text", "language", "decide", choices=("language", "all")),
        Parameter("align", "boolean", True, "infer"),
        Parameter("threshold", "number", 0.0, "decide", minimum=0.0, maximum=1.0),
        Parameter("tiers", "text-list", ("mild", "strong", "slur"), "decide", choices=TIERS),
        Parameter("words", "text-list", (), "decide"),
        Parameter("word_file", "path", None, "decide"),
        Parameter("allow", "text-list", (), "decide"),
    )
    _aligner: Aligner | None = None

    @classmethod
    def misconfigured(cls, parameters: Mapping[str, Any]) -> str | None:
        """Say so where there is no list of words for the language."""
        language = parameters["language"]
        has_words = parameters["words"] or parameters["word_file"] or built_in_list(language)
        return None if has_words else no_list(language)

    @property
    def wants_sound(self) -> bool:
        """Where the words can be aligned with it."""
        return bool(self.parameters["align"]) and self.parameters["language"] == "en"

    def open(self, model: InstalledModel | None) -> None:
        """Load the aligner, where it knows the language."""
        if self.wants_sound:
            self._aligner = Aligner()

    def close(self) -> None:
        """Free the aligner."""
        self._aligner = None

    def observe(self, cues: Sequence[Cue], sound: NearbySound | None, after: float) -> Iterator[Observation]:
        """One observation for what is said in a cue, then one for each of its words, if all were found."""
        said = spoken([cue.text for cue in cues])
        lines = [(cue, text) for cue, text in zip(cues, said, strict=True) if text]
        for number, (cue, text) in enumerate(lines):
            if cue.start < after:
                continue
            yield Observation(cue.start, cue.end, CUE, _WRITTEN, text)
            if sound is not None and self._aligner is not None and cue.end - cue.start <= _LONGEST:
                # In the sound around it, but for what is said in other lines.
                begin = max(
                    [cue.start - _BEFORE, *(each.end for each, _ in lines[max(number - 1, 0) : number])]
                )
                end = min([cue.end + _AFTER, *(each.start for each, _ in lines[number + 1 : number + 2])])
                pcm, begin = sound.between(min(begin, cue.start), max(end, cue.end))
                yield from self._found(self._aligner, text, pcm, begin)

    @staticmethod
    def _found(aligner: Aligner, text: str, pcm: NDArray[np.float32], begin: float) -> Iterator[Observation]:
        words = [Observation(begin, begin, FOUND, _WRITTEN, word) for word in text.split()]
        for word, (start, end) in zip(words, aligner.places(words, pcm, begin), strict=False):
            yield replace(word, start=start, end=end, aligned=True)

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """A hit for each word or phrase on the list, and for each that is not written out.

        Raises DetectorError when the user's word list cannot be read.
        """
        parameters = judgement.parameters
        word_file = parameters["word_file"]
        lexicon = assemble(
            tiers=tuple(parameters["tiers"]),
            words=tuple(parameters["words"]),
            word_file=None if word_file is None else Path(word_file),
            allow=tuple(parameters["allow"]),
            language=parameters["language"],
        )
        cues = _cues(observations)
        places = _Places(cues, judgement.heard)
        for passage in _passages(cues):
            words = [(word, number, at) for number in passage for at, word in enumerate(cues[number].words)]
            for match in lexicon.find([word for word, _, _ in words]):
                said = [word for word, _, _ in words[match.first : match.last + 1]]
                is_masked = any(Mask.of(normalise(word)) for word in said)
                yield from _hits(
                    judgement,
                    (places.of(*words[match.first][1:]), places.of(*words[match.last][1:])),
                    _Finding(match.entry, " ".join(said), f"on the word list ({match.tier})", is_masked),
                )
            for word, number, at in words:
                if BLEEP in word or OATHS in word:
                    there = places.of(number, at)
                    yield from _hits(judgement, (there, there), _UNWRITTEN if BLEEP in word else _CURSES)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What was found in a text: its name, the words as written, why it counts, whether it is masked."""

    label: str
    said: str
    why: str
    is_masked: bool = True
    certainty: Certainty = "sure"


_UNWRITTEN = _Finding("bleep", "[bleep]", "a word that is not written out")
_CURSES = _Finding("curses", "[curses]", "said to be swearing, whatever it is", certainty="doubtful")


def _hits(judgement: Judgement, places: tuple[Place, Place], found: _Finding) -> Iterator[Hit]:
    score = _MASKED if found.is_masked else _WRITTEN
    if score < judgement.parameters["threshold"]:
        return
    first, last = places
    before = margin_of(first.heard) if first.heard else first.margin
    after = margin_of(last.heard) if last.heard else last.margin
    for category in judgement.categories:
        yield Hit(
            start=min(first.start, last.start),
            end=max(first.end, last.end),
            category=category,
            label=found.label,
            score=score,
            detector=judgement.detector,
            reason=f"'{found.said}' in {judgement.source or 'the subtitles'} is {found.why}, {first.how}",
            text=found.said,
            margin=(before[0], after[1]),
            certainty=found.certainty,
        )


def _cues(observations: Iterable[Observation]) -> list[CueWords]:
    """The cues, each with where its words were found."""
    cues: list[CueWords] = []
    found: list[list[tuple[float, float]]] = []
    for seen in observations:
        if seen.label == CUE:
            cues.append(CueWords(seen.start, seen.end, tuple((seen.text or "").split())))
            found.append([])
        elif seen.label == FOUND and found:
            found[-1].append((seen.start, seen.end))
    return [
        replace(cue, aligned=tuple(spans)) if len(spans) == len(cue.words) else cue
        for cue, spans in zip(cues, found, strict=True)
    ]


def _passages(cues: Sequence[CueWords]) -> Iterator[range]:
    """The numbers of cues that follow each other so closely that a phrase may go on from one to the next."""
    first = 0
    for number in range(1, len(cues) + 1):
        if number == len(cues) or cues[number].start - cues[number - 1].end > _APART:
            yield range(first, number)
            first = number


class _Places:
    """Where the words of cues are said, worked out for those cues of which somebody asks."""

    def __init__(self, cues: Sequence[CueWords], heard: Sequence[Observation]) -> None:
        self._cues = cues
        self._heard = heard
        self._starts = [word.start for word in heard]
        self._known: dict[int, list[Place]] = {}

    def of(self, number: int, at: int) -> Place:
        """Return where word `at` of a cue is."""
        if number not in self._known:
            near = [
                each
                for each in range(max(number - 1, 0), min(number + 2, len(self._cues)))
                if abs(self._cues[each].start - self._cues[number].start) < _NEAR
            ]
            cues = [self._cues[each] for each in near]
            first = bisect_left(self._starts, min(cue.start for cue in cues) - _NEAR)
            last = bisect_left(self._starts, max(cue.end for cue in cues) + _NEAR)
            self._known[number] = place(cues, self._heard[first:last], near.index(number))
        return self._known[number][at]
