from __future__ import annotations

import pytest

from video_censor_personal.detectors.base import Judgement
from video_censor_personal.detectors.labels import Counted, Label, Labels, labelled_hits
from video_censor_personal.findings.observations import Box, Observation

LABELS = Labels(
    [
        Label("Screaming", "Violence", is_usual=True, threshold=0.25),
        Label("Gunshot, gunfire", "Violence", is_usual=True),
        Label("Groan", "Sexual Theme"),
        Label("Fart"),
    ]
)
NONE = {"labels": None, "label_categories": None, "threshold": 0.4, "doubtful": None, "weak": None}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"Screaming": Counted("Violence", 0.25), "Gunshot, gunfire": Counted("Violence")}),
        ({"labels": {"Groan": 0.3}}, {"Groan": Counted("Sexual Theme", 0.3)}),
        (
            {"labels": {"Groan": 0.3, "Fart": 0.5}, "label_categories": {"Groan": "Pain", "Fart": "Crude"}},
            {"Groan": Counted("Pain", 0.3), "Fart": Counted("Crude", 0.5)},
        ),
    ],
    ids=["the usual ones", "only those that are listed", "a category of the config's"],
)
def test_what_counts(given: dict[str, object], expected: dict[str, Counted]) -> None:
    assert LABELS.counted(NONE | given) == expected
    assert LABELS.mistake(NONE | given, 0.04) is None
    assert set(LABELS.categories(NONE | given)) == {each.category for each in expected.values()}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"labels": {}}, "`labels` is empty"),
        ({"labels": {"screming": 0.3}}, "no label 'screming'; did you mean 'Screaming'?"),
        ({"labels": {"gunshot": 0.3}}, "did you mean 'Gunshot, gunfire'?"),
        ({"labels": {"xyz": 0.3}}, "it has Screaming, Gunshot, gunfire, Groan, Fart"),
        ({"label_categories": {"Grown": "A"}}, "no label 'Grown'; did you mean 'Groan'?"),
        ({"label_categories": {"Groan": "A"}}, "'Groan' does not count: it is not among `labels`"),
        ({"labels": {"Fart": 0.3}}, "'Fart' has no category; give it one in `label_categories`"),
        ({"labels": {"Groan": 0.03}}, "0.03 for 'Groan' is too low: scores below 0.04 are not kept"),
        ({"threshold": 0.0}, "0 for 'threshold' is too low"),
        ({"weak": 0.01}, "0.01 for 'weak' is too low"),
    ],
)
def test_a_mistake_is_named(given: dict[str, object], says: str) -> None:
    assert says in (LABELS.mistake(NONE | given, 0.04) or "")


def judged(seen: list[Observation], *categories: str, **given: object) -> list[tuple[object, ...]]:
    terms = Judgement("d", categories, NONE | given, step=0.5, duration=20.0)
    counted = {"A": Counted("Violence"), "B": Counted("Nudity", 0.8)}
    hits = labelled_hits(seen, terms, counted, "the picture")
    return [(hit.label, hit.category, hit.start, hit.end, hit.score, hit.certainty) for hit in hits]


SEEN = [
    Observation(1.0, 2.0, "B", 0.9),
    Observation(1.5, 2.0, "A", 0.5),
    Observation(2.0, 3.0, "A", 0.6),
    Observation(2.0, 3.0, "B", 0.7),
    Observation(2.0, 3.0, "C", 1.0),
]


def test_each_label_has_its_category_its_threshold_and_its_stretch() -> None:
    assert judged(SEEN, "Violence", "Nudity") == [
        ("B", "Nudity", 1.0, 2.0, 0.9, "sure"),
        ("A", "Violence", 1.5, 3.0, 0.6, "sure"),
    ]


def test_labels_of_other_categories_do_not_count() -> None:
    assert [hit[0] for hit in judged(SEEN, "Violence")] == ["A"]


def test_a_threshold_of_its_own_moves_the_doubtful_ones_too() -> None:
    found = judged(SEEN, "Nudity", threshold=0.4, doubtful=0.3)
    assert [(hit[2], hit[5]) for hit in found] == [(1.0, "sure"), (2.0, "doubtful")]


def test_a_hit_is_where_its_best_observation_was() -> None:
    boxes = [Box(0.1, 0, 0.1, 0.1), Box(0.2, 0, 0.1, 0.1), Box(0.3, 0, 0.1, 0.1)]
    seen = [Observation(1, 1, "A", score, box=box) for box, score in zip(boxes, (0.5, 0.9, 0.6), strict=True)]
    terms = Judgement("d", ("Violence",), NONE, step=0.5, duration=20.0)
    (hit,) = labelled_hits(seen, terms, {"A": Counted("Violence")}, "the picture")
    assert hit.box == boxes[1]
    assert hit.reason == "'A' in the picture scores 0.90, the threshold is 0.40"
