"""Inputs for tests of exports, and players' ways to read them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.video_censor_personal.examples import segment, word
from video_censor_personal.export.stretches import ExportInput, Treated
from video_censor_personal.findings.coverage import Span

ODD_NAME = 'a "b" <c> & d; e=f #g \\h {i} --> j, ü 日本 \u202e\n\x1b[31m \udcff\'.mkv'
"""What a name of a film on Linux can hold."""


def spoken(start: float, end: float, text: str = "hell", **more: Any) -> Treated:
    """A word, muted from a tenth of a second before it to one after it."""
    found = segment(start, end, labels=("Profanity", text), detections=(word(start, end, text),), **more)
    return Treated(found, sound=Span(start - 0.1, end + 0.1))


def seen(start: float, end: float, category: str = "Nudity", **more: Any) -> Treated:
    """A sight, covered."""
    return Treated(segment(start, end, category, **more), picture=Span(start, end))


def film(*segments: Treated, duration: float = 100.0, name: str = "Film.mkv", **more: Any) -> ExportInput:
    """A film of a hundred seconds."""
    return ExportInput(Path("/films", name), duration, segments, **more)


@dataclass(frozen=True, slots=True)
class Played:
    """What a player does, in its own milliseconds."""

    start: int
    end: int
    action: int


def kodi(text: str) -> tuple[list[Played], list[str]]:
    """Read an EDL as Kodi does (its `Edl.cpp`); return the edits it takes, and the lines it refuses."""
    taken: list[Played] = []
    refused: list[str] = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 2 or fields[0].startswith("##"):
            continue
        start, end = (_kodi_time(field) for field in fields[:2])
        if len(fields) < 3 or fields[2] == "2":  # a scene marker
            continue
        action = int(fields[2])
        inside = any(each.start <= time <= each.end for each in taken for time in (start, end))
        around = any(start < each.start and end > each.end for each in taken)
        if start < 0 or start >= end or inside or around:
            refused.append(line)
        else:
            taken.append(Played(start, end, action))
    return sorted(taken, key=lambda each: each.start), refused


def _kodi_time(field: str) -> int:
    if ":" in field:
        clock, _, part = field.partition(".")
        hours, minutes, seconds = map(int, clock.split(":"))
        return (hours * 3600 + minutes * 60 + seconds) * 1000 + int(f"{part}000"[:3])
    return int(float(field) * 1000)  # cut off, not rounded
