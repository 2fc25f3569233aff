"""What a model is asked of a picture: instructions, the picture, and the form that its answer must have."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 9
"""The highest rating; a single digit, so that its probabilities can be read off one token."""

_INSTRUCTIONS = """\
This is one picture of a film. Rate how much it shows of each of these, \
from 0 (nothing of it) to 9 (beyond doubt):"""
_TOP_TOKENS = 20
"""Alternatives of each token that are asked for: all ten digits should be among them."""


def instructions(concepts: Mapping[str, str], own: str | None) -> str:
    """Return the text of a request.

    Args:
        concepts: what is to be rated, each with a few words on it, or none.
        own: the user's text in place of the built-in one.
    """
    listed = "\n".join(f"- {name}: {about}" if about else f"- {name}" for name, about in concepts.items())
    shape = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: <digit>" for name in concepts)
    begin = own.strip() if own is not None else f"{_INSTRUCTIONS}\n{listed}"
    return f"{begin}\n\nAnswer with one JSON object and nothing else, digits from 0 to 9: {{{shape}}}"


def grammar(names: Mapping[str, str]) -> str:
    """Return the answer's form as a GBNF grammar: one object, no spaces, a digit for each name."""
    pairs = ",".join(f"{json.dumps(name, ensure_ascii=False)}:\0" for name in names)
    literals = [json.dumps(part, ensure_ascii=False) for part in f"{{{pairs}}}".split("\0")]
    return f"root ::= {' d '.join(literals)}\nd ::= [0-{MOST}]\n"


def schema(names: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer's form as a JSON schema."""
    rating = {"type": "integer", "minimum": 0, "maximum": MOST}
    return {
        "type": "object",
        "properties": dict.fromkeys(names, rating),
        "required": list(names),
        "additionalProperties": False,
    }


def chat_request(text: str, picture: bytes, concepts: Mapping[str, str]) -> dict[str, Any]:
    """Return a request for a chat completion; the form of the answer is for the client to add.

    Args:
        text: the instructions.
        picture: a JPEG.
        concepts: what is to be rated.
    """
    url = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
    content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": text}]
    # As much as the answer needs where each byte is a token, and a model likes to indent.
    length = 64 + 2 * sum(len(name.encode()) + 8 for name in concepts)
    return {
        "messages": [{"role": "user", "content": content}],
        "max_tokens": length,
        "temperature": 0,
        "stream": False,
        "logprobs": True,
        "top_logprobs": _TOP_TOKENS,
    }


def jpeg(image: NDArray[np.uint8]) -> bytes:
    """Return an RGB image as a JPEG in which no difference can be seen."""
    import av

    codec: Any = av.CodecContext.create("mjpeg", "w")
    codec.height, codec.width = image.shape[:2]
    codec.pix_fmt, codec.time_base = "yuvj444p", Fraction(1)
    codec.qmin = codec.qmax = 2
    frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuvj444p")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*codec.encode(frame), *codec.encode(None)))
