"""Word lists, and finding their entries in a transcript. `words/en.txt` shows the notation."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from video_censor_personal.errors import DetectorError
from video_censor_personal.words.endings import forms, spellings
from video_censor_personal.words.spelling import Mask, normalise, readings, unaccented
from video_censor_personal.words.transcript import Word, written_words

WORDS = Path(__file__).parent
"""The folder of the built-in lists, each named by its language."""
TIERS = ("religious", "mild", "strong", "slur")
CUSTOM = "custom"
ALLOW = "allow"

_PARTING = re.compile(r"[\s\-_/]+")

Element = frozenset[str] | re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list; `elements` has the allowed forms of each of its words."""

    text: str
    tier: str
    elements: tuple[Element, ...]

    @property
    def exact(self) -> bool:
        """Whether it is made of whole words only, without * or a regular expression."""
        return all(isinstance(element, frozenset) for element in self.elements)


@dataclass(frozen=True, slots=True)
class Match:
    """Words `first` to `last` (both included) of the transcript are an entry of a tier."""

    first: int
    last: int
    entry: str
    tier: str


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    stop: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class _Heard:
    """A word of the transcript: what it may be meant as, and which of the texts it came from."""

    readings: tuple[str, ...]
    first: int
    last: int


@dataclass(slots=True)
class _Line:
    """The words of a transcript, and the runs of them, start to stop, that are one word with hyphens."""

    words: list[_Heard] = field(default_factory=list)
    compounds: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Index:
    """Entries by their first word, worked out once for each distinct word."""

    entries: Sequence[Entry]
    _starting: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    _exact: dict[str, list[Entry]] = field(default_factory=dict)
    _patterns: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        for entry in self.entries:
            head = entry.elements[0]
            if isinstance(head, frozenset):
                for word in head:
                    self._exact.setdefault(word, []).append(entry)
            else:
                self._patterns.append(entry)

    def spans(self, words: Sequence[_Heard]) -> Iterator[_Span]:
        """Every place where an entry stands."""
        for start, word in enumerate(words):
            for entry in self.starting(word):
                stop = start + len(entry.elements)
                if stop <= len(words) and all(map(_matches, entry.elements[1:], words[start + 1 : stop])):
                    yield _Span(start, stop, entry)

    def starting(self, word: _Heard) -> Iterator[Entry]:
        """The entries that begin with the word."""
        for reading in word.readings:
            if reading not in self._starting:
                patterns = (entry for entry in self._patterns if _fits(entry.elements[0], reading))
                self._starting[reading] = (*self._exact.get(reading, ()), *patterns)
            yield from self._starting[reading]

    def single(self, word: str) -> list[Entry]:
        """The entries that are this single word."""
        return [entry for entry in self.starting(_Heard((word,), 0, 0)) if len(entry.elements) == 1]


class Lexicon:
    """What counts (`entries`), and what protects words from counting.

    `allowed` is the built-in protection: a whole word that the user added beats it. `user_allowed` is
    the user's own protection, which beats everything not longer than it. `language` is that of the texts.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        allowed: Sequence[Entry],
        user_allowed: Sequence[Entry],
        language: str = "en",
    ) -> None:
        self._language = language
        entries = [entry for entry in entries if entry.tier != ALLOW]
        self._wanted = _Index(entries)
        # The user's words may be of another language, where an accent makes another word.
        self._built_in = _Index([entry for entry in entries if entry.tier != CUSTOM])
        self._allowed = _Index(allowed)
        self._user_allowed = _Index(user_allowed)
        heads = [element for entry in entries for element in entry.elements]
        self._whole = frozenset().union(*(head for head in heads if isinstance(head, frozenset)))
        cores = [entry.text.strip("*") for entry in entries if len(entry.elements) == 1 and not entry.exact]
        self._cores = [core for core in cores if core.isalpha()]
        self._unmasked: dict[str, tuple[str, ...]] = {}

    def find(self, texts: Sequence[str], joined: Collection[int] = ()) -> Iterator[Match]:
        """The longest matches among transcript words, in order; none lies within another.

        Args:
            texts: as they were written.
            joined: positions of those that continue the word before.
        """
        line = self._line(written_words(texts, joined))
        spans = [*self._wanted.spans(line.words), *self._compounds(line)]
        allowed, user_allowed = (
            self._protected(self._allowed, line),
            self._protected(self._user_allowed, line),
        )
        spans = [span for span in spans if not _is_protected(span, allowed, user_allowed)]
        reached = 0
        for span in sorted(spans, key=lambda span: (span.start, -span.stop)):
            if span.stop > reached:
                reached = span.stop
                first, last = line.words[span.start].first, line.words[span.stop - 1].last
                yield Match(first, last, span.entry.text, span.entry.tier)

    def _line(self, written: Iterator[Word]) -> _Line:
        line = _Line()
        for word in written:
            start = len(line.words)
            if hidden := self._hidden(word.text):
                line.words.append(_Heard(hidden, word.first, word.last))
            else:
                for piece in word.pieces():
                    line.words += self._piece(piece)
                if whole := word.without_hyphens():
                    line.compounds.append((start, len(line.words), whole))
        return line

    def _piece(self, piece: Word) -> list[_Heard]:
        if hidden := self._hidden(piece.text):
            return [_Heard(hidden, piece.first, piece.last)]
        return [_Heard(self._readings(part.text), part.first, part.last) for part in piece.parts()]

    def _readings(self, word: str) -> tuple[str, ...]:
        found = readings(word)
        if len(found) > 1 and (innocent := [each for each in found[1:] if self._allowed.single(each)]):
            # "Goood" is "good", though "god" is on the list.
            return (word, *innocent)
        bare = (unaccented(each, self._language) for each in found)
        return (*found, *(each for each in bare if each not in found and self._built_in.single(each)))

    def _hidden(self, text: str) -> tuple[str, ...]:
        """The listed words that a masked one may be."""
        if text not in self._unmasked:
            mask = Mask.of(text)
            found: list[str] = []
            if mask is not None:
                found += sorted(word for word in self._whole if mask.hides(word))
                found += [word for core in self._cores if (word := mask.with_part(core))]
            self._unmasked[text] = tuple(found)
        return self._unmasked[text]

    def _compounds(self, line: _Line) -> Iterator[_Span]:
        """Listed words with hyphens in them; a pattern would find more than was meant."""
        for start, stop, whole in line.compounds:
            for entry in self._wanted.single(whole):
                if entry.exact:
                    yield _Span(start, stop, entry)

    def _protected(self, index: _Index, line: _Line) -> set[int]:
        """The positions of what an entry covers; "cock-tail" too, unless a part of it is one itself."""
        covered = {at for span in index.spans(line.words) for at in range(span.start, span.stop)}
        for start, stop, whole in line.compounds:
            if covered.isdisjoint(range(start, stop)) and index.single(whole):
                covered.update(range(start, stop))
        return covered


def assemble(
    tiers: tuple[str, ...],
    words: tuple[str, ...],
    word_file: Path | None,
    allow: tuple[str, ...],
    language: str = "en",
) -> Lexicon:
    """The built-in list of `language` cut to `tiers`, with the user's words, word file and allow-list.

    Raises DetectorError for a word file or an entry that cannot be understood, or if there is no word.
    """
    if not (words or word_file or built_in_list(language)):
        raise DetectorError("Nothing can be found", no_list(language), "Add one of them to the detector")
    # Read each time: the user may have edited it since.
    own = tuple(read_list(word_file, language)) if word_file else ()
    return _assembled(tiers, words, own, allow, language)


@lru_cache(maxsize=16)
def _assembled(
    tiers: tuple[str, ...],
    words: tuple[str, ...],
    from_file: tuple[Entry, ...],
    allow: tuple[str, ...],
    language: str,
) -> Lexicon:
    built_in = read_list(path, language) if (path := built_in_list(language)) else []
    own = [*(parse_entry(text, CUSTOM, language=language) for text in words), *from_file]
    counted = [one for one in built_in if one.tier in tiers]
    counted += [one for one in own if one.tier in (CUSTOM, *tiers)]
    allowed = [one for one in built_in if one.tier == ALLOW]
    user_allowed = [parse_entry(text, ALLOW, language=language) for text in allow]
    user_allowed += [one for one in own if one.tier == ALLOW]
    return Lexicon(counted, allowed, user_allowed, language)


def built_in_list(language: str) -> Path | None:
    """The built-in list of a language (`language_code`); None where there is none."""
    path = WORDS / f"{language}.txt"
    return path if path.is_file() else None


def listed_languages() -> tuple[str, ...]:
    """The languages that there are built-in lists for."""
    return tuple(sorted(path.stem for path in WORDS.glob("*.txt")))


def no_list(language: str) -> str:
    """The message for a detector that has no words to look for."""
    return f"no word list for '{language}': give `words` or `word_file`"


def read_list(path: Path, language: str = "en") -> list[Entry]:
    """The entries of a list. Raises DetectorError, with the line, when it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise DetectorError(
            f"The word list {path} cannot be read",
            why or str(error),
            "Name an existing text file as `word_file`",
        ) from error
    tier = CUSTOM
    entries = []
    for row, line in enumerate(lines, 1):
        text = line.split("#", 1)[0].strip()
        if text.startswith("["):
            tier = text.strip("[] ").casefold()
            if tier not in (*TIERS, ALLOW):
                raise _not_understood(f"{path}:{row}", text, f"the sections are {', '.join((*TIERS, ALLOW))}")
        elif text:
            entries.append(parse_entry(text, tier, f"{path}:{row}", language))
    return entries


def parse_entry(text: str, tier: str, place: str = "the config", language: str = "en") -> Entry:
    """One entry in the notation of a list. Raises DetectorError, naming `place`, if it is not one."""
    if text.startswith("re:"):
        expression = text.removeprefix("re:").strip()
        try:
            return Entry(text, tier, (re.compile(expression),))
        except re.error as error:
            raise _not_understood(place, text, f"not a regular expression: {error}") from error
    parts = bare_words(text)
    if not parts or any(part.strip("*") == "" for part in parts):
        raise _not_understood(place, text, "an entry needs letters in each of its words")
    elements = [_element(part, language) for part in parts]
    if tier != ALLOW:
        # An innocent word is one by its accents: without those it may be what is looked for.
        elements = [_spelled(element, language) for element in elements]
    return Entry(" ".join(part.rstrip("+") for part in parts), tier, tuple(elements))


def bare_words(text: str) -> list[str]:
    """The words of an entry in the form they are compared in: lower case, bare of punctuation and 's."""
    words = (_bare(piece) for piece in _PARTING.split(normalise(text)))
    return [word for word in words if word]


def _bare(piece: str) -> str:
    core = re.sub(r"^[^\w*]+|[^\w*+]+$", "", piece)
    return core.removesuffix("'s")


def _element(part: str, language: str) -> Element:
    if "*" in part:
        return re.compile(r"\w*".join(map(re.escape, part.split("*"))))
    return forms(part.rstrip("+"), language) if part.endswith("+") else frozenset({part})


def _spelled(element: Element, language: str) -> Element:
    return spellings(element, language) if isinstance(element, frozenset) else element


def _matches(element: Element, word: _Heard) -> bool:
    return any(_fits(element, reading) for reading in word.readings)


def _fits(element: Element, word: str) -> bool:
    return word in element if isinstance(element, frozenset) else element.fullmatch(word) is not None


def _is_protected(span: _Span, allowed: set[int], user_allowed: set[int]) -> bool:
    positions = set(range(span.start, span.stop))
    if positions <= user_allowed:
        return True
    added_whole = span.entry.tier == CUSTOM and span.entry.exact
    return positions <= allowed and not added_whole


def _not_understood(place: str, text: str, why: str) -> DetectorError:
    return DetectorError(f"{place}: {text!r} cannot be understood", why, "See words/en.txt for the notation")
