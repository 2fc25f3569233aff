"""Subtitles that tell what is hidden at this moment: a cue for each hidden stretch."""

from __future__ import annotations

from video_censor_personal.export.stretches import (
    ExportInput,
    Stretch,
    covered_by,
    hidden_things,
    joined,
    muted_by,
)
from video_censor_personal.findings.timecode import format_time

_NO_TAGS = str.maketrans("<>{}\\", "()()/")
"""SubRip has no escapes, and players take what is in these brackets, or after a backslash, for tags."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def srt(source: ExportInput) -> str:
    """Return the cues as SubRip."""
    cues = []
    for number, each in enumerate(_hidden(source), 1):
        times = " --> ".join(format_time(time / 1000).replace(".", ",") for time in (each.start, each.end))
        cues.append(f"{number}\n{times}\n{_text(each).translate(_NO_TAGS)}\n")
    return "\n".join(cues)


def vtt(source: ExportInput) -> str:
    """Return the cues as WebVTT."""
    cues = [cue(each, _text(each)) for each in _hidden(source)]
    return "\n".join(["WEBVTT\n", *cues])


def cue(each: Stretch, text: str) -> str:
    """Return a cue of WebVTT."""
    start, end = format_time(each.start / 1000), format_time(each.end / 1000)
    return f"{start} --> {end}\n{escaped(text)}\n"


def escaped(text: str) -> str:
    """Return text as the payload of a WebVTT cue."""
    return text.translate(_ESCAPES)


def _hidden(source: ExportInput) -> tuple[Stretch, ...]:
    """Return where anything is hidden; stretches that only touch are two."""
    return joined(
        [
            each
            for treated in source.segments
            for each in (muted_by(source, treated), covered_by(source, treated))
        ],
        reach=-1,
    )


def _text(each: Stretch) -> str:
    things = hidden_things(each.segments).items()
    return " ".join(
        f"[{category}: {', '.join(words)}]" if words else f"[{category}]" for category, words in things
    )
