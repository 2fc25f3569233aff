"""The forms of a word, by the rules of its language: what a `+` in a list stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from video_censor_personal.words.spelling import unaccented

_VOWELS = re.compile(r"[aeiouy]+")
_SHORT_SYLLABLE = re.compile(r"[^aeiou][aeiou][^aeiouwxy]$")
_GERMAN_LETTERS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"))

Endings = tuple[tuple[str, str], ...]
"""For the end of a word, longest first: the ends that take its place."""

_SPANISH: Endings = (
    ("ón", "ón ones ona onas"),
    ("or", "or ores ora oras"),
    ("o", "o a os as ito ita itos itas"),
    ("a", "a as ita itas"),
    ("e", "e es"),
    ("z", "z ces"),
    ("", " es"),
)
_PORTUGUESE: Endings = (
    ("ão", "ão ões ona onas"),
    ("or", "or ores ora oras"),
    ("o", "o a os as inho inha inhos inhas"),
    ("a", "a as inha inhas"),
    ("r", "r res"),
    ("z", "z zes"),
    ("", " s"),
)
_ITALIAN: Endings = (
    ("cia", "cia cie ce"),
    ("gia", "gia gie ge"),
    ("cio", "cio cia ci ce"),
    ("gio", "gio gia gi ge"),
    ("co", "co ca chi che"),
    ("go", "go ga ghi ghe"),
    ("ca", "ca che"),
    ("ga", "ga ghe"),
    ("io", "io ia i ie"),
    ("o", "o a i e"),
    ("a", "a e"),
    ("one", "one oni ona one"),
    ("e", "e i"),
    ("", ""),
)
_FRENCH: Endings = (
    ("eur", "eur eurs euse euses"),
    ("eux", "eux euse euses"),
    (
        "er",
        "er e es ons ez ent ais ait ions iez aient ai as a âmes èrent erai eras era erons erez eront "
        "erais erait erions eriez eraient ant é és ée ées",
    ),
    ("é", "é és ée ées"),
    ("ard", "ard ards arde ardes"),
    ("in", "in ins ine ines"),
    ("u", "u us ue ues"),
    ("it", "it its ite ites"),
    ("ant", "ant ants ante antes"),
    ("s", "s"),
    ("x", "x"),
    ("", " s"),
)
_GERMAN: Endings = (
    ("en", "en e st t te test ten tet end ende enden endem ender endes"),
    ("er", "er ers ern erin erinnen"),
    ("e", "e en es er em"),
    ("el", "el eln els"),
    ("", " e en em er es s n"),
)


def forms(stem: str, language: str = "en") -> frozenset[str]:
    """Return a word with its usual endings; a language without rules of its own has those of English."""
    return frozenset(_RULES.get(language, _english)(stem))


def spellings(words: Iterable[str], language: str) -> frozenset[str]:
    """Return the words, also as they are written where their accents are left out."""
    found = frozenset(words)
    if language == "en":
        return found
    if language != "de":
        return found | {unaccented(word, language) for word in found}
    return found | {other for word in found for other in _german_spellings(word)}


def _english(stem: str) -> set[str]:
    """Damn -> damns, damned, damning, damner …"""
    found = {stem, f"{stem}es" if re.search(r"(s|x|z|ch|sh)$", stem) else f"{stem}s"}
    bases = {stem.removesuffix("e")}
    if _SHORT_SYLLABLE.search(stem):
        # shit -> shitting. In a longer word the stress decides, which letters do not tell: take both.
        doubled = stem + stem[-1]
        bases = {doubled} if len(_VOWELS.findall(stem)) == 1 else {stem, doubled}
    return found | {base + ending for base in bases for ending in ("ed", "ing", "in", "er", "ers", "y")}


def _german(stem: str) -> set[str]:
    """Hure -> Huren; furzen -> furzt, gefurzt; Arschloch -> Arschlochs."""
    found = _replaced(stem, _GERMAN)
    if stem.endswith("en"):
        participle = f"ge{stem.removesuffix('en')}t"
        found |= {participle + ending for ending in ("", "e", "en", "em", "er", "es")}
    return found


def _by(endings: Endings) -> Callable[[str], set[str]]:
    return lambda stem: _replaced(stem, endings)


def _replaced(stem: str, endings: Endings) -> set[str]:
    end, others = next((end, others) for end, others in endings if stem.endswith(end))
    return {stem} | {stem.removesuffix(end) + other for other in others.split(" ")}


def _german_spellings(word: str) -> set[str]:
    """With two letters for an umlaut, and with an ß, which is one letter where a word is masked."""
    apart = word
    for letter, two in _GERMAN_LETTERS:
        apart = apart.replace(letter, two)
    return {apart, word.replace("ss", "ß")}


_RULES: dict[str, Callable[[str], set[str]]] = {
    "en": _english,
    "de": _german,
    "es": _by(_SPANISH),
    "fr": _by(_FRENCH),
    "it": _by(_ITALIAN),
    "pt": _by(_PORTUGUESE),
}
