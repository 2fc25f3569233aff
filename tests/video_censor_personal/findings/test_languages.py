from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.media_clips import Clip, Track, make_clip
from tests.video_censor_personal.render.made import render, verify_render
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.findings.languages import _CODE, _CODES, language_code, long_code
from video_censor_personal.media.probe import probe

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
    assert len(_CODE) == len(_CODES.replace("|", " ").split())


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "eng"),
        ("de-AT", "deu"),
        ("ger", "deu"),
        ("fre", "fra"),
        ("nob", "nob"),
        ("gsw", "gsw"),
        ("und", "und"),
    ],
)
def test_a_language_has_a_long_code(tag: str, code: str) -> None:
    assert long_code(tag) == code


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("edits", [(), (SoundEdit(0.5, 0.7, "silence"),)], ids=["copied", "muted"])
def test_a_copy_keeps_the_languages_of_its_tracks(
    tmp_path: Path, suffix: str, edits: tuple[SoundEdit, ...]
) -> None:
    tracks = tuple(Track(language=tag) for tag in ("en", "pt-BR", "ger", "gsw"))
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=1.0, audio=tracks))
    copy = tmp_path / f"copy{suffix}"

    report = render(film, copy, edits)

    assert verify_render(film, copy, edits, report) == []
    codes = [language_code(track.language) for track in probe(copy).of_kind("audio")]
    # A QuickTime file knows some languages only.
    assert codes == ["en", "pt", "de", None if suffix == ".mov" else "gsw"]
