"""The phases of an analysis, in their order, as they are told to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.detectors.base import AudioDetector, FrameDetector, JudgeDetector, TextDetector
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.progress import Phase


def of_type(kind: type, assignments: Iterable[Assignment]) -> list[Assignment]:
    """Return the assignments of detectors of a kind."""
    return [each for each in assignments if issubclass(each.kind, kind)]


def listening(assignment: Assignment, tracks: int) -> str:
    """Return what is said while a detector listens to one of so many tracks."""
    return f"listening ({assignment.name}{f', stream {assignment.track}' if tracks > 1 else ''})"


def reading(assignment: Assignment) -> str:
    """Return what is said while a text is read."""
    text = "" if assignment.text is None else f", {assignment.text.name}"
    return f"reading ({assignment.name}{text})"


def looking(assignments: Iterable[Assignment]) -> str:
    """Return what is said while detectors look at the pictures."""
    return f"looking ({', '.join(each.name for each in assignments)})"


def finding_shots(assignment: Assignment) -> str:
    """Return what is said while shots are looked for, of which a judge is shown a picture each."""
    return f"finding shots ({assignment.name})"


def judging(assignment: Assignment) -> str:
    """Return what is said while a judge is shown pictures."""
    return f"judging ({assignment.name})"


def phases(assignments: Sequence[Assignment], info: MediaInfo) -> Iterator[tuple[Phase, list[Assignment]]]:
    """Yield what is gone through for these assignments, in this order, and whose observations each gives."""
    length = info.duration
    heard = [each for each in of_type(AudioDetector, assignments) if each.track is not None]
    for name in dict.fromkeys(each.name for each in heard):
        tracks = [each for each in heard if each.name == name]
        yield from ((Phase(listening(each, len(tracks)), length), [each]) for each in tracks)
    for each in of_type(TextDetector, assignments):
        if each.text is not None and not each.text.unreadable:
            yield Phase(reading(each), length), [each]
    if not info.of_kind("video"):
        return
    if looks := of_type(FrameDetector, assignments):
        yield Phase(looking(looks), length), looks
    for each in of_type(JudgeDetector, assignments):
        if each.parameters["every"] == "shot":
            yield Phase(finding_shots(each), length), [each]
        yield Phase(judging(each), length), [each]
