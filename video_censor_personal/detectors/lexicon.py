"""Word lists, and finding their words and phrases in a transcript. The form of a list: words/en.txt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from video_censor_personal.detectors.base import DetectorError
from video_censor_personal.detectors.catalog import TIERS

WORDS = Path(__file__).parent.parent / "words"
"""The folder of the built-in lists, each named by its language."""
BUILT_IN = WORDS / "en.txt"
CUSTOM = "custom"
MASKED = "masked"
ALLOW = "allow"

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc`", "'"))
_PARTING = re.compile(r"[\s\-\u2010-\u2015_/]+")
_VOWELS = re.compile(r"[aeiouy]+")
_SHORT_SYLLABLE = re.compile(r"[^aeiou][aeiou][^aeiouwxy]$")

Element = frozenset[str] | re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list: `elements` has what each word of it may be."""

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


@dataclass(slots=True)
class _Index:
    """Entries by their first word; what a word starts is worked out once for each distinct word."""

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

    def spans(self, words: Sequence[str]) -> Iterator[_Span]:
        """Every place where an entry stands."""
        for start, word in enumerate(words):
            for entry in self._starts(word):
                stop = start + len(entry.elements)
                if stop <= len(words) and all(map(_is, entry.elements[1:], words[start + 1 : stop])):
                    yield _Span(start, stop, entry)

    def _starts(self, word: str) -> tuple[Entry, ...]:
        if word not in self._starting:
            patterns = (entry for entry in self._patterns if _is(entry.elements[0], word))
            self._starting[word] = (*self._exact.get(word, ()), *patterns)
        return self._starting[word]


class Lexicon:
    """What counts (`entries`), and what protects words from counting.

    `allowed` is the built-in protection: a whole word that the user added beats it. `pardoned` is
    the user's own protection, which beats everything not longer than it.
    """

    def __init__(self, entries: Sequence[Entry], allowed: Sequence[Entry], pardoned: Sequence[Entry]) -> None:
        self._wanted = _Index(entries)
        self._allowed = _Index(allowed)
        self._pardoned = _Index(pardoned)
        heads = (entry.elements[0] for entry in entries if len(entry.elements) == 1)
        self._single = frozenset().union(*(head for head in heads if isinstance(head, frozenset)))

    def find(self, texts: Sequence[str]) -> Iterator[Match]:
        """The longest matches among transcript words, in order; none lies within another."""
        words: list[str] = []
        origin: list[int] = []
        for position, text in enumerate(texts):
            parts = split(text)
            words += parts
            origin += [position] * len(parts)
        spans = [span for span in self._wanted.spans(words) if span.entry.tier != ALLOW]
        spans += [_Span(at, at + 1, _masked(word)) for at, word in enumerate(words) if self._hides(word)]
        allowed, pardoned = _covered(self._allowed, words), _covered(self._pardoned, words)
        spans = [span for span in spans if not _protected(span, allowed, pardoned)]
        reached = 0
        for span in sorted(spans, key=lambda span: (span.start, -span.stop)):
            if span.stop > reached:
                reached = span.stop
                yield Match(origin[span.start], origin[span.stop - 1], span.entry.text, span.entry.tier)

    def _hides(self, word: str) -> bool:
        """Whether asterisks in the transcript hide a listed word: "f***", "sh*t", "b****es"."""
        if "*" not in word or not word[0].isalpha():
            return False
        shape = re.compile("[^*]+".join(map(re.escape, re.split(r"\*+", word))))
        return any(shape.fullmatch(known) for known in self._single)


@lru_cache(maxsize=8)
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
    built_in = read(path) if (path := built_in_list(language)) else []
    own = [entry(text, CUSTOM) for text in words] + (read(word_file) if word_file else [])
    counted = [one for one in built_in if one.tier in tiers]
    counted += [one for one in own if one.tier in (CUSTOM, *tiers)]
    allowed = [one for one in built_in if one.tier == ALLOW]
    pardoned = [entry(text, ALLOW) for text in allow] + [one for one in own if one.tier == ALLOW]
    return Lexicon(counted, allowed, pardoned)


def built_in_list(language: str) -> Path | None:
    """The built-in list of a language (`language_code`); None where there is none."""
    path = WORDS / f"{language}.txt"
    return path if path.is_file() else None


def no_list(language: str) -> str:
    """What to say of a detector that has no words to look for."""
    return f"no word list for '{language}': give `words` or `word_file`"


def read(path: Path) -> list[Entry]:
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
            entries.append(entry(text, tier, f"{path}:{row}"))
    return entries


def entry(text: str, tier: str, place: str = "the config") -> Entry:
    """One entry in the notation of a list. Raises DetectorError, naming `place`, if it is not one."""
    if text.startswith("re:"):
        expression = text.removeprefix("re:").strip()
        try:
            return Entry(text, tier, (re.compile(expression),))
        except re.error as error:
            raise _not_understood(place, text, f"not a regular expression: {error}") from error
    parts = split(text)
    if not parts or any(part.strip("*") == "" for part in parts):
        raise _not_understood(place, text, "an entry needs letters in each of its words")
    return Entry(" ".join(part.rstrip("+") for part in parts), tier, tuple(map(_element, parts)))


def split(text: str) -> list[str]:
    """The words of a text in the form they are compared in: lower case, bare of punctuation and 's."""
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()
    words = (_bare(piece) for piece in _PARTING.split(plain))
    return [word for word in words if word]


def forms(stem: str) -> frozenset[str]:
    """A word with its usual English endings: damn -> damns, damned, damning, damner …"""
    found = {stem, f"{stem}es" if re.search(r"(s|x|z|ch|sh)$", stem) else f"{stem}s"}
    bases = {stem.removesuffix("e")}
    if _SHORT_SYLLABLE.search(stem):
        # shit -> shitting. In a longer word the stress decides, which letters do not tell: take both.
        doubled = stem + stem[-1]
        bases = {doubled} if len(_VOWELS.findall(stem)) == 1 else {stem, doubled}
    return frozenset(
        found | {base + ending for base in bases for ending in ("ed", "ing", "in", "er", "ers", "y")}
    )


def _bare(piece: str) -> str:
    core = re.sub(r"^[^\w*]+|[^\w*+]+$", "", piece)
    return core.removesuffix("'s")


def _element(part: str) -> Element:
    if "*" in part:
        return re.compile(r"\w*".join(map(re.escape, part.split("*"))))
    return forms(part.rstrip("+")) if part.endswith("+") else frozenset({part})


def _is(element: Element, word: str) -> bool:
    return word in element if isinstance(element, frozenset) else element.fullmatch(word) is not None


def _masked(word: str) -> Entry:
    return Entry(word, MASKED, (frozenset({word}),))


def _covered(index: _Index, words: Sequence[str]) -> set[int]:
    return {position for span in index.spans(words) for position in range(span.start, span.stop)}


def _protected(span: _Span, allowed: set[int], pardoned: set[int]) -> bool:
    positions = set(range(span.start, span.stop))
    if positions <= pardoned:
        return True
    added_whole = span.entry.tier == CUSTOM and span.entry.exact
    return positions <= allowed and not added_whole


def _not_understood(place: str, text: str, why: str) -> DetectorError:
    return DetectorError(f"{place}: {text!r} cannot be understood", why, "See words/en.txt for the notation")
