"""Text of unknown encoding: files of subtitles seldom say in which one they were written."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OF_LANGUAGES = {
    "cp1250": ("bs", "cs", "hr", "hu", "pl", "ro", "sh", "sk", "sl", "sq"),
    "cp1251": ("be", "bg", "kk", "mk", "mn", "ru", "sr", "uk"),
    "cp1253": ("el",),
    "cp1254": ("az", "tr"),
    "cp1255": ("he", "yi"),
    "cp1256": ("ar", "fa", "ur"),
    "cp1257": ("et", "lt", "lv"),
    "cp1258": ("vi",),
    "cp874": ("th",),
    "cp932": ("ja",),
    "gb18030": ("zh",),
    "cp949": ("ko",),
}
_OF_LANGUAGE = {language: name for name, languages in _OF_LANGUAGES.items() for language in languages}
_WESTERN, _CENTRAL, _CYRILLIC = "cp1252", "cp1250", "cp1251"
_NOT_LATIN = ("cp1251", "cp1253", "cp1255", "cp1256", "cp932", "gb18030", "big5", "cp949")
"""What text may be in that has hardly any Latin letters."""
_HALF_A_LETTER = re.compile(r"(?<=[^\W\d_])[\u00a1-\u00bf\u00d7\u00f7](?=[^\W\d_])")
"""A sign within a word: a letter, but of another encoding than the one it was read in."""
_NOT_WRITTEN = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_NOT_WRITTEN = 0.01
"""The share of control characters from which on something is no text."""
_MOST_DAMAGED = 0.2
"""The same for what is no character at all."""
_FEW = 0.1
"""The share of damaged characters among those that are not ASCII, below which UTF-8 is damaged UTF-8."""


class NotText(ValueError):
    """Bytes that are no text in any encoding."""


def decoded(content: bytes, language: str | None = None) -> tuple[str, str]:
    """Return bytes as text, and the name of the encoding that they were taken to be in.

    Args:
        content: the bytes.
        language: of the text, where it is known (`language_code`).

    Raises:
        NotText: they are none.
    """
    name = _encoding(content, language)
    text = content.decode(name, "replace")
    controls, damaged = len(_NOT_WRITTEN.findall(text)), text.count("\ufffd")
    if controls > _MOST_NOT_WRITTEN * len(text) or damaged > _MOST_DAMAGED * len(text):
        raise NotText("it is not text")
    return text, name


@dataclass(frozen=True, slots=True)
class ExactText:
    """A text that becomes the very bytes again from which it was read, with their mark, if they had one."""

    text: str
    encoding: str

    @classmethod
    def of(cls, content: bytes, language: str | None = None) -> ExactText:
        """Return bytes as text.

        Args:
            content: the bytes.
            language: of the text, where it is known (`language_code`).

        Raises:
            NotText: they are none, or not the same when they are written again.
        """
        _, name = decoded(content, language)
        name = _with_mark(name, content)
        try:
            text = content.decode(name, _errors(name))
            if text.encode(name, _errors(name)) == content:
                return cls(text, name)
        except UnicodeError:
            pass
        raise NotText(f"it would not become the same bytes again, as {name}")

    def encoded(self, text: str) -> bytes:
        """Return another text as bytes of the same kind. Raises UnicodeError for what they cannot hold."""
        return text.encode(self.encoding, _errors(self.encoding))

    def holds(self, text: str) -> bool:
        """Whether the encoding has all characters of another text."""
        try:
            self.encoded(text)
        except UnicodeError:
            return False
        return True


def _with_mark(name: str, content: bytes) -> str:
    """Return the encoding that reads a mark at the beginning as a character of the text."""
    if name == "utf-8-sig":
        return "utf-8"
    if name in ("utf-16", "utf-32"):
        return f"{name}-{'le' if content.startswith(codecs.BOM_UTF16_LE) else 'be'}"
    return name


def _errors(name: str) -> str:
    return "surrogatepass" if name.startswith(("utf-16", "utf-32")) else "surrogateescape"


def _encoding(content: bytes, language: str | None) -> str:
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    if content.count(0) > len(content) // 5:  # each letter of Latin text has a zero byte
        return "utf-16-le" if content[1::2].count(0) > content[::2].count(0) else "utf-16-be"
    text = content.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if damaged <= _FEW * sum(letter > "\x7f" for letter in text):
        return "utf-8"
    return _OF_LANGUAGE.get(language or "") or (_WESTERN if language else _guessed(content))


def _guessed(content: bytes) -> str:
    high = [byte for byte in content if byte > 0x7F]
    latin = sum(chr(byte).isalpha() for byte in content if byte <= 0x7F)
    if len(high) > latin:
        from charset_normalizer import from_bytes

        best = from_bytes(content, cp_isolation=list(_NOT_LATIN)).best()
        return _CYRILLIC if best is None else best.encoding
    halves = _HALF_A_LETTER.findall(content.decode(_WESTERN, "replace"))
    return _CENTRAL if len(halves) > _FEW * len(high) else _WESTERN
