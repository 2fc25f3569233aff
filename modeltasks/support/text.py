"""Text that strangers wrote, made fit to be shown: here, where it leaves, and not where it comes in.

Names of files, licences, reason phrases and messages of servers can hold what a terminal obeys (ESC, BEL,
C1), what turns a line round (bidi), what nobody sees (zero width), and what no encoding has (surrogates).
All of it is shown as an escape, so that nothing is obeyed and nothing is hidden.
"""

from __future__ import annotations

LONGEST = 1000
"""Characters of one statement: more fills the screen and tells no more."""

_MANY = 100_000


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


def _is_hidden(char: str) -> bool:
    if char.isprintable():
        return False
    from unicodedata import category

    return category(char) != "Zs"  # other spaces than ' ' are seen


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
