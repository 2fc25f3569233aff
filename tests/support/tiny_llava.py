"""A real LLaVA of half a megabyte that sees red: its weights are set by hand, nothing is trained.

It has all that the large ones have: a CLIP tower, an mlp projector and a llama, in two GGUF files. It rates a
picture 9 when it is red, and 0 when it is not, whatever it is asked.

How red becomes a 9, by the dimensions of the vectors that carry it:
- tower: each patch becomes its mean red, green and blue, as (0, 1, 2) and, negated, (3, 4, 5). Its position
  adds a constant pair (6, 7), so that the layer norm, which removes the mean, finds much the same scale.
- projector: RED = gelu(r - g/2 - b/2 - a little) * 4, and ONE = 1 beside it.
- llama: the tokens of the text have ONE and no RED. Its one layer attends to all places alike, so that RED
  everywhere is the mean of the picture's RED, made large.
- output: the logit of "9" is RED, that of "0" is ONE; no other token has one.
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]

TEXT, PROJECTOR = "red.gguf", "red-mmproj.gguf"

_WIDTH = 64
"""Of the llama's vectors."""
_RED, _ONE = 0, 3
_HEADS, _HIDDEN, _CONTEXT = 4, 64, 4096
_TOWER, _TOWER_HEADS = 32, 2
_SIZE, _PATCH = 56, 14
"""Pixels of a picture's side, and of a patch's."""
_CHAT = "{% for m in messages %}{{ m['role'] | upper }}: {{ m['content'] }}\n{% endfor %}ASSISTANT:"


def tiny_llava(folder: Path) -> Path:
    """Write the two files into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_text(folder / TEXT)
    _write_projector(folder / PROJECTOR)
    return folder


def _write_text(path: Path) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_HIDDEN)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    tokens = _write_vocabulary(writer)

    embedding, output = _zeros(len(tokens), _WIDTH), _zeros(len(tokens), _WIDTH)
    embedding[:, _ONE] = 1
    # Tokens differ in dimensions that nothing reads.
    embedding[:, 8:] = np.random.default_rng(0).normal(0, 0.1, (len(tokens), _WIDTH - 8))
    output[tokens.index(b"9"), _RED] = 1
    output[tokens.index(b"0"), _ONE] = 1
    value, attended = _zeros(_WIDTH, _WIDTH), _zeros(_WIDTH, _WIDTH)
    value[_RED, _RED], attended[_RED, _RED] = 1, 40
    layer = {
        "attn_norm": _ones(_WIDTH),
        "attn_q": _zeros(_WIDTH, _WIDTH),
        "attn_k": _zeros(_WIDTH, _WIDTH),
        "attn_v": value,
        "attn_output": attended,
        "ffn_norm": _ones(_WIDTH),
        "ffn_gate": _zeros(_HIDDEN, _WIDTH),
        "ffn_up": _zeros(_HIDDEN, _WIDTH),
        "ffn_down": _zeros(_WIDTH, _HIDDEN),
    }
    tensors = {"token_embd": embedding, "output": output, "output_norm": _ones(_WIDTH)}
    tensors |= {f"blk.0.{name}": weights for name, weights in layer.items()}
    _write(writer, {f"{name}.weight": weights for name, weights in tensors.items()})


def _write_vocabulary(writer: gguf.GGUFWriter) -> list[bytes]:
    """Every byte, and every character that is printed, is a token of its own."""
    kinds = gguf.TokenType
    special = {b"<unk>": kinds.UNKNOWN, b"<s>": kinds.CONTROL, b"</s>": kinds.CONTROL}
    raw = dict.fromkeys((b"<0x%02X>" % byte for byte in range(256)), kinds.BYTE)
    printed = dict.fromkeys(("\u2581".encode(), *(bytes([code]) for code in range(33, 127))), kinds.NORMAL)
    vocabulary = {**special, **raw, **printed}
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(list(vocabulary))
    writer.add_token_scores([0.0] * len(vocabulary))
    writer.add_token_types(list(vocabulary.values()))
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(_CHAT)
    return list(vocabulary)


def _write_projector(path: Path) -> None:
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_bool("clip.has_llava_projector", True)
    writer.add_string("clip.projector_type", "mlp")
    writer.add_bool("clip.use_gelu", False)
    numbers = {
        "image_size": _SIZE,
        "patch_size": _PATCH,
        "embedding_length": _TOWER,
        "feed_forward_length": _HIDDEN,
        "projection_dim": _WIDTH,
        "attention.head_count": _TOWER_HEADS,
        "block_count": 1,
    }
    for name, number in numbers.items():
        writer.add_uint32(f"clip.vision.{name}", number)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    writer.add_array("clip.vision.image_mean", [0.5] * 3)
    writer.add_array("clip.vision.image_std", [0.5] * 3)
    _write(writer, {**_tower(), **_mlp()})


def _tower() -> dict[str, Weights]:
    """The mean colour of each patch and its negative; the one layer after it changes nothing."""
    patch, position = _zeros(_TOWER, 3, _PATCH, _PATCH), _zeros((_SIZE // _PATCH) ** 2 + 1, _TOWER)
    for colour in range(3):
        patch[colour, colour] = 1 / _PATCH**2
        patch[3 + colour, colour] = -1 / _PATCH**2
    position[:, 6], position[:, 7] = 1, -1
    tensors = {
        "v.class_embd": _zeros(_TOWER),
        "v.patch_embd.weight": patch,
        "v.position_embd.weight": position,
        "v.pre_ln.weight": _ones(_TOWER),
        "v.pre_ln.bias": _zeros(_TOWER),
    }
    layer = {f"attn_{name}": (_zeros(_TOWER, _TOWER), _TOWER) for name in ("q", "k", "v", "out")}
    layer |= {name: (_ones(_TOWER), _TOWER) for name in ("ln1", "ln2")}
    # llama.cpp calls them the other way round: `down` comes first.
    layer["ffn_down"] = (_zeros(_HIDDEN, _TOWER), _HIDDEN)
    layer["ffn_up"] = (_zeros(_TOWER, _HIDDEN), _TOWER)
    for name, (weights, width) in layer.items():
        tensors |= {f"v.blk.0.{name}.weight": weights, f"v.blk.0.{name}.bias": _zeros(width)}
    return tensors


def _mlp() -> dict[str, Weights]:
    first, second, bias = _zeros(_WIDTH, _TOWER), _zeros(_WIDTH, _WIDTH), _zeros(_WIDTH)
    first[_RED, 0], first[_RED, 1], first[_RED, 2] = 1, -0.5, -0.5
    bias[_RED], bias[_ONE] = -1.5, 3
    second[_RED, _RED], second[_ONE, _ONE] = 4, 1 / 3
    return {"mm.0.weight": first, "mm.0.bias": bias, "mm.2.weight": second, "mm.2.bias": _zeros(_WIDTH)}


def _write(writer: gguf.GGUFWriter, tensors: dict[str, Weights]) -> None:
    for name, weights in tensors.items():
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _zeros(*shape: int) -> Weights:
    return np.zeros(shape, np.float32)


def _ones(*shape: int) -> Weights:
    return np.ones(shape, np.float32)
