"""From what a model says to scores; what is no answer is not taken for one."""

from __future__ import annotations

import math
from typing import Any

import pytest

from video_censor_personal.errors import NotJudged
from video_censor_personal.vlm.answer import scores

NAMES = ("Nudity", "Violence")


def completion(text: object, logprobs: object = None) -> dict[str, Any]:
    return {"choices": [{"message": {"content": text}, "logprobs": logprobs}]}


SAID = {
    "as asked": '{"Nudity":9,"Violence":0}',
    "with spaces": '{ "Nudity" : 9 ,\n "Violence" : 0 }\n\n',
    "in a fence": 'Sure!\n```json\n{"Nudity": 9, "Violence": 0}\n```',
    "digits as text": '{"Nudity": "9", "Violence": "0"}',
    "with a point": '{"Nudity": 9.0, "Violence": 0.0}',
    "in another case and order": '{"violence": 0, "nudity": 9}',
    "with more than was asked": '{"Nudity": 9, "Violence": 0, "why": "skin"}',
    "after thinking": '<think>{"Nudity": 1, "Violence": 1}? No.</think> {"Nudity": 9, "Violence": 0}',
    "in words": "**Nudity**: 9\nViolence: 0",
    "in words, after others": "Nudity: 3? No.\nNudity = 9, Violence = 0.",
}


@pytest.mark.parametrize("text", SAID.values(), ids=SAID)
def test_ratings_are_found(text: str) -> None:
    assert scores(completion(text), NAMES) == {"Nudity": 1.0, "Violence": 0.0}


def test_content_in_parts_is_read() -> None:
    parts = [{"type": "text", "text": '{"Nudity":9,'}, {"type": "text", "text": '"Violence":0}'}]
    assert scores(completion(parts), NAMES)["Nudity"] == 1.0


NONSENSE = {
    "nothing": ("", "is empty"),
    "blanks": (" \n", "is empty"),
    "no text": (None, "is empty"),
    "a refusal": ("I cannot help with that.", "does not rate Nudity, Violence from 0 to 9: I cannot help"),
    "one of two": ('{"Nudity": 9}', "does not rate Violence"),
    "too high": ('{"Nudity": 10, "Violence": 0}', "does not rate Nudity"),
    "negative": ('{"Nudity": -1, "Violence": 0}', "does not rate Nudity"),
    "a fraction": ('{"Nudity": 0.7, "Violence": 0}', "does not rate Nudity"),
    "a word": ('{"Nudity": "high", "Violence": 0}', "does not rate Nudity"),
    "true": ('{"Nudity": true, "Violence": 0}', "does not rate Nudity"),
    "null": ('{"Nudity": null, "Violence": 0}', "does not rate Nudity"),
    "a list": ("[9, 0]", "does not rate"),
    "cut off": ('{"Nudity": 9, "Viol', "does not rate Violence"),
    "a number of two digits in words": ("Nudity: 95, Violence: 0", "does not rate Nudity"),
    "a number with a point in words": ("Nudity: 0.95, Violence: 0", "does not rate Nudity"),
    "of another word": ("NonNudity: 9, Violence: 0", "does not rate Nudity"),
    "nested beyond reason": ("[" * 100_000, "does not rate"),
}


@pytest.mark.parametrize(("text", "why"), NONSENSE.values(), ids=NONSENSE)
def test_what_is_no_rating_is_no_judgement(text: object, why: str) -> None:
    with pytest.raises(NotJudged, match=why):
        scores(completion(text), NAMES)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "text",
        {},
        {"choices": []},
        {"choices": [{}]},
        {"choices": [{"message": None}]},
        {"choices": 1},
    ],
)
def test_what_is_no_completion_is_no_judgement(answer: object) -> None:
    with pytest.raises(NotJudged, match="no chat completion"):
        scores(answer, NAMES)


@pytest.mark.parametrize(
    "error",
    [{"error": {"code": 400, "message": "context too small"}}, {"error": "context too small"}],
)
def test_an_error_is_told_in_its_own_words(error: object) -> None:
    with pytest.raises(NotJudged, match="refuses it: context too small"):
        scores(error, NAMES)


def token(text: str, **others: float) -> dict[str, Any]:
    """A token as servers describe it, with the probabilities of those that may stand in its place."""
    likely = [{"token": each, "logprob": math.log(share)} for each, share in others.items()]
    return {"token": text, "logprob": likely[0]["logprob"] if likely else -0.1, "top_logprobs": likely}


def test_the_score_is_the_mean_of_the_digits_by_their_probabilities() -> None:
    tokens = [
        token('{"Nudity":'),
        token("9", **{"9": 0.2, "0": 0.2, "x": 0.6}),
        token(',"Violence":'),
        token("3", **{"3": 0.5, "6": 0.25}),
        token("}"),
    ]
    found = scores(completion('{"Nudity":9,"Violence":3}', {"content": tokens}), NAMES)
    assert found == {"Nudity": pytest.approx(0.5), "Violence": pytest.approx(4 / 9)}


def test_a_digit_within_a_token_is_compared_with_the_like() -> None:
    tokens = [
        token('{"Nudity'),
        token('": 9,', **{'": 9,': 0.5, '": 0,': 0.5, "9": 0.1}),
        token('"Violence":0}'),
    ]
    found = scores(completion('{"Nudity": 9,"Violence":0}', {"content": tokens}), NAMES)
    assert found == {"Nudity": pytest.approx(0.5), "Violence": 0.0}


def test_the_last_rating_counts_where_a_model_thought_aloud() -> None:
    tokens = [
        token("Nudity: "),
        token("1", **{"1": 1.0}),
        token('? {"Nudity":'),
        token("9", **{"9": 1.0}),
        token(',"Violence":0}'),
    ]
    text = "".join(each["token"] for each in tokens)
    assert scores(completion(text, {"content": tokens}), NAMES)["Nudity"] == 1.0


WITHOUT: dict[str, object] = {
    "none": None,
    "empty": {"content": []},
    "no list": {"content": None},
    "no tokens": {"content": [{"text": "9"}]},
    "another shape": ["9"],
    "of another text": {"content": [token("something"), token("else")]},
    "no number": {"content": [{"token": '{"Nudity":9,"Violence":0}', "logprob": None}]},
    "not finite": {"content": [{"token": '{"Nudity":9,"Violence":0}', "logprob": float("nan")}]},
    "above one": {"content": [{"token": '{"Nudity":9,"Violence":0}', "logprob": 5.0}]},
    "impossible": {"content": [{"token": '{"Nudity":9,"Violence":0}', "logprob": -9999.0}]},
}


@pytest.mark.parametrize("logprobs", WITHOUT.values(), ids=WITHOUT)
def test_without_probabilities_the_digit_counts(logprobs: object) -> None:
    found = scores(completion('{"Nudity":3,"Violence":0}', logprobs), NAMES)
    assert found == {"Nudity": pytest.approx(3 / 9), "Violence": 0.0}


def test_names_are_no_patterns() -> None:
    assert scores(completion('{"gore (much)": 9}'), ("gore (much)",)) == {"gore (much)": 1.0}
