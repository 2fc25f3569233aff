"""Which words of a cue are hidden: those that are hidden in the sound around it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from video_censor_personal.captions.finding import Wanted, find, stands_any
from video_censor_personal.captions.markup import Form, Letter, Replacement, letters, masking
from video_censor_personal.config.values import SubtitleRemediation
from video_censor_personal.edits.values import HiddenWord
from video_censor_personal.media.encodings import ExactText

MARGIN = 2.0
"""Seconds between a cue and a word that may be said in it: texts are shown early, late, and too long."""

_PLAIN_MASK = "****"


@dataclass(frozen=True, slots=True)
class Texts:
    """What is hidden in all texts of a film, and how.

    `read` are the tracks, by their numbers, and the files, by their names, that a detector has read.
    """

    words: tuple[HiddenWord, ...] = ()
    spared: tuple[HiddenWord, ...] = ()
    style: SubtitleRemediation = field(default_factory=SubtitleRemediation)
    read: frozenset[int | str] = frozenset()

    @property
    def is_edited(self) -> bool:
        """Whether anything may have to be hidden."""
        return bool(self.words) and self.style.mode != "leave"

    def of(self, name: int | str, language: str | None) -> CueEditor:
        """Return what edits one text, a track or a file, of a language (`language_code`)."""
        return CueEditor(self, language, is_read=name in self.read)


@dataclass(frozen=True, slots=True)
class Edited:
    """A cue in which words were found: it is dropped, or its text is replaced in part."""

    is_dropped: bool
    replacements: tuple[Replacement, ...] = ()


def fitting(replacements: Iterable[Replacement], text: ExactText) -> tuple[Replacement, ...]:
    """Return replacements with a plain mask where a text's encoding does not have the one that is wanted."""
    return tuple(each if text.holds(each.text) else replace(each, text=_PLAIN_MASK) for each in replacements)


class CueEditor:
    """Says what becomes of the cues of one text.

    A word is hidden in each cue near the moment at which it is said. A text that a detector read may be shown
    at any other time: there, a word is also hidden wherever else it stands, unless it was found near by and
    stays.
    """

    def __init__(self, texts: Texts, language: str | None, *, is_read: bool) -> None:
        self._style = texts.style
        self._language = language
        self._hidden = _Nearby(texts.words)
        self._spared = _Nearby(texts.spared)
        self._everywhere = self._hidden.all if is_read else ()

    def edited(self, start: float, end: float, written: str, form: Form = "plain") -> Edited | None:
        """Return what becomes of a cue; None where it stays as it is.

        Args:
            start: when it is shown, in seconds of the film.
            end: until when.
            written: its text, with all markup.
            form: of the markup.
        """
        near = self._hidden.near(start, end)
        if not near and not self._everywhere:
            return None
        seen = letters(written, form)
        if not stands_any(self._everywhere or near, seen, self._language):
            return None
        found = self._found(near, seen)
        if others := self._found((each for each in self._everywhere if each not in near), seen):
            spared = self._found(self._spared.near(start, end), seen)
            taken = {at for each in spared for at in each}
            found += tuple(each for each in others if taken.isdisjoint(each))
        if not found:
            return None
        if self._style.mode == "drop":
            return Edited(is_dropped=True)
        return Edited(is_dropped=False, replacements=masking(seen, found, self._style.mask))

    def is_near(self, start: float, end: float) -> bool:
        """Whether a word is said near a cue, whatever that says."""
        return bool(self._hidden.near(start, end))

    def _found(self, words: Iterable[Wanted], seen: Sequence[Letter]) -> tuple[range, ...]:
        return tuple(at for word in words for at in find(word, seen, self._language))


class _Nearby:
    """Words by the time at which they are said."""

    def __init__(self, words: Iterable[HiddenWord]) -> None:
        found = [(word, wanted) for word in words if (wanted := Wanted.of(word)) is not None]
        self._words = sorted(found, key=lambda each: each[0].start)
        self._starts = [word.start for word, _ in self._words]
        self._longest = max((word.end - word.start for word, _ in found), default=0.0)
        self.all = tuple(dict.fromkeys(wanted for _, wanted in self._words))

    def near(self, start: float, end: float) -> tuple[Wanted, ...]:
        """Return the words that are said near a span, each once."""
        first = bisect_left(self._starts, start - MARGIN - self._longest)
        last = bisect_left(self._starts, end + MARGIN)
        near = (
            wanted
            for word, wanted in self._words[first:last]
            if word.end >= start - MARGIN and word.start <= end + MARGIN
        )
        return tuple(dict.fromkeys(near))
