from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.tiny_clip import COLOURS, write_clip
from tests.video_censor_personal.detectors.installed import installed
from video_censor_personal.detectors.base import Frame, Judgement
from video_censor_personal.detectors.clip import ClipDetector, squares
from video_censor_personal.detectors.prompts import CONCEPTS, NEUTRAL, USUAL, Prompt
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Observation

SCARLET = Prompt("scarlet", "Red", ("a scarlet wall",))
LIME = Prompt("lime", "Green", ("a lime wall", "lime"))


def plain(colour: str, height: int = 90, width: int = 160) -> NDArray[np.uint8]:
    return np.full((height, width, 3), np.array(COLOURS[colour]) * 255, np.uint8)


def scores(folder: Path, image: NDArray[np.uint8], *prompts: Prompt, **given: object) -> dict[str, float]:
    """What a detector opened anew says of one picture."""
    if not folder.exists():
        write_clip(folder)
    detector = ClipDetector({"prompts": prompts, **given})
    detector.open(installed(folder))
    found = {seen.label: seen.score for seen in detector.observe([Frame(1.0, image)])}
    detector.close()
    return found


def test_a_picture_scores_for_what_fits_it(tmp_path: Path) -> None:
    found = scores(tmp_path / "m", plain("scarlet"), SCARLET, LIME)
    assert found["scarlet"] > 0.99
    assert found["lime"] < 0.01


def test_a_score_is_the_softmax_over_the_best_of_either_side(tmp_path: Path) -> None:
    found = scores(tmp_path / "m", plain("scarlet"), SCARLET, scale=2.0)["scarlet"]
    detector = ClipDetector({"prompts": (SCARLET,)})
    detector.open(installed(tmp_path / "m"))
    from video_censor_personal.detectors.towers import open_towers

    towers = open_towers(installed(tmp_path / "m"), "cpu")
    seen = towers.pictures.embed(plain("scarlet"))
    sides = [
        max(float(towers.texts.embed(text) @ seen) for text in texts) for texts in (SCARLET.text, NEUTRAL)
    ]
    own, neutral = np.exp(2.0 * np.array(sides))
    assert found == pytest.approx(own / (own + neutral), abs=1e-4)
    assert 0.5 < found < 0.9


def test_other_concepts_and_more_texts_do_not_change_a_score(tmp_path: Path) -> None:
    alone = scores(tmp_path / "m", plain("scarlet"), SCARLET, scale=2.0)["scarlet"]
    more = Prompt("scarlet", "Red", (*SCARLET.text, "a lime wall", "a photo of a spider"))
    beside = scores(tmp_path / "m", plain("scarlet"), LIME, more, concepts=("blood",), scale=2.0)
    assert beside["scarlet"] == alone


def test_an_own_neutral_text_takes_a_score_away(tmp_path: Path) -> None:
    neutral = scores(tmp_path / "m", plain("scarlet"), SCARLET, neutral=("a scarlet carpet",))
    assert neutral["scarlet"] <= 0.5


def test_a_larger_scale_makes_scores_surer(tmp_path: Path) -> None:
    low, high = (scores(tmp_path / "m", plain("navy"), SCARLET, scale=each)["scarlet"] for each in (1.0, 3.0))
    assert high < low < 0.5


def test_ready_concepts_are_scored_by_their_names(tmp_path: Path) -> None:
    assert list(scores(tmp_path / "m", plain("navy"))) == list(USUAL)
    assert list(scores(tmp_path / "m", plain("navy"), SCARLET, concepts=("smoking",))) == [
        "smoking",
        "scarlet",
    ]


@pytest.mark.parametrize("size", [(60, 240), (240, 60)])
def test_squares_see_what_is_small_in_a_wide_or_high_picture(tmp_path: Path, size: tuple[int, int]) -> None:
    image = plain("lime", *size)
    image[-60:, -60:] = np.array(COLOURS["scarlet"]) * 255
    assert scores(tmp_path / "m", image, SCARLET)["scarlet"] < 0.1
    assert scores(tmp_path / "m", image, SCARLET, view="squares")["scarlet"] > 0.9


@pytest.mark.parametrize(
    ("height", "width", "count"), [(100, 100, 1), (100, 178, 2), (100, 239, 3), (178, 100, 2), (1, 5, 5)]
)
def test_squares_cover_all_of_a_picture(height: int, width: int, count: int) -> None:
    image = (np.arange(height * width * 3) % 256).astype(np.uint8).reshape(height, width, 3)
    found = squares(image)
    assert len(found) == count
    assert all(each.shape == (min(height, width),) * 2 + (3,) for each in found)
    assert set(image.flat) == {number for each in found for number in each.flat}


def test_a_picture_alone_and_in_a_batch_is_the_same(tmp_path: Path) -> None:
    detector = ClipDetector({"prompts": (SCARLET, LIME), "scale": 2.0})
    detector.open(installed(write_clip(tmp_path)))
    noise = np.random.default_rng(1)
    frames = [Frame(float(at), noise.integers(0, 255, (90, 160, 3), np.uint8)) for at in range(5)]
    together = list(detector.observe(frames))
    assert together == [seen for frame in frames for seen in detector.observe([frame])]
    assert [seen.start for seen in together] == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]


def test_it_works_at_the_size_of_its_model(tmp_path: Path) -> None:
    detector = ClipDetector()
    detector.open(installed(write_clip(tmp_path)))
    assert (detector.frame_size, detector.device) == ((224, 224), "cpu")


def test_a_prompt_that_is_too_long_is_named_before_the_film(tmp_path: Path) -> None:
    long = Prompt("long", "Red", ("a " * 100,))
    with pytest.raises(DetectorError, match="102 tokens, and the model takes 77"):
        ClipDetector({"prompts": (long,)}).open(installed(write_clip(tmp_path)))


def hits(observations: list[Observation], *categories: str, **given: Any) -> list[tuple[float, float, str]]:
    terms = Judgement("c", categories, ClipDetector.complete(given), step=1.0, duration=20.0)
    return [(hit.start, hit.end, hit.category) for hit in ClipDetector.decide(observations, terms)]


SEEN = [
    Observation(1.0, 2.0, "scarlet", 0.9),
    Observation(1.0, 2.0, "lime", 0.7),
    Observation(2.0, 3.0, "scarlet", 0.6),
    Observation(2.0, 3.0, "lime", 0.2),
]

DECIDED: dict[str, tuple[tuple[str, ...], Mapping[str, object], list[tuple[float, float, str]]]] = {
    "each in its own category": (("Red", "Green"), {}, [(1.0, 2.0, "Green"), (1.0, 3.0, "Red")]),
    "a category that is not asked for": (("Green",), {}, [(1.0, 2.0, "Green")]),
    "a threshold for all": (("Red", "Green"), {"threshold": 0.8}, [(1.0, 2.0, "Red")]),
    "a threshold for one": (
        ("Red", "Green"),
        {"thresholds": {"lime": 0.1}},
        [(1.0, 3.0, "Red"), (1.0, 3.0, "Green")],
    ),
    "a threshold of the prompt": (
        ("Red",),
        {"prompts": (Prompt("scarlet", "Red", ("x",), 0.8),)},
        [(1.0, 2.0, "Red")],
    ),
    "thresholds beat that of the prompt": (
        ("Red",),
        {"prompts": (Prompt("scarlet", "Red", ("x",), 0.8),), "thresholds": {"scarlet": 0.95}},
        [],
    ),
}


@pytest.mark.parametrize(("categories", "given", "expected"), DECIDED.values(), ids=DECIDED)
def test_what_counts(
    categories: tuple[str, ...], given: Mapping[str, object], expected: list[tuple[float, float, str]]
) -> None:
    assert hits(SEEN, *categories, **{"prompts": (SCARLET, LIME), **given}) == expected


def test_doubtful_and_weak_keep_their_distance_from_the_threshold_of_one_concept() -> None:
    given = {"prompts": (SCARLET, LIME), "doubtful": 0.25, "weak": 0.1, "thresholds": {"lime": 0.8}}
    terms = Judgement("c", ("Red", "Green"), ClipDetector.complete(given), step=1.0, duration=20.0)
    found = [(hit.label, hit.start, hit.certainty) for hit in ClipDetector.decide(SEEN, terms)]
    assert sorted(found) == [("lime", 1.0, "doubtful"), ("lime", 2.0, "weak"), ("scarlet", 1.0, "sure")]


def test_a_reason_names_the_concept() -> None:
    terms = Judgement("c", ("Red",), ClipDetector.complete({"prompts": (SCARLET,)}), step=1.0, duration=20.0)
    (hit,) = ClipDetector.decide(SEEN, terms)
    assert hit.reason == "'scarlet' in the picture scores 0.90, the threshold is 0.50"


def test_parameters_are_complete_once_and_for_all() -> None:
    own = Prompt("scarlet", "Red", ("x",), 0.8)
    once = ClipDetector.complete({"prompts": (own, LIME), "thresholds": {"lime": 0.3}})
    assert once["thresholds"] == {"scarlet": 0.8, "lime": 0.3}
    assert once["prompts"] == (Prompt("scarlet", "Red", ("x",)), LIME)
    assert once["concepts"] == ()
    assert ClipDetector.complete(once) == once


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("Violence",)),
        ({"concepts": ("kissing", "smoking", "sexual activity")}, ("Sexual Theme", "Smoking")),
        ({"prompts": (SCARLET,)}, ("Red",)),
        ({"concepts": ("nudity",), "prompts": (SCARLET,)}, ("Nudity", "Red")),
    ],
)
def test_its_categories_are_those_of_what_it_looks_for(
    given: Mapping[str, object], expected: tuple[str, ...]
) -> None:
    assert ClipDetector.found_categories(ClipDetector.complete(given)) == expected


MISCONFIGURED: dict[str, tuple[Mapping[str, object], str | None]] = {
    "nothing": ({}, None),
    "a concept and another": ({"concepts": ("blood",), "prompts": (SCARLET,)}, None),
    "a concept twice": ({"concepts": ("blood", "blood")}, "'blood' is looked for twice"),
    "a prompt with a concept's name": (
        {"concepts": ("blood",), "prompts": (Prompt("blood", "Violence", ("x",)),)},
        "give that prompt another `name`",
    ),
    "a threshold of nothing": (
        {"thresholds": {"blod": 0.5}},
        "`thresholds` has 'blod', and what is looked for",
    ),
    "a neutral prompt": ({"prompts": (Prompt("p", "P", ("A black screen",)),)}, "is neutral too"),
    "a prompt that is among the own neutral texts": (
        {"prompts": (SCARLET,), "neutral": ("A Scarlet wall",)},
        "'a scarlet wall' is neutral too",
    ),
    "a ready text that is among them": (
        {"concepts": ("blood",), "neutral": (CONCEPTS["blood"].text[0],)},
        "is neutral too",
    ),
}


@pytest.mark.parametrize(("given", "why"), MISCONFIGURED.values(), ids=MISCONFIGURED)
def test_what_can_find_nothing_is_told(given: Mapping[str, object], why: str | None) -> None:
    said = ClipDetector.misconfigured(ClipDetector.complete(given))
    assert said is None if why is None else why in (said or "")


@pytest.mark.parametrize(
    ("name", "role"),
    [("concepts", "infer"), ("prompts", "infer"), ("neutral", "infer"), ("thresholds", "decide")],
)
def test_what_an_edit_costs(name: str, role: str) -> None:
    assert next(each.role for each in ClipDetector.schema if each.name == name) == role
