"""A detector that reports what a file says: for demos, tests, and notes made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from video_censor_personal.detectors.base import Judgement, Parameter, StandaloneDetector, span_of
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Box, Hit, Observation, Sighting


class ScriptedDetector(StandaloneDetector):
    """Reads observations from the JSON file named by `script`; a label is the name of its category.

    The file holds a list of objects with `start`, `end` (seconds; without `end` it is an instant),
    `label`, `score` (1 if absent), and optionally `text` and `box` ([left, top, width, height] in
    fractions of the frame). Without a script nothing is reported.
    """

    type_name = "scripted"
    version = "2"
    needs_model = False
    default_categories = ("Profanity", "Nudity", "Violence", "Sexual Theme")
    schema = (
        Parameter("script", "path", None, "infer"),
        Parameter("threshold", "number", 0.5, "decide", minimum=0.0, maximum=1.0),
    )

    def open(self, model: InstalledModel | None) -> None:
        """Read the script. Raises DetectorError when it is absent or not in that form."""
        script = self.parameters["script"]
        self._observations = [] if script is None else _read(Path(script))

    def observe(self) -> Iterator[Observation]:
        """The script's observations in time order."""
        return iter(self._observations)

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        """Yield a hit for each observation of a wanted category that scores enough."""
        threshold = judgement.parameters["threshold"]
        wanted = {category.casefold(): category for category in judgement.categories}
        for seen in observations:
            category = wanted.get(seen.label.casefold())
            if category is None or seen.score < threshold:
                continue
            start, end = span_of(seen, judgement)
            yield Hit(
                start=start,
                end=end,
                category=category,
                label=seen.label,
                score=seen.score,
                detector=judgement.detector,
                reason="as scripted",
                text=seen.text,
                box=seen.box,
                sightings=Sighting.of(seen, start, end),
            )


def _read(script: Path) -> list[Observation]:
    try:
        observations = _parse(script.read_text(encoding="utf-8"))
    except OSError as error:
        raise DetectorError(
            f"The script {script} cannot be read",
            error.strerror or str(error),
            "Name an existing file as `script`",
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DetectorError(
            f"The script {script} is not a list of observations",
            f"{type(error).__name__}: {error}",
            "Write a JSON list of objects with start, end, label, score",
        ) from error
    return sorted(observations, key=lambda seen: seen.start)


def _parse(text: str) -> list[Observation]:
    entries = json.loads(text)
    if not isinstance(entries, list):
        raise TypeError(f"it holds a {type(entries).__name__}")
    return [_observation(entry) for entry in entries]


def _observation(entry: dict[str, object]) -> Observation:
    start, end = float(str(entry["start"])), float(str(entry.get("end", entry["start"])))
    score = float(str(entry.get("score", 1.0)))
    if not (0 <= start <= end and 0 <= score <= 1):
        raise ValueError(
            f"start {start}, end {end}, score {score}: need 0 <= start <= end and 0 <= score <= 1"
        )
    text, box = entry.get("text"), entry.get("box")
    return Observation(
        start=start,
        end=end,
        label=str(entry["label"]),
        score=score,
        text=None if text is None else str(text),
        box=None if box is None else _box(box),
        # What lasts no time was seen at that moment, as a picture is; its box may move from there.
        moment=start if box is not None and end == start else None,
    )


def _box(sides: object) -> Box:
    if not isinstance(sides, list) or len(sides) != len(Box.__slots__):
        raise ValueError(f"box {sides}: need [left, top, width, height]")
    return Box(*(float(side) for side in sides))
