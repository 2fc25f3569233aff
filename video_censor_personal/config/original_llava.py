"""Entries of type `llava` as the original program has them: which model of the catalogue they get."""

from __future__ import annotations

from pathlib import Path

from video_censor_personal.config.yaml_section import Section

MODEL_NAME = "model_name"
"""The key that only the original's entries have."""

_MODELS = {
    "llava-v1.5-7b": "llava-v1.5-7b-gguf",
    "llava-1.5-7b-hf": "llava-v1.5-7b-gguf",
    "llava-v1.6-mistral-7b": "llava-v1.6-mistral-7b-gguf",
    "llava-v1.6-mistral-7b-hf": "llava-v1.6-mistral-7b-gguf",
    "llava-7b": "llava-v1.5-7b-gguf",
}
"""Models by the last part of their names: the same, in the form that runs here."""
_NEAREST = "llava-v1.5-7b-gguf"


def original_model(entry: Section) -> str | None:
    """Return the model of the catalogue that `model_name` means, or that takes its place; warn of that."""
    name = entry.text(MODEL_NAME, None)
    if name is None:
        return None
    if entry.has("model"):
        entry.ignored(MODEL_NAME, "the model is named by `model`")
        return None
    found = _MODELS.get(name.rpartition("/")[2].casefold())
    if found is not None:
        entry.warn(MODEL_NAME, f"'{name}' is taken as the model '{found}'")
        return found
    if "llava" in name.casefold():
        entry.warn(MODEL_NAME, f"'{name}' is not in the catalogue: '{_NEAREST}' takes its place")
        return _NEAREST
    entry.warn(
        MODEL_NAME, f"'{name}' is not in the catalogue: the model that `quality` chooses takes its place"
    )
    return None


def lost_prompt(entry: Section, base: Path) -> bool:
    """Whether the original's entry names a prompt that is not here; warn of that.

    Args:
        entry: the detector's.
        base: what paths are relative to.
    """
    if not entry.has(MODEL_NAME) or (text := entry.text("prompt_file", None)) is None:
        return False
    path = base / entry.expand("prompt_file", text)
    if path.is_file():
        return False
    entry.warn("prompt_file", f"there is no file {path}: the built-in prompt is used")
    return True
