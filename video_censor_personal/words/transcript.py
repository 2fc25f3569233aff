"""The words of a transcript, put together again where a recogniser split them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from video_censor_personal.words.spelling import normalise

_PART = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_BETWEEN_HYPHENS = re.compile(r"[\w'*#@$!.]+")
_COMPOUND = re.compile(r"\W*[^\W_]+(?:'[^\W_]+)*(?:[-_][^\W_]+)+\W*")
_SPELLED = re.compile(r"(?:[^\W\d_]\.){3,}[^\W\d_]?\W*")
_CONTINUATION = re.compile(r"-\w")
_UNFINISHED = re.compile(r".*\w-?")
_LONGEST = 100
"""Characters of a word; longer text comes from a language without spaces."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written, normalised; `origins` has for each letter the position of its text."""

    text: str
    origins: tuple[int, ...]

    @property
    def first(self) -> int:
        """The position of the first of its texts."""
        return self.origins[0]

    @property
    def last(self) -> int:
        """The position of the last."""
        return self.origins[-1]

    def pieces(self) -> list[Word]:
        """What stands between its hyphens, with what may be a mask: "dumb-a$$" has two."""
        return self._split(_BETWEEN_HYPHENS)

    def parts(self) -> list[Word]:
        """What stands between punctuation of any kind."""
        return self._split(_PART)

    def _split(self, form: re.Pattern[str]) -> list[Word]:
        return [Word(part[0], self.origins[part.start() : part.end()]) for part in form.finditer(self.text)]

    def without_hyphens(self) -> str | None:
        """Return it as one, "mother-fucker" as "motherfucker", and "S.H.I.T." too; None if it is no such."""
        if _COMPOUND.fullmatch(self.text) or _SPELLED.fullmatch(self.text):
            return "".join(_PART.findall(self.text))
        return None


def written_words(texts: Sequence[str], joined: Collection[int] = ()) -> Iterator[Word]:
    """Yield the words that the texts make up.

    Args:
        texts: of a transcript, in order; most are a word each.
        joined: positions of those that continue the word before, as the recogniser says. Without that, one
            that begins with a hyphen does.
    """
    text = ""
    origins: list[int] = []
    for position, piece in enumerate(map(_spaceless, texts)):
        continues = position in joined or (_CONTINUATION.match(piece) and _UNFINISHED.fullmatch(text))
        if text and not (continues and len(text) + len(piece) <= _LONGEST):
            yield from _words(text, origins)
            text, origins = "", []
        text += piece
        origins += [position] * len(piece)
    yield from _words(text, origins)


def _spaceless(text: str) -> str:
    return normalise(text).strip()


def _words(text: str, origins: Sequence[int]) -> Iterator[Word]:
    for word in re.finditer(r"[^\s/]+", text):
        yield Word(word[0], tuple(origins[word.start() : word.end()]))
