"""The film as a line in a report: its chapters, and a lane with its name for each kind of thing found.

All places are shares of the width, so that words are as large on a phone as on a sheet of paper.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from video_censor_personal.export.html import text
from video_censor_personal.export.stretches import Treated, is_left
from video_censor_personal.findings.reviews import needs_decision
from video_censor_personal.findings.timecode import format_short
from video_censor_personal.media.info import Chapter

MOST_MARKS = 6000
"""Findings that are drawn; no screen has room for more."""
_MOST_CHAPTERS = 500
_LONGEST_NAME = 60
_RULER, _CHAPTERS, _LANE, _BELOW = 20, 22, 40, 6
"""Pixels from top to bottom: the times, the chapters, each kind, some air."""
_BAR, _BAR_TOP = 14, 22
_LOOKS = 6
_TICKS = 8
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_PATTERNS = (
    "M0 0H8V8H0Z",
    "M0 0H3V8H0Z",
    "M0 0H8V3H0Z",
    "M0 0H4V4H0ZM4 4H8V8H4Z",
    "M0 0H8V2H2V8H0Z",
    "M2 2H6V6H2Z",
)
"""What fills the bars of each kind, in tiles of 8 pixels: full, upright, level, chequered, a grid, dots."""


def timeline(duration: float, found: Sequence[Treated], chapters: Sequence[Chapter]) -> Iterator[str]:
    """Return the lines of HTML.

    Args:
        duration: of the film, in seconds; 0 where it is not known.
        found: at least one finding, by time.
        chapters: the film's own, by time.
    """
    counts = Counter(each.segment.category for each in found)
    lanes = {name: number for number, name in enumerate(counts)}
    length = max(duration, *(each.segment.end for each in found), 0.001)
    named = [each for each in chapters if each.start < length][:_MOST_CHAPTERS]
    top = _RULER + (_CHAPTERS if named else 0)
    told = ", ".join(f"{name} {count}" for name, count in counts.items())
    height = top + _LANE * len(lanes) + _BELOW
    yield f'<svg height="{height}" role="img" aria-label="When: {text(told)}"><defs>'
    for number, path in enumerate(_PATTERNS):
        yield (
            f'<pattern id="p{number}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<path class="c{number}" d="{path}"/></pattern>'
        )
    yield "</defs>"
    yield from _ruler(length)
    yield from _chapters(named, length)
    for name, lane in lanes.items():
        shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
        yield f'<text class="kind" x="4" y="{top + lane * _LANE + 15}">{text(shown)} ({counts[name]})</text>'
    for treated in found[:MOST_MARKS]:
        lane = lanes[treated.segment.category]
        yield _bar(treated, lane, top + lane * _LANE + _BAR_TOP, length)
    yield "</svg>"
    yield f'<p class="quiet">{_legend(found)}</p>'


def _ruler(length: float) -> Iterator[str]:
    step = next((each for each in _STEPS if length / each <= _TICKS), 0)
    step = step or 3600 * math.ceil(length / 3600 / _TICKS)
    for number in range(int(length // step) + 1):
        share = number * step / length
        side, shift = ("end", -4) if share > 0.9 else ("middle", 0) if number else ("start", 4)
        when = format_short(number * step)[:-3] or "0"
        odd = ' class="odd"' if number % 2 else ""
        yield f'<text{odd} x="{_percent(share)}" dx="{shift}" y="14" text-anchor="{side}">{when}</text>'


def _chapters(chapters: Sequence[Chapter], length: float) -> Iterator[str]:
    """Each chapter up to the next; what of its name has no room is cut off, and the list has it whole."""
    starts = [max(each.start, 0.0) / length for each in chapters]
    for number, (chapter, start) in enumerate(zip(chapters, starts, strict=True), 1):
        end = starts[number] if number < len(starts) else 1.0
        name = text(chapter.title or f"Chapter {number}")
        yield (
            f'<svg class="chapter" x="{_percent(start)}" y="{_RULER}" width="{_percent(end - start)}"'
            f' height="{_CHAPTERS}"><title>{name}</title><path d="M0.5 0V{_CHAPTERS}"/>'
            f'<text x="5" y="15">{name}</text></svg>'
        )


def _bar(treated: Treated, lane: int, y: int, length: float) -> str:
    """A finding: full where it is hidden, half as high where it waits, and hollow where it is left."""
    segment, look = treated.segment, lane % _LOOKS
    state = " waits" if needs_decision(segment) else " left" if is_left(treated) else ""
    high = _BAR // 2 if state == " waits" else _BAR
    wide = max(segment.end - segment.start, 0.0) / length
    return (
        f'<rect class="c{look} f{look}{state}" x="{_percent(segment.start / length)}" y="{y + _BAR - high}"'
        f' width="{_percent(wide)}" height="{high}">'
        f"<title>{format_short(segment.start)} {text(segment.category)}</title></rect>"
    )


def _legend(found: Sequence[Treated]) -> str:
    said = []
    if any(needs_decision(each.segment) for each in found):
        said.append("What is half as high is to be decided.")
    if any(is_left(each) for each in found):
        said.append("What is hollow is left as it is.")
    if len(found) > MOST_MARKS:
        said.append(f"The first {MOST_MARKS} are drawn.")
    return " ".join(said)


def _percent(share: float) -> str:
    return f"{share * 100:.3f}%"
