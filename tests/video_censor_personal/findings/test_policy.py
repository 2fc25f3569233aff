from __future__ import annotations

import random

import pytest

from tests.video_censor_personal.examples import hit, word
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.policy import CategoryPolicy, Policy, make_segments

Spans = list[tuple[str, float, float]]


def spans(hits: list[Hit], policy: Policy | None = None, duration: float = 100.0) -> Spans:
    found = make_segments(hits, policy or Policy(), duration)
    return [(each.category, each.start, each.end) for each in found]


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([hit(1, 2), hit(4, 5)], [("Nudity", 1, 5)], id="a gap of just the threshold joins"),
        pytest.param([hit(1, 2), hit(4.1, 5)], [("Nudity", 1, 2), ("Nudity", 4.1, 5)], id="more does not"),
        pytest.param(
            [hit(1, 9), hit(2, 3), hit(10, 11)], [("Nudity", 1, 11)], id="a group ends at its latest end"
        ),
        pytest.param(
            [hit(1, 2), hit(1.5, 3, "Violence")],
            [("Nudity", 1, 2), ("Violence", 1.5, 3)],
            id="categories stay apart",
        ),
        pytest.param(
            [word(1, 1.2), word(1.3, 1.5)],
            [("Profanity", 1, 1.2), ("Profanity", 1.3, 1.5)],
            id="words stay words",
        ),
        pytest.param(
            [word(1, 1.2), word(1.2, 1.5)],
            [("Profanity", 1, 1.2), ("Profanity", 1.2, 1.5)],
            id="words that touch do not overlap",
        ),
        pytest.param(
            [word(1, 1.3), word(1.2, 1.5)], [("Profanity", 1, 1.5)], id="words that overlap are one"
        ),
        pytest.param(
            [hit(0, 5, "Profanity"), word(1, 1.2)],
            [("Profanity", 0, 5), ("Profanity", 1, 1.2)],
            id="a word is not swallowed by a passage",
        ),
        pytest.param(
            [hit(-1, 2), hit(99, 130)], [("Nudity", 0, 2), ("Nudity", 99, 100)], id="clipped to the film"
        ),
        pytest.param([hit(100, 101), hit(5, 5)], [], id="nothing left after clipping"),
        pytest.param([word(5, 5)], [("Profanity", 5, 5)], id="a word without length is one"),
        pytest.param([word(0, 0)], [("Profanity", 0, 0)], id="at the film's beginning too"),
        pytest.param([word(100, 100)], [("Profanity", 100, 100)], id="and at its end"),
        pytest.param(
            [word(100.2, 100.6)], [("Profanity", 100, 100)], id="or after what is said to be its end"
        ),
        pytest.param([word(4.8, 5.2), word(5, 5)], [("Profanity", 4.8, 5.2)], id="or within another"),
        pytest.param(
            [word(5, 5), word(5, 5.3), word(7, 7)],
            [("Profanity", 5, 5), ("Profanity", 5, 5.3), ("Profanity", 7, 7)],
            id="words without length stay apart",
        ),
        pytest.param([hit(1.00049, 2.00051)], [("Nudity", 1.0, 2.001)], id="milliseconds, outwards"),
    ],
)
def test_hits_become_segments(hits: list[Hit], expected: Spans) -> None:
    assert spans(hits) == expected
    random.Random(1).shuffle(hits)
    assert spans(hits) == expected, "the order of hits does not matter"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (CategoryPolicy(), [("Nudity", 1, 2), ("Nudity", 20, 20.4)]),
        (CategoryPolicy(enabled=False), []),
        (CategoryPolicy(threshold=0.9), [("Nudity", 1, 2)]),
        (CategoryPolicy(threshold=0.91), []),
        (CategoryPolicy(min_duration=0.4), [("Nudity", 1, 2), ("Nudity", 20, 20.4)]),
        (CategoryPolicy(min_duration=0.5), [("Nudity", 1, 2)]),
    ],
)
def test_each_category_has_its_rule(rule: CategoryPolicy, expected: Spans) -> None:
    hits = [hit(1, 2), hit(20, 20.4, score=0.6), word(5, 5.1, score=0.1)]
    found = spans(hits, Policy(categories={"nudity": rule}))
    assert [each for each in found if each[0] == "Nudity"] == expected
    assert ("Profanity", 5, 5.1) in found, "other categories keep theirs"


def test_a_word_is_never_too_short() -> None:
    policy = Policy(categories={"Profanity": CategoryPolicy(min_duration=1.0)})
    assert spans([word(5, 5.1), word(8, 8)], policy) == [("Profanity", 5, 5.1), ("Profanity", 8, 8)]


def test_the_merge_gap_can_be_nothing() -> None:
    assert len(spans([hit(1, 2), hit(2, 3), hit(2.5, 4)], Policy(merge_gap=0.0))) == 2


def test_a_segment_tells_what_is_in_it() -> None:
    hits = [
        hit(1, 2, score=0.6, label="belly", reason="r1"),
        hit(2, 3, score=0.8, label="nsfw", reason="r2"),
        hit(3, 4, score=0.5, label="belly", reason="r3"),
    ]
    (found,) = make_segments(hits, Policy(), 10.0)
    assert found.id == "nudity-1.0"
    assert found.labels == ("Nudity", "belly", "nsfw")
    assert found.confidence == 0.8
    assert found.description == "Nudity: r2; r1"
    assert [each.start for each in found.detections] == [1, 2, 3]
    assert (found.allow, found.reviewed) == (False, None)


def test_a_long_description_says_how_much_it_leaves_out() -> None:
    (found,) = make_segments([hit(n, n + 1, label=f"l{n}", reason=f"r{n}") for n in range(6)], Policy(), 10.0)
    assert found.description == "Nudity: r0; r1; r2; and 3 more"


def test_all_can_be_allowed() -> None:
    found = make_segments([hit(1, 2), word(5, 6)], Policy(allow_all=True), 10.0)
    assert [each.allow for each in found] == [True, True]


SURE, DOUBTFUL, WEAK = "sure", "doubtful", "weak"


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        pytest.param(
            [hit(1, 2), hit(3, 4, certainty=DOUBTFUL), hit(5, 6)],
            [(1, 2, SURE, False), (3, 4, DOUBTFUL, True), (5, 6, SURE, False)],
            id="a doubtful one is allowed, and joins no sure one",
        ),
        pytest.param(
            [hit(1, 2), hit(2.5, 3, certainty=DOUBTFUL), hit(3.5, 5)],
            [(1, 5, SURE, False)],
            id="within a sure one it is not told",
        ),
        pytest.param(
            [hit(1, 4), hit(2, 6, certainty=DOUBTFUL), hit(5, 6, certainty=WEAK)],
            [(1, 4, SURE, False), (2, 6, DOUBTFUL, True)],
            id="where it reaches further it is",
        ),
        pytest.param(
            [hit(1, 3, certainty=DOUBTFUL), hit(2, 4, certainty=DOUBTFUL, detector="mind")],
            [(1, 4, SURE, False)],
            id="two detectors that doubt are sure together",
        ),
        pytest.param(
            [hit(1, 3, certainty=WEAK), hit(2, 4, certainty=WEAK, detector="mind")],
            [(1, 4, DOUBTFUL, True)],
            id="two weak ones are doubtful",
        ),
        pytest.param(
            [hit(1, 3, certainty=DOUBTFUL), hit(2, 4, certainty=WEAK, detector="mind")],
            [(1, 4, DOUBTFUL, True)],
            id="a weaker one adds nothing, but gains",
        ),
        pytest.param(
            [hit(1, 3, certainty=DOUBTFUL), hit(2, 4, certainty=DOUBTFUL)],
            [(1, 4, DOUBTFUL, True)],
            id="one detector that doubts twice still doubts",
        ),
        pytest.param(
            [hit(1, 3, certainty=DOUBTFUL), hit(3, 4, certainty=DOUBTFUL, detector="mind")],
            [(1, 4, DOUBTFUL, True)],
            id="one after the other is not the same time",
        ),
        pytest.param(
            [hit(1, 3, certainty=DOUBTFUL), hit(2, 4, "Violence", certainty=DOUBTFUL, detector="mind")],
            [(1, 3, DOUBTFUL, True), (2, 4, DOUBTFUL, True)],
            id="nor is another category the same thing",
        ),
    ],
)
def test_how_sure_a_segment_is(hits: list[Hit], expected: list[tuple[float, float, str, bool]]) -> None:
    random.Random(2).shuffle(hits)
    found = make_segments(hits, Policy(), 100.0)
    assert [(each.start, each.end, each.certainty, each.allow) for each in found] == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (CategoryPolicy(threshold=0.9), {0.95: SURE}),
        (CategoryPolicy(threshold=0.9, doubtful=0.5), {0.95: SURE, 0.6: DOUBTFUL}),
        (CategoryPolicy(threshold=0.5, doubtful=0.3, weak=0.1), {0.95: SURE, 0.6: SURE, 0.2: WEAK}),
    ],
)
def test_a_category_says_what_is_sure(rule: CategoryPolicy, expected: dict[float, str]) -> None:
    hits = [hit(at * 10, at * 10 + 1, score=score) for at, score in enumerate((0.95, 0.6, 0.2))]
    found = make_segments(hits, Policy(categories={"Nudity": rule}), 100.0)
    assert {each.confidence: each.certainty for each in found} == expected
