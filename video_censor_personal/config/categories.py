"""The names of categories: the same in any spelling."""

from __future__ import annotations

from video_censor_personal.config.yaml_section import Section

_LABELS = {
    "nudity": "Nudity",
    "profanity": "Profanity",
    "violence": "Violence",
    "sexual theme": "Sexual Theme",
    "sexual themes": "Sexual Theme",
}
CATEGORIES = tuple(dict.fromkeys(_LABELS.values()))
"""The categories that have a meaning of their own; a detector may name others."""


def category_label(text: str) -> str:
    """The label of a category in any spelling: `sexual_themes` is `Sexual Theme`."""
    return _LABELS.get(text.strip().lower().replace("_", " ").replace("-", " "), text.strip())


def read_categories(section: Section, key: str) -> tuple[str, ...]:
    """Read a list of categories, each once."""
    return tuple(dict.fromkeys(category_label(text) for text in section.texts(key)))
