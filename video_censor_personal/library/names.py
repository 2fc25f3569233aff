"""The names that the tasks of films have: short, plain ASCII, and the same tomorrow."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from video_censor_personal.library.discover import FoundFilm

LONGEST = 40
_DIGITS = 4
_MOST_DIGITS = 16
_LETTERS = str.maketrans(
    {
        **{"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "œ": "oe", "ø": "o", "å": "a"},
        **{
            "ł": "l",
            "đ": "d",
            "ð": "d",
            "þ": "th",
            "\N{LATIN SMALL LETTER DOTLESS I}": "i",
            "ŋ": "ng",
            "ħ": "h",
            "ŧ": "t",
        },
        **dict.fromkeys("'\u2018\u2019\u02bc", ""),  # apostrophes
    }
)
"""What is not a letter of English with an accent, and how it is usually written without."""


def film_names(films: Sequence[FoundFilm]) -> tuple[str, ...]:
    """Return the name of each film: what it is called, and a digest of where below its root it lies.

    Films with one name get longer digests, and those of their whole paths where that is not enough. No other
    film changes its name.
    """
    names = [_name(film, _digest_below_root(film)[:_DIGITS]) for film in films]
    for digits in range(_DIGITS + 2, _MOST_DIGITS, 2):
        for index in _doubles(names):
            names[index] = _name(films[index], _digest_below_root(films[index])[:digits])
    for index in _doubles(names):
        whole = hashlib.sha256(os.fsencode(films[index].path)).hexdigest()
        names[index] = _name(films[index], whole[:_MOST_DIGITS])
    return tuple(names)


def _doubles(names: Sequence[str]) -> list[int]:
    times = Counter(names)
    return [index for index, name in enumerate(names) if times[name] > 1]


def _name(film: FoundFilm, digest: str) -> str:
    slug = slug_of(film.path.stem)[: LONGEST - len(digest) - 1].rstrip("-")
    return f"{slug}-{digest}"


def slug_of(text: str) -> str:
    """Return a text in small letters, digits and hyphens; `film` where none of it can be written so."""
    plain = unicodedata.normalize("NFC", text).casefold().translate(_LETTERS)
    letters = unicodedata.normalize("NFKD", plain)
    ascii_only = "".join(char for char in letters if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-") or "film"


def _digest_below_root(film: FoundFilm) -> str:
    """A digest that is the same on every system that the film is seen from."""
    below = film.path.relative_to(film.root).as_posix()
    return hashlib.sha256(os.fsencode(unicodedata.normalize("NFC", below))).hexdigest()
