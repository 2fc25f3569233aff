"""Where hidden words stand in a text, in whatever spelling they have there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from video_censor_personal.captions.markup import Letter
from video_censor_personal.edits.values import HiddenWord
from video_censor_personal.errors import DetectorError
from video_censor_personal.words.captions import plainly_masked
from video_censor_personal.words.lexicon import (
    ALLOW,
    CUSTOM,
    Entry,
    Lexicon,
    built_in_list,
    listed_languages,
    parse_entry,
    read_list,
)
from video_censor_personal.words.spelling import normalise
from video_censor_personal.words.transcript import written_words

_UNWRITTEN = re.compile(r"\s*\[[^\[\]]*\]\s*")
"""What a detector calls a word that a text says is there, but does not write."""
_AROUND = (
    ".,;:?\"'()[]{}\u2026\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u2039\u203a\u00bf\u00a1\u266a"
)
_BEHIND = f"{_AROUND}!"
_BEFORE = f"{_AROUND}!-\u2010\u2011\u2012\u2013\u2014"
_ENDING = re.compile(r"\w(?P<end>['\u2018\u2019\u02bc](?:s|d|m|em|ll|re|ve))\Z", re.IGNORECASE)
_ELIDED = re.compile(r"\A(?P<head>\w{1,7}['\u2018\u2019\u02bc])\w{3,}")
_LEAST_LETTERS = 2
"""Of a word that is looked for as it was found; "f***" shows one, which is in every other word."""
_LEAST_PART = 3
"""Letters of a word that another may be written with as one."""
_MOST_KEPT = 4096
_MOST_SETS = 64

Range = tuple[int, int]
"""The first and the last, both included, of the letters of a word."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A word that is looked for, whenever it was said: as it was found, and its entry in a list."""

    text: str
    entry: str

    @classmethod
    def of(cls, word: HiddenWord) -> Wanted | None:
        """Return what to look for; None for a word of which nobody knows which it is."""
        if _UNWRITTEN.fullmatch(word.text):
            return None
        return cls(" ".join(normalise(word.text).split()), word.entry.strip())


@dataclass(frozen=True, slots=True)
class _Search:
    """What finds one word: as whole words of the languages that list it, and, for a phrase, parts of it.

    `heads` and `tails` find what begins at the end of a text, and what ends at the beginning of one. All
    their `entries` are told, too.
    """

    entries: tuple[Entry, ...]
    whole: tuple[Lexicon, ...]
    heads: tuple[Lexicon, ...]
    tails: tuple[Lexicon, ...]


def find(wanted: Wanted, seen: Sequence[Letter], language: str | None = None) -> tuple[range, ...]:
    """Return where a word stands among the letters of a text.

    Case, accents, endings, drawn-out letters, hyphens, masks and line breaks do not matter. Of a phrase that
    goes on from one text to the next, the part that is here is found.

    Args:
        wanted: the word.
        seen: the letters.
        language: of the text (`language_code`).
    """
    spelled = _Spelled(seen)
    search = _search(wanted, language)
    found = {each for lexicon in search.whole for each in spelled.matches(lexicon)}
    found.update(spelled.verbatim(wanted.text))
    if not found:
        heads = (each for lexicon in search.heads for each in spelled.matches(lexicon))
        tails = (each for lexicon in search.tails for each in spelled.matches(lexicon))
        found.update(each for each in heads if spelled.is_last(each))
        found.update(each for each in tails if spelled.is_first(each))
    return tuple(spelled.trimmed(each) for each in sorted(found))


def stands_any(wanted: tuple[Wanted, ...], seen: Sequence[Letter], language: str | None = None) -> bool:
    """Whether any of several words may stand among the letters of a text: True in doubt, and soon known."""
    if not wanted:
        return False
    spelled = _Spelled(seen)
    lexicon, pattern = _together(wanted, language)
    is_written = pattern is not None and pattern.search(spelled.plain) is not None
    return is_written or next(spelled.matches(lexicon), None) is not None


@lru_cache(maxsize=_MOST_KEPT)
def as_written(text: str) -> re.Pattern[str] | None:
    """Return what finds the words of a normalised text as they are; None where that would be too much."""
    parts = re.findall(r"\w+", text)
    if sum(map(len, parts)) < _LEAST_LETTERS:
        return None
    words = r"\W+".join(map(re.escape, parts))
    return re.compile(rf"(?<!\w){words}(?!\w)")


class _Spelled:
    """The letters of a text, each a piece of a transcript, with which of them go on with the one before."""

    def __init__(self, seen: Sequence[Letter]) -> None:
        plain = plainly_masked("".join(each.text[0] for each in seen))
        self._texts = [
            mask + each.text[1:] if mask == "*" else each.text for mask, each in zip(plain, seen, strict=True)
        ]
        self._places: list[int] = []
        self._joined: set[int] = set()
        for at, each in enumerate(seen):
            if each.is_space:
                continue
            if self._places and (self._places[-1] == at - 1 or self._is_broken(at)):
                self._joined.add(len(self._places))
            self._places.append(at)

    @property
    def plain(self) -> str:
        """The text in the form in which words are compared."""
        return "".join(map(normalise, self._texts))

    def matches(self, lexicon: Lexicon) -> Iterator[Range]:
        """Yield where an entry of a list stands, as places among the letters."""
        for match in lexicon.find([self._texts[at] for at in self._places], self._joined):
            yield self._places[match.first], self._places[match.last]

    def verbatim(self, text: str) -> Iterator[Range]:
        """Yield where the words of a text stand as they are, whatever is between them."""
        pattern = as_written(text)
        if pattern is None:
            return
        origins = [at for at, each in enumerate(self._texts) for _ in normalise(each)]
        for match in pattern.finditer(self.plain):
            yield origins[match.start()], origins[match.end() - 1]

    def is_first(self, found: Range) -> bool:
        """Whether no word stands before."""
        return not any(map(str.isalnum, "".join(self._texts[: found[0]])))

    def is_last(self, found: Range) -> bool:
        """Whether no word stands behind."""
        return not any(map(str.isalnum, "".join(self._texts[found[1] + 1 :])))

    def trimmed(self, found: Range) -> range:
        """Return a word without the punctuation around it, and what is joined to it by an apostrophe."""
        first, last = found
        while first < last and self._texts[first] in _BEFORE:
            first += 1
        while last > first and self._texts[last] in _BEHIND:
            last -= 1
        text = "".join(each[0] for each in self._texts[first : last + 1])
        if ending := _ENDING.search(text):
            last -= len(ending["end"])
        elif elided := _ELIDED.match(text):
            first += len(elided["head"])
        return range(first, last + 1)

    def _is_broken(self, at: int) -> bool:
        """Whether a word goes on in the next line, behind a hyphen."""
        before = self._places[-1]
        between = self._texts[before + 1 : at]
        return (
            self._texts[before] == "-"
            and before > 0
            and self._texts[before - 1].isalnum()
            and self._texts[at].isalnum()
            and "\n" in between
        )


@lru_cache(maxsize=_MOST_KEPT)
def _search(wanted: Wanted, language: str | None) -> _Search:
    """Return what finds a word in texts of a language."""
    listed = [
        ([each for each in entries if each.text == wanted.entry], allowed, listed_in)
        for listed_in, entries, allowed in _lists()
    ]
    lexicons = [Lexicon(entries, allowed, (), spoken) for entries, allowed, spoken in listed if entries]
    own = _own_entry(wanted.entry, language) if wanted.entry and not lexicons else None
    words = [part.text for word in written_words(wanted.text.split()) for part in word.parts()]
    literal = [own] if own is not None else []
    is_telling = sum(map(len, words)) >= _LEAST_LETTERS
    if is_telling:
        literal += map(_entry, [words, *_run_together(words)])
    parts = range(1, len(words)) if is_telling else range(0)
    heads, tails = ([_entry(words[:at]) for at in parts], [_entry(words[at:]) for at in parts])
    known = (each for entries, _, _ in listed for each in entries)
    return _Search(
        (*known, *literal, *heads, *tails),
        (*lexicons, *_lexicons(literal, language)),
        _lexicons(heads, language),
        _lexicons(tails, language),
    )


def _lexicons(entries: Sequence[Entry], language: str | None) -> tuple[Lexicon, ...]:
    return (Lexicon(entries, (), (), language or "en"),) if entries else ()


@lru_cache(maxsize=_MOST_SETS)
def _together(wanted: tuple[Wanted, ...], language: str | None) -> tuple[Lexicon, re.Pattern[str] | None]:
    """Return what finds any of several words, and no less than the search for each does."""
    entries = dict.fromkeys(entry for each in wanted for entry in _search(each, language).entries)
    patterns = [pattern.pattern for each in wanted if (pattern := as_written(each.text)) is not None]
    # In English, accents are never letters of their own.
    return Lexicon(tuple(entries), (), ()), re.compile("|".join(patterns)) if patterns else None


def _run_together(words: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield how else words that sound alike are written: "dumb ass" as "dumbass", and the reverse."""
    if len(words) > 1:
        yield ["".join(words)]
    for word in words if len(words) == 1 else ():
        yield from ([word[:at], word[at:]] for at in range(_LEAST_PART, len(word) - _LEAST_PART + 1))


def _entry(words: Sequence[str]) -> Entry:
    return Entry(" ".join(words), CUSTOM, tuple(frozenset({word}) for word in words))


def _own_entry(text: str, language: str | None) -> Entry | None:
    """Return an entry of a user's list, with its usual endings; None for a name that is none."""
    is_plain = "*" not in text and not text.startswith("re:")
    try:
        return parse_entry(f"{text}+" if is_plain else text, CUSTOM, language=language or "en")
    except DetectorError:
        return None


@lru_cache(maxsize=1)
def _lists() -> tuple[tuple[str, tuple[Entry, ...], tuple[Entry, ...]], ...]:
    """Return the built-in lists: the language of each, what counts, and what is protected."""
    found = []
    for language in listed_languages():
        path = built_in_list(language)
        entries = read_list(path, language) if path is not None else []
        counted = tuple(each for each in entries if each.tier != ALLOW)
        found.append((language, counted, tuple(each for each in entries if each.tier == ALLOW)))
    return tuple(found)
