"""What the detector `clip` looks for: concepts in words, ready ones and a user's own.

A concept's texts describe pictures that show it; neutral texts describe pictures that do not, and among
them what is easily taken for one that does. Texts are whole phrases, as the model was trained on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Prompt:
    """A concept in words.

    Args:
        name: what it is called, in `thresholds` and in the results.
        category: of what is found.
        text: descriptions of pictures that show it; one that fits is enough.
        threshold: the score from which on it is found; None: the detector's.
    """

    name: str
    category: str
    text: tuple[str, ...]
    threshold: float | None = None


_READY = (
    Prompt(
        "violence",
        "Violence",
        (
            "a photo of people in a violent fight",
            "a photo of a man punching another man in the face",
            "a photo of a person being beaten on the ground",
            "a photo of a person strangling another person",
            "a photo of a person stabbing someone with a knife",
            "a photo of a person shooting at people",
            "a photo of soldiers fighting in a battle",
        ),
    ),
    Prompt(
        "blood",
        "Violence",
        (
            "a photo of a person covered in blood",
            "a photo of a bleeding wound",
            "a photo of blood on the floor",
            "a photo of a bloody face",
            "a gory photo of an injured body",
        ),
    ),
    Prompt(
        "corpses",
        "Violence",
        (
            "a photo of a dead body",
            "a photo of a corpse lying on the ground",
            "a photo of a hanged person",
            "a photo of a severed head",
        ),
    ),
    Prompt(
        "weapons",
        "Violence",
        (
            "a photo of a gun",
            "a photo of a person pointing a gun",
            "a photo of a person holding a rifle",
            "a photo of a person threatening someone with a knife",
            "a photo of a sword fight",
        ),
    ),
    Prompt(
        "drugs",
        "Drugs",
        (
            "a photo of a person snorting cocaine",
            "a photo of a person injecting drugs with a syringe",
            "a photo of a person smoking a joint",
            "a photo of illegal drugs",
            "a photo of lines of white powder on a table",
        ),
    ),
    Prompt(
        "alcohol",
        "Alcohol",
        (
            "a photo of a person drinking beer",
            "a photo of a person drinking wine",
            "a photo of a person drinking whisky",
            "a photo of bottles of liquor in a bar",
            "a photo of drunk people at a party",
        ),
    ),
    Prompt(
        "smoking",
        "Smoking",
        (
            "a photo of a person smoking a cigarette",
            "a photo of a person smoking a cigar",
            "a photo of a person smoking a pipe",
            "a photo of a person vaping",
            "a photo of a burning cigarette",
        ),
    ),
    Prompt(
        "kissing",
        "Sexual Theme",
        (
            "a photo of two people kissing on the lips",
            "a photo of a couple kissing passionately",
            "a close-up of a kiss",
        ),
    ),
    Prompt(
        "nudity",
        "Nudity",
        (
            "a photo of a naked person",
            "a photo of a naked woman",
            "a photo of a naked man",
            "a photo of bare breasts",
            "a photo of bare buttocks",
        ),
    ),
    Prompt(
        "sexual activity",
        "Sexual Theme",
        (
            "a photo of two people having sex",
            "a photo of a naked couple in bed",
            "a pornographic photo",
            "a photo of a person undressing someone",
        ),
    ),
    Prompt(
        "revealing clothes",
        "Sexual Theme",
        (
            "a photo of a woman in lingerie",
            "a photo of a person in underwear",
            "a photo of a striptease",
            "a photo of a woman in a bikini",
        ),
    ),
)

CONCEPTS: Mapping[str, Prompt] = MappingProxyType({each.name: each for each in _READY})
"""The ready concepts, by name. An edit of a text, or of `NEUTRAL`, needs a new version of the detector."""

USUAL = ("violence", "blood", "weapons")
"""What is looked for when a config names no concept and has no prompt."""

NEUTRAL = (
    "a photo of a person",
    "a photo of a person's face",
    "a photo of people talking",
    "a photo of a group of people",
    "a photo of people walking",
    "a photo of people dancing",
    "a photo of people playing sports",
    "a photo of people hugging",
    "a photo of a family at home",
    "a photo of children playing",
    "a photo of people eating at a table",
    "a photo of a person drinking a glass of water",
    "a photo of a person working",
    "a photo of a person holding a phone",
    "a photo of a person in a suit",
    "a photo of a woman in a dress",
    "a photo of a person sleeping in bed",
    "a photo of a crowd",
    "a photo of an animal",
    "a photo of food",
    "a photo of red flowers",
    "a photo of a car",
    "a photo of a street",
    "a photo of a building",
    "a photo of a room",
    "a photo of a landscape",
    "a photo of the sky",
    "a photo of the sea",
    "a photo of a forest",
    "a photo of a city at night",
    "a photo of smoke and fog",
    "a photo of an object",
    "a cartoon",
    "a blurry photo",
    "a dark picture",
    "a black screen",
    "a screen of text",
    "the opening credits of a film",
)
"""What films show most of the time."""


def prompts_of(concepts: Iterable[str], own: Iterable[Prompt]) -> tuple[Prompt, ...]:
    """Return what is looked for: the ready concepts of these names, and a user's own prompts."""
    return (*(CONCEPTS[name] for name in concepts), *own)
