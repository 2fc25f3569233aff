"""What `quality` means: the model of each type of detector that names none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

Quality = Literal["fast", "balanced", "best"]
QUALITIES = get_args(Quality)

_SAME = {
    "nsfw": "open-nsfw",
    "sound": "yamnet",
    "clip": "clip-vit-b32-onnx-xenova",
    "nudenet": "nudenet-320n",
}

MODELS: Mapping[Quality, Mapping[str, str]] = MappingProxyType(
    {
        "fast": {**_SAME, "speech": "whisper-tiny-en", "llava": "smolvlm-256m-gguf"},
        "balanced": {**_SAME, "speech": "whisper-base", "llava": "smolvlm-500m-gguf"},
        "best": {**_SAME, "speech": "whisper-small", "llava": "llava-v1.6-mistral-7b-gguf"},
    }
)
"""Names of the catalogue, by type of detector. Where there is one model that fits, it is in every set."""
