"""Two real detectors, small enough to be exact: how bright the left half is, how loud a tenth of a second.

Each notes in its model's folder when it is opened and closed and what it is given, so that a test can
tell what ran. A model folder with a file `fault` makes it fail there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from video_censor_personal.detectors.base import (
    JUDGING,
    AudioDetector,
    Detector,
    Frame,
    FrameDetector,
    JudgeDetector,
    Judgement,
    Parameter,
    span_of,
)
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.detectors.speech import SpeechDetector
from video_censor_personal.errors import NotJudged
from video_censor_personal.findings.coverage import NOT_JUDGED
from video_censor_personal.findings.observations import Hit, Observation
from video_censor_personal.findings.spoken import LANGUAGE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOTES = "notes.txt"


class _Noting(Detector):
    version = "1"
    default_categories = ("Light",)
    schema: ClassVar[tuple[Parameter, ...]] = (
        Parameter("gain", "number", 1.0, "infer"),
        Parameter("threshold", "number", 0.1, "decide"),
    )
    folder: Path

    def open(self, model: InstalledModel | None) -> None:
        assert model is not None
        self.folder = model.directory
        self.note("open")
        self.fail("open")

    def close(self) -> None:
        self.note("close")
        self.fail("close")

    def note(self, what: str) -> None:
        with (self.folder / NOTES).open("a") as stream:
            stream.write(what + "\n")

    def fail(self, where: str) -> None:
        fault = self.folder / "fault"
        if fault.exists() and fault.read_text() == where:
            raise RuntimeError(f"broke in {where}")


class Brightness(_Noting, FrameDetector):
    type_name = "brightness"
    schema = (Parameter("sample_rate", "number", None, "infer"), *_Noting.schema)
    frame_size = (64, 64)

    def observe(self, frames: Sequence[Frame]) -> Iterator[Observation]:
        self.note(f"frames {len(frames)}")
        for frame in frames:
            height, width, _ = frame.image.shape
            level = float(frame.image[:, : width // 2 - 4].mean()) / 255
            if frame.time > 0.4:
                self.fail("observe")
                level = float("nan") if (self.folder / "nan").exists() else level
            yield Observation(frame.time, frame.time, f"{height}", level * self.parameters["gain"])

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        threshold = judgement.parameters["threshold"]
        for seen in observations:
            if seen.score >= threshold:
                start, end = span_of(seen, judgement)
                for category in judgement.categories:
                    yield Hit(start, end, category, "bright", seen.score, judgement.detector, "bright")


class Redness(_Noting, JudgeDetector):
    """Judges how much of a picture is red. In a file `blind` of its model's folder are times, one a line.

    At these it cannot judge.
    """

    type_name = "redness"
    schema = (*JUDGING, *_Noting.schema)
    frame_size = (64, 64)

    def check(self, model: InstalledModel | None) -> None:
        assert model is not None
        self.folder = model.directory
        self.fail("check")

    def observe(self, frame: Frame) -> list[Observation]:
        self.note(f"judge {frame.time:.2f}")
        blind = self.folder / "blind"
        if blind.exists() and f"{frame.time:.2f}" in blind.read_text().splitlines():
            raise NotJudged("it blinked")
        if frame.time > 2.0:
            self.fail("observe")
        red = float((frame.image[..., 0] > 2.0 * frame.image[..., 1]).mean())
        return [Observation(frame.time, frame.time, "red", red)]

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        for seen in observations:
            if seen.label == "red" and seen.score >= judgement.parameters["threshold"]:
                for category in judgement.categories:
                    yield Hit(seen.start, seen.end, category, "red", seen.score, judgement.detector, "red")


class Loudness(_Noting, AudioDetector):
    type_name = "loudness"
    sample_rate = 8000
    window_seconds = 0.5

    def observe(self, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        self.note(f"window {start:.1f}")
        if start > 0.4:
            self.fail("observe")
        yield Observation(
            start, start + len(pcm) / self.sample_rate, "sound", min(1.0, float(abs(pcm).max()))
        )

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        threshold = judgement.parameters["threshold"]
        for seen in observations:
            if judgement.categories == ("Broken",):
                raise RuntimeError("broke in decide")
            if seen.score >= threshold:
                yield Hit(seen.start, seen.end, "Noise", "loud", seen.score, judgement.detector, "loud")


class Listening(Loudness):
    """One with a language that it listens for."""

    schema = (
        *Loudness.schema,
        *(each for each in SpeechDetector.schema if each.name in ("language", "tracks")),
    )


class Polyglot(Listening):
    """One that hears in each window the language that its model's file `spoken` has for the track's tag."""

    type_name = "polyglot"
    schema = (*Listening.schema, *(each for each in SpeechDetector.schema if each.name == "word_file"))

    def observe(self, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        spoken = json.loads((self.folder / "spoken").read_text())
        end = start + len(pcm) / self.sample_rate
        said = spoken[self.track_language or "none"]
        yield from super().observe(pcm, start)
        if said == "nothing":
            yield Observation(start, end, NOT_JUDGED, 1.0, "it cannot hear that")
        else:
            yield Observation(start, end, LANGUAGE, 0.9, said)

    unjudged = SpeechDetector.unjudged


class Hearing(_Noting, AudioDetector):
    """One that hears the words that it is told to: `said` has their times and texts, "1.5 hell"."""

    type_name = "hearing"
    sample_rate = 8000
    window_seconds = 240.0
    schema = (
        Parameter("said", "text-list", (), "infer"),
        *(each for each in SpeechDetector.schema if each.name in ("language", "tracks")),
    )

    def observe(self, pcm: NDArray[np.float32], start: float) -> Iterator[Observation]:
        for text in self.parameters["said"]:
            time, _, word = text.partition(" ")
            yield Observation(float(time), float(time) + 0.3, "word", 0.9, word, aligned=True)

    @staticmethod
    def decide(observations: Iterable[Observation], judgement: Judgement) -> Iterator[Hit]:
        for seen in observations:
            if seen.text == "damn":
                yield Hit(seen.start, seen.end, "Profanity", "damn", 0.9, "ear", "heard", text="damn")
