"""The language of a detector, and the words that it has to look for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.video_censor_personal.config.problems import problems_of
from video_censor_personal.config import load_config, parse_config
from video_censor_personal.errors import ConfigInvalid

MODELS = "models: {sources: [{name: ears, repo: a/ears}]}\n"


def detector(more: str, kind: str = "speech") -> str:
    return f"{MODELS}detectors: [{{type: {kind}, model: ears, {more}}}]\n"


@pytest.mark.parametrize("tag", ["en", "eng", "EN", "en-US", "en_GB"])
def test_a_language_may_be_tagged_as_anyone_likes(tag: str) -> None:
    config = parse_config(detector(f"language: {tag}"), "c.yaml")
    assert config.detectors[0].parameters["language"] == "en"


@pytest.mark.parametrize(
    ("more", "key", "code"),
    [
        ("language: sv", "language", "sv"),
        ("language: dut", "language", "nl"),
        ("language: zh-TW, tiers: [mild]", "language", "zh"),
        ("language: ru, words: []", "language", "ru"),
        ("language: ru, allow: [zut]", "language", "ru"),
        ("language: ja, tracks: all", "language", "ja"),
    ],
)
def test_a_language_without_words_is_a_mistake_that_says_what_is_missing(
    more: str, key: str, code: str
) -> None:
    (problem,) = problems_of(detector(more))
    assert problem.endswith(
        f"detectors[speech].{key}: no word list for '{code}': give `words` or `word_file`"
    )


def test_the_originals_languages_are_held_to_the_same(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="languages: no word list for 'sv': give `words` or `word_file`"):
        parse_config(detector("languages: [sv]", "speech-profanity"), "c.yaml")


@pytest.mark.parametrize(
    "more",
    [
        "language: sv, words: [fan]",
        "language: sv, word_file: own.txt",
        "language: sv, enabled: false",
        "language: en",
        "language: es-MX",
        "language: auto",
    ],
)
def test_a_list_or_words_of_ones_own_make_it_fine(tmp_path: Path, more: str) -> None:
    (tmp_path / "own.txt").write_text("fan\n", encoding="utf-8")
    path = tmp_path / "c.yaml"
    path.write_text(detector(more), encoding="utf-8")
    assert load_config(path).warnings == ()


@pytest.mark.parametrize("text", ["English", "und", "x", "e n"])
@pytest.mark.parametrize(
    ("more", "kind"), [("language: {}", "speech"), ("languages: [{}], words: [x]", "speech-profanity")]
)
def test_what_is_no_language_is_a_mistake(text: str, more: str, kind: str) -> None:
    with pytest.raises(
        ConfigInvalid, match=f"'{text}' is no language; write its code, such as en, de or pt-BR"
    ):
        parse_config(detector(more.format(text), kind), "c.yaml")


def test_what_becomes_of_other_tracks_is_one_of_three() -> None:
    with pytest.raises(ConfigInvalid, match="other_tracks: 'remove' is not one of mute, drop, keep"):
        parse_config("remediation: {audio: {other_tracks: remove}}", "c.yaml")
