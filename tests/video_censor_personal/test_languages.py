from __future__ import annotations

import pytest

from video_censor_personal.languages import language_code

SAME = {
    "en": ("en", "eng", "EN", "en-US", "en_GB", "ENG-latn-AU", " en ", "en_US.UTF-8", "en-x-director"),
    "de": ("de", "deu", "ger", "de-CH", "GER"),
    "fr": ("fr", "fra", "fre", "fr-CA"),
    "nl": ("nl", "nld", "dut"),
    "zh": ("zh", "zho", "chi", "cmn", "zh-Hant-TW"),
    "no": ("no", "nor", "nob", "nb-NO"),
    "he": ("he", "heb", "iw"),
    "ro": ("ro", "ron", "rum", "mol"),
    "yue": ("yue", "yue-HK"),
    "xzy": ("xzy",),
}


@pytest.mark.parametrize(("code", "tag"), [(code, tag) for code, tags in SAME.items() for tag in tags])
def test_a_language_has_one_code_however_it_is_tagged(code: str, tag: str) -> None:
    assert language_code(tag) == code


@pytest.mark.parametrize(
    "tag",
    [None, "", " ", "und", "UND", "mis", "mul", "zxx", "unk", "qaa", "qtz-Latn", "English", "i-klingon", "1"],
)
def test_what_names_no_language(tag: str | None) -> None:
    assert language_code(tag) is None


def test_no_code_has_two_languages() -> None:
    from video_censor_personal.languages import _CODE, _CODES

    assert len(_CODE) == len(_CODES.replace("|", " ").split())
