"""Tiny CLIP models: a network for pictures, one for texts, and a tokenizer. They know a few colours.

A picture becomes its mean colour, a text the sum of the colours that it names; all other words point in a
direction of their own. So `a scarlet wall` fits a red picture better than any text without a colour. The
names of colours are such that no neutral prompt has them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from tests.support.onnx_file import Node, Value, network

COLOURS = {
    "scarlet": (1.0, 0.0, 0.0),
    "lime": (0.0, 1.0, 0.0),
    "navy": (0.0, 0.0, 1.0),
    "ebony": (0.0, 0.0, 0.0),
    "ivory": (1.0, 1.0, 1.0),
}
_START, _END, _UNKNOWN = "<|startoftext|>", "<|endoftext|>", "[UNK]"
_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
_SIGLIP = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_WORD = 0.1
_NEUTRAL = 0.6
"""How much every picture fits words that name no colour: more than another colour, less than its own."""


@dataclass(frozen=True)
class Layout:
    """How an export is laid out: its files, and what its inputs and outputs are called.

    `length` is the number of tokens that its text network must get; None: as many as there are.
    """

    pictures: str
    texts: str
    tokenizer: str
    picture_input: str
    picture_output: str
    text_input: str
    text_output: str
    has_mask: bool = False
    token_type: str = "int64"
    length: int | None = None
    is_open: bool = True
    normal: tuple[tuple[float, ...], tuple[float, ...]] = _CLIP
    config: tuple[str, str] | None = None


LAYOUTS = {
    "transformers.js": Layout(
        *("onnx/vision_model_quantized.onnx", "onnx/text_model_quantized.onnx", "tokenizer.json"),
        *("pixel_values", "image_embeds", "input_ids", "text_embeds"),
        has_mask=True,
        config=("preprocessor_config.json", '{"size": {"shortest_edge": 224}, "crop_size": 224}'),
    ),
    "immich": Layout(
        *("visual/model.onnx", "textual/model.onnx", "textual/tokenizer.json"),
        *("image", "embedding", "text", "embedding"),
        token_type="int32",
        length=77,
        is_open=False,
        config=("visual/preprocess_cfg.json", '{"size": [224, 224], "interpolation": "bicubic"}'),
    ),
    "siglip": Layout(
        *("onnx/vision_model.onnx", "onnx/text_model.onnx", "tokenizer.json"),
        *("pixel_values", "pooler_output", "input_ids", "pooler_output"),
        length=64,
        normal=_SIGLIP,
    ),
}


def tiny_clip(layout: str = "transformers.js") -> dict[str, bytes]:
    """Return the files of a model in one of the `LAYOUTS`."""
    made = LAYOUTS[layout]
    vectors = _vectors(made)
    files = {
        made.pictures: picture_network(made),
        made.texts: text_network(made, np.stack(list(vectors.values()))),
        made.tokenizer: tokenizer(list(vectors)),
    }
    if made.config:
        name, text = made.config
        mean, deviation = made.normal
        files[name] = json.dumps(json.loads(text) | {"image_mean": mean, "image_std": deviation}).encode()
    return files


def write_clip(folder: Path, layout: str = "transformers.js", **instead: bytes | None) -> Path:
    """Write a model's files; what `instead` has, by the stem of its name, is other content, or left out."""
    for name, content in tiny_clip(layout).items():
        path = folder / name
        written = instead.get(path.stem, content)
        if written is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written)
    return folder


def picture_network(made: Layout, numbers: int = 4, size: int | str = 224) -> bytes:
    """Return a network that makes the mean colour of a picture into so many numbers."""
    constants: dict[str, NDArray[np.generic]] = {"spread": np.eye(3, numbers, dtype=np.float32)}
    constants["more"] = np.zeros(numbers, np.float32)
    constants["more"][-1] = _NEUTRAL * np.linalg.norm(_seen((0.0, 0.0, 0.0), made))
    nodes = [
        Node("GlobalAveragePool", [made.picture_input], ["mean"]),
        Node("Flatten", ["mean"], ["flat"], {"axis": 1}),
        Node("MatMul", ["flat", "spread"], ["colour"]),
        Node("Add", ["colour", "more"], [made.picture_output]),
    ]
    outputs = [Value(made.picture_output, ["batch", numbers])]
    if made.picture_output == "pooler_output":
        nodes.append(Node("Identity", [made.picture_input], ["last_hidden_state"]))
        outputs.insert(0, Value("last_hidden_state", ["batch", 3, size, size]))
    inputs = [Value(made.picture_input, ["batch", 3, size, size])]
    return network(nodes, inputs, outputs, constants)


def text_network(made: Layout, vectors: NDArray[np.float32]) -> bytes:
    """Return a network that adds up the vectors of a text's tokens."""
    tokens: list[int | str] = ["batch", "tokens" if made.is_open else made.length or 0]
    inputs = [Value(made.text_input, tokens, made.token_type)]
    nodes = [Node("Gather", ["vectors", made.text_input], ["words"], {"axis": 0})]
    constants: dict[str, NDArray[np.generic]] = {"vectors": vectors, "one": np.array([1], np.int64)}
    words = "words"
    if made.length:
        # As positions are: another number of tokens does not fit.
        nodes.append(Node("Add", ["words", "places"], ["placed"]))
        constants["places"] = np.zeros((made.length, vectors.shape[1]), np.float32)
        words = "placed"
    if made.has_mask:
        inputs.append(Value("attention_mask", tokens, made.token_type))
        nodes += [
            Node("Cast", ["attention_mask"], ["kept"], {"to": 1}),
            Node("Unsqueeze", ["kept", "two"], ["mask"]),
            Node("Mul", [words, "mask"], ["masked"]),
        ]
        constants["two"] = np.array([2], np.int64)
        words = "masked"
    nodes.append(Node("ReduceSum", [words, "one"], [made.text_output], {"keepdims": 0}))
    outputs = [Value(made.text_output, ["batch", vectors.shape[1]])]
    return network(nodes, inputs, outputs, constants)


def tokenizer(words: list[str]) -> bytes:
    """Return a tokenizer that knows these words and marks the end of each text, and the start if it can."""
    made = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token=_UNKNOWN))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    marks = [(word, words.index(word)) for word in (_START, _END, "</s>") if word in words]
    parts = [_START, "$A", _END] if _START in words else ["$A", "</s>"]
    made.post_processor = processors.TemplateProcessing(single=" ".join(parts), special_tokens=marks)
    return made.to_str().encode()


def _vectors(made: Layout) -> dict[str, NDArray[np.float32]]:
    """Return what each word of the vocabulary adds to a text."""
    marks = ("</s>",) if made.normal == _SIGLIP else (_START, _END)
    found = {word: np.zeros(4, np.float32) for word in marks}
    found[_UNKNOWN] = np.array([0, 0, 0, _WORD], np.float32)
    for word, colour in COLOURS.items():
        found[word] = np.array([*_seen(colour, made), 0], np.float32)
    return found


def _seen(colour: tuple[float, ...], made: Layout) -> NDArray[np.float64]:
    mean, deviation = map(np.array, made.normal)
    return np.asarray((np.array(colour) - mean) / deviation)
