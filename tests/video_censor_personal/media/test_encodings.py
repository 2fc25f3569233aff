"""Text is read in the encoding that it was written in, told or not; what is no text is refused."""

# ruff: noqa: RUF001  # other letters are what this is about

from __future__ import annotations

import random

import pytest

from video_censor_personal.media.encodings import NotText, decoded

TEXTS = {
    "es": "¡Qué coño! El niño está aquí. ¿Mañana? Sí, señor.",
    "fr": "Ça va? Où êtes-vous, mon cœur ? C’est déjà fini…",
    "de": "Scheiße! Möchten Sie größere Äpfel?",
    "pl": "Zażółć gęślą jaźń. Ale to śmieszne, prawdę mówiąc źle.",
    "ru": "Что это такое? Привет, как дела? Не знаю. Где мы?",
    "el": "Τι είναι αυτό; Γεια σου, πώς είσαι;",
    "ja": "これは何ですか。わかりません。どこにいますか。",
}
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
ONCE = {"es": "cp1252", "fr": "cp1252", "de": "cp1252", "pl": "cp1250", "ru": "cp1251", "el": "cp1253"}


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize("language", ["es", "fr", "de", "pl"])
def test_unicode_is_read_whatever_its_form(language: str, encoding: str) -> None:
    text, _ = decoded(TEXTS[language].encode(encoding))
    assert text == TEXTS[language]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("language", ["ru", "el", "ja"])
def test_unicode_of_other_letters_is_read(language: str, encoding: str) -> None:
    assert decoded(TEXTS[language].encode(encoding))[0] == TEXTS[language]


@pytest.mark.parametrize("language", ONCE)
def test_what_a_language_was_once_written_in_is_taken_for_it(language: str) -> None:
    assert decoded(TEXTS[language].encode(ONCE[language]), language) == (TEXTS[language], ONCE[language])


@pytest.mark.parametrize("language", ["es", "fr", "de", "pl", "ru"])
def test_it_is_guessed_where_nobody_says_the_language(language: str) -> None:
    assert decoded(TEXTS[language].encode(ONCE[language])) == (TEXTS[language], ONCE[language])


def test_a_few_damaged_letters_make_no_other_encoding() -> None:
    content = TEXTS["fr"].encode() * 3 + b"\xff"
    assert decoded(content) == (TEXTS["fr"] * 3 + "\ufffd", "utf-8")


@pytest.mark.parametrize("content", [bytes(range(256)) * 4, random.Random(1).randbytes(5000), b"\0" * 900])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(NotText):
        decoded(content)
