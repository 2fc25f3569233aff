"""What is said according to subtitles: their words, without what only describes or decorates."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence

BLEEP = "\u25a0"
"""Stands for a word that the subtitles say is there, but do not write: "[bleep]", "****"."""
OATHS = "\u25a1"
"""Stands for words of which the subtitles only say that somebody swears: "[cursing in Spanish]"."""

_TAG = re.compile(r"</?[a-zA-Z0-9][^<>\n]*>")
_CODE = re.compile(r"\{[^{}]*\}")
_BRACKETED = re.compile(
    r"\[([^\[\]]*)\]|\(([^()]*)\)|\uff08([^\uff08\uff09]*)\uff09|\u3010([^\u3010\u3011]*)\u3011"
)
_MUSIC = re.compile(r"[\u2669-\u266f\U0001f3b5\U0001f3b6]|^[\s\-]*#+(?=\s|$)|(?<=\s)#+\s*$", re.MULTILINE)
_DASH = re.compile(r"^\s*(?:[-\u2010-\u2015\u2212>]+\s*)+")
_CAPITALS = re.compile(r"^\s*([^\s:][^:\n]{0,30}?)\s*:(?=\s|$)")
_TITLE = re.compile(
    r"^\s*([A-Z\u00c0-\u00de][\w.'\u2019]*(?: [A-Z\u00c0-\u00de][\w.'\u2019]*){0,2}):(?=\s|$)"
)
_SENTENCE = re.compile(r"\W*[^\W\d_a-z].*[a-z].*[.?!\u2026]\W*", re.DOTALL)
_BLEEPED = re.compile(
    r"bleep(?:s|ed|ing)?|beep(?:s|ed)?|bip|pitido|piep(?:ton)?|expletives?(?: deleted)?|censored|zensiert"
    r"|censur[\u00e9\u00e0a]\w*|profanit(?:y|ies)|obscenit(?:y|ies)|(?:curse|swear) words?|juron|gros mot"
    r"|palabrota|groser\u00eda|palavr\u00e3o|parolaccia|schimpfwort"
    r"|[\s_*\-.#@$%&!]*[_*#@$%]{2,}[\s_*\-.#@$%&!]*",
    re.IGNORECASE,
)
_SWORN = re.compile(
    r"\b(?:curs(?:es|ing)|swear(?:s|ing)|exclaims? profanely|jure|maldice|bestemmia|flucht|xinga)\b(?!-in)",
    re.IGNORECASE,
)
_MASKED_WHOLE = re.compile(r"(?<!\S)(?=\S*[*@$%&^#])[*#@$%&^!_]{3,}(?=[\s.,?!;:'\"]|$)")
_ODD_MASK = re.compile(
    r"(?<=[^\W\d_])[\^%&~\u2022\u25cf\u2588\u2591-\u2593\u00d7\u2217\uff0a\u00b0]+(?=[\w*]|$|\W)"
)
_BROKEN = re.compile(r"(?<=\w)-\n(?=\w)")
_OFTEN = 2
"""A name before a colon that stands so often at the head of a line is that of who speaks."""


def spoken(texts: Sequence[str]) -> list[str]:
    """Return for each cue of a text the words that are said in it, with one space between.

    Tags, codes, signs of music, names of speakers and descriptions of sounds are no words. `BLEEP` and
    `OATHS` stand among the words where the subtitles say that there is one, but not which.

    Args:
        texts: of all cues; what is the name of a speaker shows in how often it stands there.
    """
    bare = [_bare(text) for text in texts]
    heads = Counter(
        match[1] for text in bare for line in text.split("\n") if (match := _TITLE.match(_undashed(line)))
    )
    names = frozenset(name for name, count in heads.items() if count >= _OFTEN)
    return [_words(text, names) for text in bare]


def _bare(text: str) -> str:
    """The text without tags, codes, descriptions and music, masks as `*`, bleeps as `BLEEP`."""
    plain = _TAG.sub("", html.unescape(_TAG.sub("", _CODE.sub("", text.replace("\r", "")))))
    plain = _MUSIC.sub(" ", plain)
    for _ in range(2):  # one within another
        plain = _BRACKETED.sub(_meaning, plain)
    return _BROKEN.sub("-", plainly_masked(_MASKED_WHOLE.sub(BLEEP, plain)))


def plainly_masked(text: str) -> str:
    """Return a text, as long as it was, with `*` for the other signs that stand for a hidden letter."""
    return _ODD_MASK.sub(lambda mask: "*" * len(mask[0]), text)


def _meaning(bracketed: re.Match[str]) -> str:
    """What brackets with something in them say: a word that is not written, words in an aside, or nothing."""
    content = next((each for each in bracketed.groups() if each is not None), "").strip()
    if _BLEEPED.fullmatch(content):
        return f" {BLEEP} "
    if _SWORN.search(content):
        return f" {OATHS} "
    is_aside = not bracketed[0].startswith("[") and _SENTENCE.fullmatch(content)
    return f" {content} " if is_aside else " "


def _undashed(line: str) -> str:
    return _DASH.sub("", line)


def _words(text: str, names: frozenset[str]) -> str:
    if not any(letter.isalnum() or letter in (BLEEP, OATHS) for letter in text):
        return ""
    lines = [_without_speaker(_undashed(line), names) for line in text.split("\n")]
    words = " ".join(lines).split()
    return " ".join(
        word for word in words if any(letter.isalnum() or letter in (BLEEP, OATHS) for letter in word)
    )


def _without_speaker(line: str, names: frozenset[str]) -> str:
    title = _TITLE.match(line)
    if title and title[1] in names:
        return line[title.end() :]
    capitals = _CAPITALS.match(line)
    if capitals and _is_in_capitals(capitals[1]):
        return line[capitals.end() :]
    return line


def _is_in_capitals(name: str) -> bool:
    return sum(map(str.isalpha, name)) > 1 and name == name.upper() and len(name.split()) <= 4
