"""Concepts in frames: how well each picture fits a description in words, by CLIP or a model of its kind.

Method: zero-shot classification as in Radford et al., "Learning Transferable Visual Models From Natural
Language Supervision" (2021), section 3.1. A picture and a text become vectors; the cosine between them says
how well they fit, and a softmax over cosines times the model's scale makes probabilities of them. What is
asked here is one question for each concept, independent of all others: which fits better, the best of its
texts or the best of the neutral ones? The softmax over these two is

    score = 1 / (1 + exp(-scale x (best cosine of its texts - best cosine of neutral texts)))

so 0.5 is a tie, more texts never lower a score, and how many there are does not matter. SigLIP adds the same
bias to each cosine (Zhai et al. 2023), which falls out of the difference: the score is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from video_censor_personal.detectors.base import (
    Frame,
    FrameDetector,
    Judgement,
    Parameter,
    thresholds,
)
from video_censor_personal.detectors.devices import DEVICE
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.detectors.prompts import CONCEPTS, NEUTRAL, USUAL, prompts_of
from video_censor_personal.detectors.stretches import hits_of
from video_censor_personal.findings.observations import Hit, Observation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from video_censor_personal.detectors.towers import PictureTower

_DIGITS = 4
"""Of a score; what comes after is noise, and would double what is stored."""


class ClipDetector(FrameDetector):
    """Scores each frame 0..1 for each concept; an observation is labelled with the concept's name.

    Prompts are *infer*: where scores differ, a film is looked at more closely, so another prompt may need
    other pictures. What vectors of those looked at so far could tell would have gaps.
    """

    type_name = "clip"
    version = "1"
    default_categories = tuple(dict.fromkeys(CONCEPTS[name].category for name in USUAL))
    schema = (
        Parameter("sample_rate", "number", None, "infer", minimum=0.02, maximum=60.0),
        Parameter("concepts", "text-list", (), "infer", choices=tuple(CONCEPTS)),
        Parameter("prompts", "prompts", (), "infer"),
        Parameter("neutral", "text-list", (), "infer"),
        Parameter("view", "text", "whole", "infer", choices=("whole", "squares")),
        Parameter("scale", "number", 100.0, "infer", minimum=1.0, maximum=1000.0),
        Parameter("thresholds", "number-map", {}, "decide", minimum=0.0, maximum=1.0),
        *thresholds(0.5),
        DEVICE,
    )
    frame_size = (224, 224)
    _tower: PictureTower | None = None

    @classmethod
    def complete(cls, given: Mapping[str, object]) -> dict[str, Any]:
        """Return every parameter; what a prompt says of its threshold stands in `thresholds`."""
        values = super().complete(given)
        prompts = values["prompts"]
        if not (prompts or values["concepts"]):
            values["concepts"] = USUAL
        own = {each.name: each.threshold for each in prompts if each.threshold is not None}
        values["thresholds"] = own | dict(values["thresholds"])
        values["prompts"] = tuple(replace(each, threshold=None) for each in prompts)
        return values

    @classmethod
    def found_categories(cls, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the categories of the concepts and prompts."""
        sought = prompts_of(parameters["concepts"], parameters["prompts"])
        return tuple(dict.fromkeys(each.category for each in sought))

    @classmethod
    def misconfigured(cls, parameters: Mapping[str, Any]) -> str | None:
        """Say so where two have one name, nothing has that name, or a prompt is neutral too."""
        sought = prompts_of(parameters["concepts"], parameters["prompts"])
        names = [each.name for each in sought]
        if twice := next((name for name in names if names.count(name) > 1), None):
            return f"'{twice}' is looked for twice; give that prompt another `name`"
        if unknown := next((name for name in parameters["thresholds"] if name not in names), None):
            return f"`thresholds` has '{unknown}', and what is looked for is {', '.join(names)}"
        neutral = {each.casefold() for each in (*NEUTRAL, *parameters["neutral"])}
        if both := next((text for each in sought for text in each.text if text.casefold() in neutral), None):
            return f"'{both}' is neutral too, so it would never be found"
        return None

    def open(self, model: InstalledModel | None) -> None:
        """Load the networks and read the texts. Raises DetectorError when either cannot be used."""
        import numpy as np

        from video_censor_personal.detectors.towers import open_towers

        given = self.parameters
        towers = open_towers(model, given["device"])
        neutral = (*NEUTRAL, *given["neutral"])
        self._neutral = np.stack([towers.texts.embed(text) for text in neutral])
        self._sought = {
            each.name: np.stack([towers.texts.embed(text) for text in each.text])
            for each in prompts_of(given["concepts"], given["prompts"])
        }
        # The network for texts has done its work, and its memory is free with it.
        self._tower, self.device = towers.pictures, towers.device
        self.frame_size = towers.pictures.size

    def close(self) -> None:
        """Free the network."""
        self._tower = None

    def observe(self, frames: Sequence[Frame]) -> Iterator[Observation]:
        """Yield one observation for each frame and concept."""
        for frame in frames:
            for name, score in self._scores(frame.image).items():
                yield Observation(frame.time, frame.time, name, round(score, _DIGITS))

    def _scores(self, image: NDArray[np.uint8]) -> dict[str, float]:
        """Return the score of each concept, the highest of all views of the picture."""
        import numpy as np

        if self._tower is None:
            raise RuntimeError("open() comes before observe()")
        views = squares(image) if self.parameters["view"] == "squares" else [image]
        found = dict.fromkeys(self._sought, 0.0)
        for view in views:
            vector = self._tower.embed(view)
            neutral = float((self._neutral @ vector).max())
            for name, texts in self._sought.items():
                margin = float((texts @ vector).max()) - neutral
                # Not max(): a score that is no number must not get lost.
                score = float(1 / (1 + np.exp(-self.parameters["scale"] * margin)))
                found[name] = score if not score <= found[name] else found[name]
        return found

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """Yield a hit for each stretch of pictures that score enough for a concept, in its category."""
        seen: dict[str, list[Observation]] = {}
        for each in observations:
            seen.setdefault(each.label, []).append(each)
        given = judgement.parameters
        hits: list[Hit] = []
        for sought in prompts_of(given["concepts"], given["prompts"]):
            if sought.category in judgement.categories:
                own = given["thresholds"].get(sought.name)
                bounds = judgement.bounds if own is None else judgement.bounds.scaled(own)
                as_one = replace(judgement, categories=(sought.category,))
                what = f"'{sought.name}' in the picture"
                hits += hits_of(seen.get(sought.name, ()), as_one, sought.name, bounds, what)
        yield from sorted(hits, key=lambda hit: (hit.start, hit.end))


def squares(image: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return as few squares as cover a picture, evenly spaced along its longer side."""
    height, width = image.shape[:2]
    side = min(height, width)
    count = ceil(max(height, width) / side)
    free = max(height, width) - side
    starts = [round(free * number / max(count - 1, 1)) for number in range(count)]
    if width >= height:
        return [image[:, start : start + side] for start in starts]
    return [image[start : start + side] for start in starts]
