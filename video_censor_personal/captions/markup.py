"""Which characters of a subtitle are seen, and where each stands in what is written."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Form = Literal["plain", "ass", "lines"]
"""How a text is marked up: by tags (SRT, WebVTT, SAMI, TTML), as ASS, or as MicroDVD with | for a break."""

_TAGS = (
    "b|i|u|s|c|v|em|strong|font|span|ruby|rt|rb|lang|class|br|p|div|body|head|tt|sync|style|metadata|region"
)
_PIECE = re.compile(
    rf"(?P<tag></?(?:\w+:)?(?P<name>{_TAGS})(?=[\s>./])[^<>]*>|<\d[\d:.]*>|<!--.*?-->)"
    r"|(?P<code>\{[^{}]*\})"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{2,31});)"
    r"|(?P<escape>\\[Nnh])"
    r"|(?P<plain>.)",
    re.DOTALL | re.IGNORECASE,
)
_BREAKS = frozenset({"br", "p", "div", "sync", "body"})
_CODE = re.compile(r"\{(?:\\|[a-zA-Z]:)")
_DRAWS = re.compile(r"\\p(\d+)")


@dataclass(frozen=True, slots=True)
class Letter:
    """A character that is seen, with the marks on it; `start` and `end` are its place in what is written."""

    text: str
    start: int
    end: int

    @property
    def is_space(self) -> bool:
        """Whether it parts words."""
        return self.text.isspace()


@dataclass(frozen=True, slots=True)
class Replacement:
    """What takes the place of the characters from `start` to `end` of what is written."""

    start: int
    end: int
    text: str = ""


def letters(written: str, form: Form = "plain") -> list[Letter]:
    """Return what is seen of a subtitle; breaks are spaces, and drawings are not there."""
    found: list[Letter] = []
    is_drawing = False
    for piece in _PIECE.finditer(written):
        kind, text, start, end = piece.lastgroup, piece[0], piece.start(), piece.end()
        if kind == "name" or piece["tag"] is not None:
            if (piece["name"] or "").casefold() in _BREAKS:
                found.append(Letter("\n", start, end))
        elif piece["code"] is not None and (form == "ass" or _CODE.match(text)):
            for level in _DRAWS.findall(text) if form == "ass" else ():
                is_drawing = int(level) > 0
        elif not is_drawing:
            found += _seen(piece, form)
    return _with_marks(found)


def _seen(piece: re.Match[str], form: Form) -> Iterable[Letter]:
    """Return what is seen of a piece that is no tag and no code."""
    text, start = piece[0], piece.start()
    if piece["escape"] is not None:
        return (Letter(" " if text == "\\h" else "\n", start, piece.end()),)
    if piece["entity"] is not None and (meant := html.unescape(text)) != text:
        return (Letter(meant, start, piece.end()),)
    if form == "lines" and text == "|":
        return (Letter("\n", start, piece.end()),)
    return (Letter(each, start + at, start + at + 1) for at, each in enumerate(text))


def _with_marks(found: Sequence[Letter]) -> list[Letter]:
    """Return characters, each with the combining marks that follow it."""
    whole: list[Letter] = []
    for each in found:
        last = whole[-1] if whole else None
        if last is not None and last.end == each.start and unicodedata.combining(each.text[0]):
            whole[-1] = Letter(last.text + each.text, last.start, each.end)
        else:
            whole.append(each)
    return whole


def seen_text(found: Iterable[Letter]) -> str:
    """Return characters as one text."""
    return "".join(each.text for each in found)


def masking(found: Sequence[Letter], words: Iterable[range], mask: str) -> tuple[Replacement, ...]:
    """Return the replacements that put a mask in the place of words, and leave the markup within them.

    Args:
        found: what is seen.
        words: which of these characters are hidden; each word among them gets a mask.
        mask: what takes its place.
    """
    hidden = {at for word in words for at in word}
    made: list[Replacement] = []
    was_hidden = False
    for at, each in enumerate(found):
        is_hidden = at in hidden and not each.is_space
        if is_hidden:
            made.append(Replacement(each.start, each.end, "" if was_hidden else mask))
        was_hidden = is_hidden
    return tuple(made)


def replaced(written: str, replacements: Iterable[Replacement]) -> str:
    """Return a text with replacements, which are in order and apart, made."""
    parts: list[str] = []
    reached = 0
    for each in replacements:
        parts += (written[reached : each.start], each.text)
        reached = each.end
    return "".join((*parts, written[reached:]))
