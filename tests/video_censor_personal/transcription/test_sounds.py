from __future__ import annotations

import pytest

from video_censor_personal.transcription.sounds import Inventory, distance

WORDS = {
    "shit": "SH IH T",
    "sheet": "SH IY T",
    "hell": "HH EH L",
    "help": "HH EH L P",
    "ell": "EH L",
    "damn": "D AE M",
    "dam": "D AE M",
    "bastard": "B AE S T ER D",
    "master": "M AE S T ER",
    "fuck": "F AH K",
    "truck": "T R AH K",
}


def phones(word: str) -> tuple[str, ...]:
    return tuple(WORDS[word].split())


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("damn", "dam", 0.0),
        ("shit", "sheet", 0.5),
        ("hell", "ell", 0.8),
        ("hell", "help", 1.0),
        ("bastard", "master", 1.4),
        ("fuck", "truck", 1.8),
    ],
)
def test_vowels_and_like_consonants_are_near(one: str, other: str, expected: float) -> None:
    assert distance(phones(one), phones(other)) == pytest.approx(expected)
    assert distance(phones(other), phones(one)) == pytest.approx(expected)


def test_a_vowel_is_far_from_a_consonant() -> None:
    assert distance(("AH", "S"), ("T", "S")) > distance(("K", "S"), ("T", "S"))


@pytest.mark.parametrize(
    ("limit", "found"),
    [
        (0.0, {"hell"}),
        (0.8, {"hell", "ell"}),
        (1.0, {"hell", "ell", "help"}),
    ],
)
def test_a_search_finds_what_is_within_the_limit(limit: float, found: set[str]) -> None:
    inventory = Inventory((word, phones(word)) for word in WORDS)
    near = inventory.near(phones("hell"), limit)
    assert set(near) == found
    assert near == {word: pytest.approx(distance(phones("hell"), phones(word))) for word in found}


def test_of_several_pronunciations_the_nearest_counts() -> None:
    inventory = Inventory([("either", ("IY", "DH", "ER")), ("either", ("AY", "DH", "ER"))])
    assert inventory.near(("AY", "DH", "ER"), 1.0) == {"either": 0.0}


def test_nothing_is_near_what_has_no_sound() -> None:
    assert Inventory([]).near(("AH",), 9.0) == {}
    assert Inventory([("silent", ()), ("odd", ("?",))]).near(("AH",), 9.0) == {}
    assert Inventory([("a", ("AH",))]).near(("?",), 9.0) == {}
