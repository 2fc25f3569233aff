"""What a model is asked, and the form that its answer must have."""

from __future__ import annotations

import base64
import io
import json

import av
import numpy as np
import pytest

from video_censor_personal.vlm.request import chat_request, grammar, instructions, jpeg, schema

CONCEPTS = {"Nudity": "bare skin", "gore": ""}


def test_each_concept_is_named_with_what_is_known_of_it() -> None:
    text = instructions(CONCEPTS, None)
    assert "- Nudity: bare skin\n- gore\n" in text
    assert text.endswith('digits from 0 to 9: {"Nudity": <digit>, "gore": <digit>}')


def test_a_prompt_of_ones_own_takes_the_place_of_the_instructions_but_not_of_the_form() -> None:
    text = instructions(CONCEPTS, "  What is it?\n")
    assert text.startswith("What is it?\n\nAnswer with one JSON object")
    assert "bare skin" not in text


def test_the_grammar_is_an_object_with_a_digit_for_each_name() -> None:
    assert grammar(CONCEPTS) == ('root ::= "{\\"Nudity\\":" d ",\\"gore\\":" d "}"\nd ::= [0-9]\n')


def test_names_with_quotes_stay_one_name_in_the_grammar() -> None:
    (first, _) = grammar({'a "b" \\ c': ""}).splitlines()
    literal = json.loads(first.removeprefix("root ::= ").partition(" d ")[0])
    assert json.loads(literal + "1}") == {'a "b" \\ c': 1}


def test_the_schema_allows_nothing_else() -> None:
    form = schema(CONCEPTS)
    assert form["required"] == ["Nudity", "gore"]
    assert form["additionalProperties"] is False
    assert form["properties"]["gore"] == {"type": "integer", "minimum": 0, "maximum": 9}


def test_a_request_holds_the_picture_and_the_text() -> None:
    request = chat_request("Rate", b"jpeg", CONCEPTS)
    (message,) = request["messages"]
    picture, text = message["content"]
    assert base64.b64decode(picture["image_url"]["url"].removeprefix("data:image/jpeg;base64,")) == b"jpeg"
    assert text == {"type": "text", "text": "Rate"}
    assert (request["stream"], request["temperature"]) == (False, 0)


@pytest.mark.parametrize("size", [(48, 64), (47, 63), (384, 683), (1, 1)])
def test_a_jpeg_shows_the_picture(size: tuple[int, int]) -> None:
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    image = np.stack([x % 256, y % 256, (x + y) // 2 % 256], axis=-1).astype(np.uint8)
    with av.open(io.BytesIO(jpeg(image)), "r") as container:
        (frame,) = container.decode(video=0)
    assert float(abs(frame.to_ndarray(format="rgb24").astype(int) - image).mean()) < 3.0
