"""How alike words sound: a distance between pronunciations, and a search by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Phones = tuple[str, ...]
"""A pronunciation in the phones of the CMU dictionary, without stress: ("HH", "EH", "L")."""

_VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
_CONSONANTS = (
    *("B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N"),
    *("NG", "P", "R", "S", "SH", "T", "TH", "V", "W", "Y", "Z", "ZH"),
)
_PHONES = [*_VOWELS, *_CONSONANTS]
_ALIKE = [
    set(group.split())
    for group in (
        *("P B", "T D", "K G", "S Z SH ZH", "F V TH DH", "SH CH", "CH JH", "M N NG"),
        *("L R W", "S TH", "B M", "D N", "T CH", "D JH", "T TH", "P F"),
    )
]
"""Consonants that are easily taken for each other."""
_SAME_KIND = 0.5
"""Two vowels."""
_NEAR = 0.6
"""Two consonants that are alike."""
_FAR = 1.0
_OTHER_KIND = 1.5
_DROPPED = 1.0
_EASILY_DROPPED = 0.8
"""A vowel, or a consonant that is often swallowed."""
_SWALLOWED = frozenset({"HH", "T", "D"})


class Inventory:
    """Words by their pronunciations, to be searched for those that sound like something."""

    def __init__(self, spoken: Iterable[tuple[str, Phones]]) -> None:
        known = [(word, phones) for word, phones in spoken if phones and all(p in _PHONES for p in phones)]
        self._words = [word for word, _ in known]
        self._phones = [phones for _, phones in known]

    def near(self, phones: Phones, limit: float) -> Mapping[str, float]:
        """Return the words at most `limit` away from a pronunciation, with their distances."""
        import numpy as np

        if not self._words or not all(phone in _PHONES for phone in phones):
            return {}
        # A phone more or less costs nearly 1: words much longer or shorter are out of reach.
        reach = int(limit / _EASILY_DROPPED)
        rows = np.flatnonzero(abs(self._lengths - len(phones)) <= reach)
        distances = _distances(phones, self._codes[rows], self._lengths[rows])
        found: dict[str, float] = {}
        for row in np.flatnonzero(distances <= limit + 1e-6):
            word, distance = self._words[rows[row]], float(distances[row])
            found[word] = min(distance, found.get(word, distance))
        return found

    @cached_property
    def _lengths(self) -> NDArray[np.int64]:
        import numpy as np

        return np.array([len(phones) for phones in self._phones], dtype=np.int64)

    @cached_property
    def _codes(self) -> NDArray[np.int64]:
        """A row of phones for each word, filled up at its end."""
        import numpy as np

        codes = np.zeros((len(self._phones), int(self._lengths.max())), dtype=np.int64)
        for row, phones in enumerate(self._phones):
            codes[row, : len(phones)] = [_PHONES.index(phone) for phone in phones]
        return codes


def distance(one: Phones, other: Phones) -> float:
    """Return how far apart two pronunciations are: 1 for a consonant that differs, less for a vowel."""
    return Inventory([("", other)]).near(one, float(len(one) + len(other) + 1) * _OTHER_KIND)[""]


def _distances(phones: Phones, others: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """The edit distances between a pronunciation and each row of others."""
    import numpy as np

    gaps = np.array([_gap(phone) for phone in _PHONES])
    costs = np.array([[_cost(one, other) for other in _PHONES] for one in dict.fromkeys(phones)])
    cost_of = dict(zip(dict.fromkeys(phones), costs, strict=True))
    added = gaps[others]
    above = np.zeros((len(others), others.shape[1] + 1))
    np.cumsum(added, axis=1, out=above[:, 1:])
    for phone in phones:
        row = np.empty_like(above)
        row[:, 0] = above[:, 0] + _gap(phone)
        replaced = above[:, :-1] + cost_of[phone][others]
        removed = above[:, 1:] + _gap(phone)
        best = np.minimum(replaced, removed)
        for at in range(others.shape[1]):
            row[:, at + 1] = np.minimum(best[:, at], row[:, at] + added[:, at])
        above = row
    result: NDArray[np.float64] = above[np.arange(len(others)), lengths]
    return result


def _gap(phone: str) -> float:
    return _EASILY_DROPPED if phone in _VOWELS or phone in _SWALLOWED else _DROPPED


def _cost(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if (one in _VOWELS) != (other in _VOWELS):
        return _OTHER_KIND
    if one in _VOWELS:
        return _SAME_KIND
    return _NEAR if any({one, other} <= group for group in _ALIKE) else _FAR
