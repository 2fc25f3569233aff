"""The ways in which one word may be written: curly or bare, drawn out, contracted, masked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import product

MASKS = "*#@$!_.-"
"""What may stand for a letter. The last two are punctuation as well, so they need more evidence."""

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032\u00b4`", "'"))
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"  # no width
    "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"  # marks that no letter took up
)
_UNSEEN_BETWEEN = re.compile("[\u00ad\u034f\u180e\u200b-\u200f\u2060-\u2064\ufeff]")
"""Removed first, so that a combining mark joins the letter before them."""
_LETTER_MARKS = {"de": "\u0308", "es": "\u0303", "fr": "\u0327", "pt": "\u0327"}
"""Of ä, ñ and ç: without it a word is another one, as "schwül" and "schwul" are."""
_HYPHENS = re.compile("[\u2010-\u2015\u2212]")
_RUN = re.compile(r"(\w)\1+")
_REMEMBERED = 65536
_MOST_RUNS = 5
_DRAWN_BY_TWO = frozenset("aiu")
"""Hardly any English word doubles these: "fuuck"."""
_ELIDED = re.compile(r"\w{1,7}'(\w{3,}.*)")
_ENDING = re.compile(r"'(?:s|d|m|em|ll|re|ve)$")
_LEET = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t"}
_LETTER = r"[^\W\d_]"
_CONSONANT = r"[^\W\d_aeiou]"
_HOLLOW = re.compile(rf"^\w*{_CONSONANT}[.-]{_CONSONANT}\w*$")
_EMPTY = re.compile(r"\.\.|--")
_VOWEL = "\0"
"""Stands for a mask that hides a vowel."""


@lru_cache(maxsize=_REMEMBERED)
def normalise(text: str) -> str:
    """Return a text in lower case, with plain apostrophes and hyphens, without invisible characters."""
    plain = unicodedata.normalize("NFKC", _UNSEEN_BETWEEN.sub("", text.translate(_APOSTROPHES)))
    return _UNSEEN.sub("", _HYPHENS.sub("-", plain).translate(_APOSTROPHES).casefold())


def unaccented(word: str, language: str = "en") -> str:
    """Return the word with its bare letters: "fúck" is "fuck".

    A mark that makes another letter of it in the language stays: "año" is not "ano" in Spanish.
    """
    pieces = unicodedata.normalize("NFD", word)
    bare = _UNSEEN.sub(lambda mark: mark[0] if mark[0] in _LETTER_MARKS.get(language, "") else "", pieces)
    return unicodedata.normalize("NFC", bare)


@lru_cache(maxsize=_REMEMBERED)
def readings(word: str) -> tuple[str, ...]:
    """Return the words that a normalised word may stand for, itself first.

    "bastard's" is "bastard" too, "qu'idiot" is "idiot", and "shiiit" is "shit": letters are drawn out
    that stand three times and more.
    """
    whole = [word, _ENDING.sub("", word)]
    whole += [match[1] for each in whole if (match := _ELIDED.fullmatch(each))]
    return tuple(dict.fromkeys([*whole, *(shorter for each in whole for shorter in _shortened(each))]))


def _shortened(word: str) -> Iterable[str]:
    """The word with each letter that is drawn out standing once or twice."""
    pieces: list[tuple[str, ...]] = []
    at = drawn = 0
    for run in _RUN.finditer(word):
        letter, length = run[1], len(run[0])
        if letter.isalpha() and (length > 2 or letter in _DRAWN_BY_TWO):
            pieces += [(word[at : run.start()],), (letter, letter * 2)]
            at = run.end()
            drawn += 1
    if drawn == 0 or drawn > _MOST_RUNS:
        return ()
    return map("".join, product(*pieces, (word[at:],)))


class Mask:
    """A word some of whose letters are hidden: "f**k", "sh!t", "a$$", "b1tch"."""

    def __init__(self, text: str) -> None:
        self._text = text

    @classmethod
    def of(cls, written: str) -> Mask | None:
        """Return the mask in a normalised word with its punctuation; None where there is none."""
        text = re.sub(r"^[^\w@$]+|[^\w*#@$\-]+$", "", _ENDING.sub("", written))
        text = text if re.fullmatch(rf"{_LETTER}-{{3,}}", text) else text.rstrip("-")
        letters = sum(map(str.isalpha, text))
        hidden = sum(each in MASKS for each in text)
        digits = sum(map(str.isdigit, text))
        if not hidden + digits or not letters or letters + hidden + digits != len(text):
            return None
        if digits and (letters < 2 or any(each not in _LEET for each in text if each.isdigit())):
            return None
        if hidden == 1 and letters < (3 if text[-1] in MASKS else 2):
            return None
        # "T-shirt", "J.P." and "co-op" hide nothing; "sh-t", "f..k" and "f---" do.
        if re.search(r"[.-]", text) and not ((letters > 2 and _HOLLOW.search(text)) or _EMPTY.search(text)):
            return None
        return cls(text if _EMPTY.search(text) else re.sub("[.-]", _VOWEL, text))

    def hides(self, word: str) -> bool:
        """Whether `word` may be the hidden one: the same length, and the same letters where they show."""
        return len(word) == len(self._text) and all(map(_may_be, self._text, word))

    def with_part(self, part: str) -> str | None:
        """Return the text with `part` where it fits the mask, if nothing else is masked."""
        for at in range(len(self._text) - len(part) + 1):
            before, there, after = (
                self._text[:at],
                self._text[at : at + len(part)],
                self._text[at + len(part) :],
            )
            if there[0] == part[0] and all(map(_may_be, there, part)) and (before + after + "a").isalpha():
                return before + part + after
        return None


def _may_be(shown: str, letter: str) -> bool:
    if shown == _VOWEL:
        return letter in "aeiou"
    return shown == letter or (shown in MASKS and letter.isalpha()) or letter in _LEET.get(shown, "")
