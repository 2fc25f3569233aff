from __future__ import annotations

import hashlib

import pytest

from video_censor_personal.config.categories import category_label
from video_censor_personal.detectors.clip import ClipDetector
from video_censor_personal.detectors.prompts import CONCEPTS, NEUTRAL, USUAL, Prompt, prompts_of

TEXTS = [text for each in CONCEPTS.values() for text in each.text]


def test_the_ready_texts_belong_to_this_version_of_the_detector() -> None:
    written = repr([sorted((name, each.text) for name, each in CONCEPTS.items()), NEUTRAL])
    digest = hashlib.sha256(written.encode()).hexdigest()[:12]
    assert (ClipDetector.version, digest) == ("1", "92ef67b4d661"), (
        "another text gives other scores: raise `ClipDetector.version`, and write both down here"
    )


@pytest.mark.parametrize("name", ["violence", "blood", "weapons", "drugs", "alcohol", "smoking", "kissing"])
def test_what_was_promised_is_there(name: str) -> None:
    assert CONCEPTS[name].text


def test_no_text_is_there_twice_or_neutral_too() -> None:
    assert len({*TEXTS, *NEUTRAL}) == len(TEXTS) + len(NEUTRAL)


def test_categories_are_spelt_as_configs_spell_them() -> None:
    assert [category_label(each.category) for each in CONCEPTS.values()] == [
        each.category for each in CONCEPTS.values()
    ]


def test_ready_concepts_come_before_own_prompts() -> None:
    own = Prompt("spiders", "Spiders", ("a spider",))
    assert prompts_of(USUAL, [own]) == (*(CONCEPTS[name] for name in USUAL), own)
