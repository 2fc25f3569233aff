from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.onnx_file import Node, Value, network
from tests.support.tiny_clip import (
    COLOURS,
    LAYOUTS,
    picture_network,
    text_network,
    tokenizer,
    write_clip,
)
from tests.video_censor_personal.detectors.installed import installed
from video_censor_personal.detectors.towers import Towers, open_towers
from video_censor_personal.errors import DetectorError

USUAL = LAYOUTS["transformers.js"]
EVERY_LAYOUT = pytest.mark.parametrize("layout", LAYOUTS)


def opened(folder: Path, layout: str = "transformers.js") -> Towers:
    return open_towers(installed(write_clip(folder, layout)), "cpu")


def plain(colour: tuple[float, ...], height: int = 90, width: int = 160) -> NDArray[np.uint8]:
    return np.full((height, width, 3), np.array(colour) * 255, np.uint8)


@EVERY_LAYOUT
def test_what_the_networks_want_is_read_from_them(tmp_path: Path, layout: str) -> None:
    towers = opened(tmp_path, layout)
    texts = np.stack([towers.texts.embed(f"a {colour} wall") for colour in COLOURS])
    for number, colour in enumerate(COLOURS.values()):
        vector = towers.pictures.embed(plain(colour))
        assert np.linalg.norm(vector) == pytest.approx(1)
        assert int(np.argmax(texts @ vector)) == number


@EVERY_LAYOUT
def test_the_longest_text_fits_and_a_longer_one_is_named(tmp_path: Path, layout: str) -> None:
    marks = 1 if layout == "siglip" else 2
    room = (64 if layout == "siglip" else 77) - marks
    texts = opened(tmp_path, layout).texts
    assert np.isfinite(texts.embed(" ".join(["word"] * room))).all()
    with pytest.raises(DetectorError) as failure:
        texts.embed(" ".join(["word"] * (room + 1)))
    assert "'word word" in failure.value.what
    assert f"it has {room + marks + 1} tokens, and the model takes {room + marks}" in failure.value.why


def test_a_text_is_the_same_in_any_case(tmp_path: Path) -> None:
    texts = opened(tmp_path).texts
    assert (texts.embed("A Scarlet WALL") == texts.embed("a scarlet wall")).all()


def test_the_tokenizers_own_padding_and_truncation_have_no_part(tmp_path: Path) -> None:
    content = json.loads(tokenizer(["<|startoftext|>", "<|endoftext|>", "[UNK]", *COLOURS]))
    content["truncation"] = {"max_length": 3, "stride": 0, "strategy": "LongestFirst", "direction": "Right"}
    content["padding"] = {
        "strategy": {"Fixed": 77},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 1,
        "pad_type_id": 0,
        "pad_token": "<|endoftext|>",
    }
    usual = opened(tmp_path / "usual").texts.embed("a wall of ivory")
    folder = write_clip(tmp_path / "other", tokenizer=json.dumps(content).encode())
    assert open_towers(installed(folder), "cpu").texts.embed("a wall of ivory") == pytest.approx(usual)


def test_the_whole_picture_is_seen_not_its_middle(tmp_path: Path) -> None:
    towers = opened(tmp_path)
    image = plain(COLOURS["ebony"], 100, 240)
    image[:, :60] = image[:, -60:] = np.array(COLOURS["ivory"]) * 255
    ivory = towers.texts.embed("ivory")
    assert towers.pictures.embed(image) @ ivory > towers.pictures.embed(plain(COLOURS["ebony"])) @ ivory + 0.5


PREPROCESSING = {
    "a number": ({"size": 224}, None),
    "nothing": ({}, None),
    "height and width": ({"size": {"height": 224, "width": 224}}, None),
    "a size that the network does not take": ({"crop_size": 336}, "takes pictures of [224, 224]"),
    "no size": ({"size": "large"}, "large is no size"),
    "no sides": ({"size": {"longest": 5}}, "is no size"),
    "a size below nothing": ({"size": -1}, "-1 is no size"),
    "two colours": ({"image_mean": [0.5, 0.5]}, "where 3 numbers are expected"),
    "colours in words": ({"image_mean": ["a", "b", "c"]}, "where 3 numbers are expected"),
    "no deviation": ({"image_std": [0, 1, 1]}, "colours cannot be divided by 0"),
    "no number": ({"image_std": [float("nan"), 1, 1]}, "where 3 numbers are expected"),
}


@pytest.mark.parametrize(("config", "why"), PREPROCESSING.values(), ids=PREPROCESSING)
def test_what_the_model_says_of_pictures(tmp_path: Path, config: dict[str, object], why: str | None) -> None:
    folder = write_clip(tmp_path, preprocessor_config=json.dumps(config).encode())
    if why is None:
        assert open_towers(installed(folder), "cpu").pictures.size == (224, 224)
        return
    with pytest.raises(DetectorError, match=r"preprocessor_config\.json") as failure:
        open_towers(installed(folder), "cpu")
    assert why in failure.value.why


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe"])
def test_preprocessing_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DetectorError, match=r"preprocessor_config\.json"):
        open_towers(installed(write_clip(tmp_path, preprocessor_config=content)), "cpu")


def test_a_network_that_takes_any_size_gets_the_one_that_the_model_names(tmp_path: Path) -> None:
    folder = write_clip(
        tmp_path,
        vision_model_quantized=picture_network(USUAL, size="any"),
        preprocessor_config=b'{"size": {"shortest_edge": 64}}',
    )
    assert open_towers(installed(folder), "cpu").pictures.size == (64, 64)


def other_pictures(shape: list[int | str], kind: str = "float32", *, output: str = "image_embeds") -> bytes:
    """A network that takes pictures of another shape or type."""
    nodes = [Node("Cast", ["x"], ["y"], {"to": 1}), Node("Flatten", ["y"], [output], {"axis": 1})]
    return network(nodes, [Value("x", shape, kind)], [Value(output, ["N", "M"])], {})


def two_outputs() -> bytes:
    names = ("one", "other")
    nodes = [Node("Flatten", ["x"], [name], {"axis": 1}) for name in names]
    return network(nodes, [Value("x", ["N", 3, 224, 224])], [Value(name, ["N", "M"]) for name in names], {})


def texts_of(numbers: int) -> bytes:
    return text_network(USUAL, np.ones((20, numbers), np.float32))


WORDS = ["[UNK]", *COLOURS]
UNUSABLE: dict[str, tuple[dict[str, bytes | None], str]] = {
    "no tokenizer": ({"tokenizer": None}, "its entry has no tokenizer.json"),
    "a broken tokenizer": ({"tokenizer": b"{}"}, "tokenizer.json: "),
    "an empty tokenizer": ({"tokenizer": b""}, "tokenizer.json: "),
    "another kind's tokenizer": (
        {"tokenizer": tokenizer(["[UNK]", "<s>", "</s>"]).replace(b"</s>", b"[SEP]")},
        "neither CLIP's nor SigLIP's",
    ),
    "one network": ({"text_model_quantized": None}, "1 *.onnx files, two are needed"),
    "a broken network": ({"text_model_quantized": b"no network"}, ""),
    "a truncated network": ({"vision_model_quantized": picture_network(USUAL)[:150]}, ""),
    "both for pictures": (
        {"text_model_quantized": picture_network(USUAL)},
        "text_model_quantized.onnx and vision_model_quantized.onnx, both take pictures",
    ),
    "none for pictures": ({"vision_model_quantized": texts_of(4)}, "none takes pictures"),
    "vectors of other lengths": (
        {"vision_model_quantized": picture_network(USUAL, numbers=6)},
        "do not fit each other: a picture becomes 6 numbers, a text 4",
    ),
    "pictures with the colours last": (
        {"vision_model_quantized": other_pictures(["N", 224, 224, 3])},
        "has the shape ['N', 224, 224, 3], not N x 3 x height x width",
    ),
    "pictures of bytes": (
        {"vision_model_quantized": other_pictures(["N", 3, 224, 224], "uint8")},
        "its input x is of the type tensor(uint8)",
    ),
    "eight pictures at a time": (
        {"vision_model_quantized": other_pictures([8, 3, 224, 224])},
        "",
    ),
    "two vectors": ({"vision_model_quantized": two_outputs()}, "is not known: one"),
    "texts that are no numbers": (
        {"text_model_quantized": other_pictures(["N", "M"], output="text_embeds")},
        "its text input has the shape",
    ),
    "numbers that are none": (
        {"text_model_quantized": text_network(USUAL, np.full((20, 4), np.nan, np.float32))},
        "vectors that are no numbers",
    ),
    "another tokenizer's numbers": (
        {"text_model_quantized": text_network(USUAL, np.ones((1, 4), np.float32))},
        "",
    ),
}


@pytest.mark.parametrize(("instead", "why"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_is_no_such_pair_is_named_when_it_is_opened(
    tmp_path: Path, instead: dict[str, bytes | None], why: str
) -> None:
    folder = write_clip(tmp_path, "transformers.js", **instead)
    with pytest.raises(DetectorError) as failure:
        open_towers(installed(folder), "cpu")
    assert str(folder) in failure.value.what
    assert why in failure.value.why
    assert failure.value.why
    assert "\n" not in failure.value.why


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_half_numbers_are_taken_too(tmp_path: Path, kind: str) -> None:
    nodes = [
        Node("Cast", ["pixels"], ["exact"], {"to": 1}),
        Node("GlobalAveragePool", ["exact"], ["mean"]),
        Node("Flatten", ["mean"], ["colour"], {"axis": 1}),
        Node("MatMul", ["colour", "spread"], ["out"]),
    ]
    made = network(
        nodes,
        [Value("pixels", ["N", 3, 224, 224], kind)],
        [Value("out", ["N", 4])],
        {"spread": np.eye(3, 4, dtype=np.float32)},
    )
    towers = open_towers(installed(write_clip(tmp_path, vision_model_quantized=made)), "cpu")
    assert towers.pictures.embed(plain(COLOURS["navy"])) @ towers.texts.embed("navy") > 0.99
