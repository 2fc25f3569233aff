"""Labels of a model: which of them count, from which score on, and to which category each belongs.

For models that tell many things apart. A table of ours says what they are called, so that a label which is
misspelt is an error and not a thing that is never found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, ClassVar

from video_censor_personal.detectors.base import Detector, Judgement, Parameter
from video_censor_personal.detectors.stretches import hits_of
from video_censor_personal.findings.observations import Hit, Observation

PARAMETERS = (
    Parameter("labels", "number-map", None, "decide", minimum=0.0, maximum=1.0),
    Parameter("label_categories", "category-map", None, "decide"),
)
"""The parameters of a type that has such a table."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a model tells apart.

    Args:
        name: as the model has it.
        category: of what is found; None where only a config can say.
        is_usual: it counts unless a config lists those that count.
        threshold: the score from which on it is sure; None: the detector's.
    """

    name: str
    category: str | None = None
    is_usual: bool = False
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A label that counts: its category, and a threshold of its own (None: the detector's)."""

    category: str
    threshold: float | None = None


class Labels:
    """The labels of a type, in the order of the model's outputs or any other."""

    def __init__(self, labels: Iterable[Label]) -> None:
        self._known = {each.name: each for each in labels}

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(self._known)

    def counted(self, parameters: Mapping[str, Any]) -> dict[str, Counted]:
        """Return what counts with these parameters, by name; a label without a category does not."""
        categories = parameters["label_categories"] or {}
        found = {}
        for name, threshold in self._thresholds(parameters).items():
            label = self._known.get(name)
            category = categories.get(name) or (label.category if label else None)
            if category is not None:
                found[name] = Counted(category, threshold)
        return found

    def categories(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the categories of what counts, each once."""
        return tuple(dict.fromkeys(each.category for each in self.counted(parameters).values()))

    def mistake(self, parameters: Mapping[str, Any], floor: float) -> str | None:
        """Return what is wrong with these parameters, if anything is.

        Args:
            parameters: of the detector.
            floor: the least score that is stored.
        """
        thresholds, categories = self._thresholds(parameters), parameters["label_categories"] or {}
        if not thresholds:
            return "`labels` is empty, so nothing would be found"
        for name in (*thresholds, *categories):
            if name not in self._known:
                return f"the model has no label '{name}'; {nearest(name, self._known)}"
        for name in categories:
            if name not in thresholds:
                return f"'{name}' does not count: it is not among `labels`"
        for name in thresholds:
            if not (categories.get(name) or self._known[name].category):
                return f"'{name}' has no category; give it one in `label_categories`"
        bounds = {key: parameters[key] for key in ("threshold", "doubtful", "weak")}
        for key, bound in (*bounds.items(), *thresholds.items()):
            if bound is not None and bound < floor:
                return f"{bound:g} for '{key}' is too low: scores below {floor:g} are not kept"
        return None

    def _thresholds(self, parameters: Mapping[str, Any]) -> Mapping[str, float | None]:
        given: Mapping[str, float | None] | None = parameters["labels"]
        if given is not None:
            return given
        return {name: label.threshold for name, label in self._known.items() if label.is_usual}


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown label: the nearest one, else all of them."""
    names, folded = {each.casefold(): each for each in known}, name.casefold()
    longer = [each for each in names if len(folded) > 2 and folded in each]
    alike = [*longer, *get_close_matches(folded, names, n=1)]
    return f"did you mean '{names[alike[0]]}'?" if alike else f"it has {', '.join(names.values())}"


def labelled_hits(
    observations: Iterable[Observation], judgement: Judgement, counted: Mapping[str, Counted], what: str
) -> Iterator[Hit]:
    """Yield the hits of each label that counts, in its category, in time order.

    Args:
        observations: of all labels, in time order.
        judgement: what the detector goes by; labels of other categories than its do not count.
        counted: what counts.
        what: where it was found: "the picture".
    """
    seen: dict[str, list[Observation]] = {}
    for each in observations:
        if each.label in counted:
            seen.setdefault(each.label, []).append(each)
    hits: list[Hit] = []
    for name, found in seen.items():
        label = counted[name]
        if label.category in judgement.categories:
            bounds = judgement.bounds
            if label.threshold is not None:
                bounds = bounds.scaled(label.threshold)
            one = replace(judgement, categories=(label.category,))
            hits += hits_of(found, one, name, bounds, f"'{name}' in {what}")
    yield from sorted(hits, key=lambda hit: (hit.start, hit.end))


class LabelledDetector(Detector):
    """Finds labels of a model's own; which of them count, and as what, is said by `PARAMETERS`.

    `known` are the model's labels, `floor` the score below which none is kept.
    """

    known: ClassVar[Labels]
    floor: ClassVar[float]

    @classmethod
    def found_categories(cls, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the categories of the labels that count."""
        return cls.known.categories(parameters)

    @classmethod
    def misconfigured(cls, parameters: Mapping[str, Any]) -> str | None:
        """Say so where a label is unknown, has no category, or asks for less than is kept."""
        return cls.known.mistake(parameters, cls.floor)
