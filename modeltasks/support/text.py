"""Text that strangers wrote, made fit to be shown: here, where it leaves, and not where it comes in.

Names of files, licences, reason phrases and messages of servers can hold what a terminal obeys (ESC, BEL,
C1), what turns a line round (bidi), what nobody sees (zero width), and what no encoding has (surrogates).
All of it is shown as an escape, so that nothing is obeyed and nothing is hidden.
"""

from __future__ import annotations

LONGEST = 1000
"""Characters of one statement: more fills the screen and tells no more."""

_MANY = 100_000
_NO_WIDTH = ("Mn", "Me", "Cf")


def is_plain(text: str) -> bool:
    """Whether every character of a text is one that is seen as itself, on one line."""
    return text.isprintable() or not any(map(_is_hidden, text))


def one_line(text: object, most: int = LONGEST) -> str:
    """Return text as one line that can be shown; line breaks are escaped too, so that none can be forged."""
    shown = str(text)
    if len(shown) > most:
        shown = shown[: most - 1] + "…"
    return shown if is_plain(shown) else "".join(_escape(c) if _is_hidden(c) else c for c in shown)


def clean(text: object) -> str:
    """Return text of several lines that can be shown; what has its own length limit is inside it."""
    lines = str(text)[:_MANY].split("\n")
    return "\n".join(one_line(line, _MANY) for line in lines)


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes: two a wide character, none an accent alone."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def fit(text: str, width: int, mark: str = "…") -> str:
    """Return a text that takes at most `width` cells; of a longer one, the middle is left out."""
    if cells(text) <= width:
        return text
    room = width - cells(mark)
    if room <= 0:
        return mark[: max(width, 0)]
    end = _first(text[::-1], room // 2)[::-1]
    return _first(text, room - cells(end)) + mark + end


def _first(text: str, width: int) -> str:
    """Return as many of the first characters as fit."""
    for number, char in enumerate(text):
        width -= _cells(char)
        if width < 0:
            return text[:number]
    return text


def _cells(char: str) -> int:
    from unicodedata import category, east_asian_width

    if category(char) in _NO_WIDTH:
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _is_hidden(char: str) -> bool:
    if char.isprintable():
        return False
    from unicodedata import category

    return category(char) != "Zs"  # other spaces than ' ' are seen


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
