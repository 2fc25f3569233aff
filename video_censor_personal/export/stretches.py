"""What an export tells of a film: the segments, when each is hidden, and that as stretches of time.

Stretches are in whole milliseconds, rounded outwards, and inside the film.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from modeltasks.support.text import one_line
from video_censor_personal.export.report_facts import ReportFacts
from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.reviews import needs_decision
from video_censor_personal.findings.segments import Segment
from video_censor_personal.media.info import Chapter

AROUND_A_PICTURE = 0.05
"""Seconds before and after a moment: the picture that is on the screen then is shown no longer."""
_MOMENT = 0.01
"""Seconds. What is shorter is shorter than any picture is shown."""

_LONGEST_TEXT = 100_000
_DONE = {
    **{"silence": "muted", "bleep": "bleeped", "duck": "made quieter", "sound": "own sound"},
    **{"reverse": "played backwards", "blank": "covered", "box": "covered by a box", "mosaic": "mosaic"},
    **{"blur": "blurred", "cut": "cut out"},
}
"""What is said of the config's actions."""
_MOST_NAMED = 3
"""What a title names of what is in a segment."""
_PUNCTUATION = " .,;:!?\u2026\"'\u201c\u201d\u2018\u2019\xab\xbb()-"


@dataclass(frozen=True, slots=True)
class Treated:
    """A segment, and when sound and picture are hidden because of it; None: they are not.

    `sound_action` and `picture_action` say how, as the config names it.
    """

    segment: Segment
    sound: Span | None = None
    picture: Span | None = None
    sound_action: str = "silence"
    picture_action: str = "blank"

    @property
    def is_cut(self) -> bool:
        """Whether picture and sound are taken out."""
        return self.picture is not None and self.picture_action == "cut"


@dataclass(frozen=True, slots=True)
class ExportInput:
    """All that is exported of a film; `duration` is in seconds, 0 where it is not known.

    `report` is what only a report tells; None where none is written.
    """

    film: Path
    duration: float
    segments: tuple[Treated, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    report: ReportFacts | None = None

    @property
    def length(self) -> int | None:
        """The film's length in milliseconds; None where it is not known."""
        return math.floor(self.duration * 1000 + 1e-6) if self.duration > 0 else None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Milliseconds from `start` to `end`, and the segments because of which something is hidden there."""

    start: int
    end: int
    segments: tuple[Segment, ...] = ()


def stretch(source: ExportInput, start: float, end: float, *segments: Segment) -> Stretch | None:
    """Return the part of a span, in seconds, that is inside the film; None where there is none."""
    first = max(math.floor(start * 1000 + 1e-6), 0)
    last = math.ceil(end * 1000 - 1e-6)
    if source.length is not None:
        last = min(last, source.length)
    return Stretch(first, last, segments) if last > first else None


def muted_by(source: ExportInput, treated: Treated) -> Stretch | None:
    """Return where the sound is hidden because of a segment; an allowed one hides nothing."""
    span = treated.sound
    if span is None or treated.segment.allow:
        return None
    return stretch(source, span.start, span.end, treated.segment)


def covered_by(source: ExportInput, treated: Treated) -> Stretch | None:
    """Return where the picture is hidden because of a segment; an allowed one hides nothing.

    A moment stands for the picture that is on the screen then.
    """
    span = treated.picture
    if span is None or treated.segment.allow:
        return None
    around = AROUND_A_PICTURE if span.end - span.start < _MOMENT else 0.0
    return stretch(source, span.start - around, span.end + around, treated.segment)


def muted(source: ExportInput, reach: int = 0) -> tuple[Stretch, ...]:
    """Return where the sound is hidden, by time; what is at most `reach` milliseconds apart is one."""
    return joined((muted_by(source, each) for each in source.segments), reach)


def covered(source: ExportInput, reach: int = 0) -> tuple[Stretch, ...]:
    """Return where the picture is hidden, by time; what is at most `reach` milliseconds apart is one."""
    return joined((covered_by(source, each) for each in source.segments), reach)


def joined(stretches: Iterable[Stretch | None], reach: int = 0) -> tuple[Stretch, ...]:
    """Return the stretches by time, those that overlap or are at most `reach` milliseconds apart as one."""
    groups: list[list[Stretch]] = []
    end = 0
    for each in sorted(filter(None, stretches), key=lambda each: (each.start, each.end)):
        if groups and each.start <= end + reach:
            groups[-1].append(each)
            end = max(end, each.end)
        else:
            groups.append([each])
            end = each.end
    return tuple(map(_one, groups))


def without(stretches: Iterable[Stretch], taken: Iterable[Stretch], gap: int = 0) -> tuple[Stretch, ...]:
    """Return what of the stretches lies outside those that are `taken`, at least `gap` milliseconds away."""
    holes = joined(Stretch(each.start - gap, each.end + gap) for each in taken)
    ends = [hole.end for hole in holes]
    found = []
    for each in stretches:
        start = each.start
        for hole in islice(holes, bisect_right(ends, start), None):
            if hole.start >= each.end:
                break
            if hole.start > start:
                found.append(replace(each, start=start, end=hole.start))
            start = hole.end
        if start < each.end:
            found.append(replace(each, start=start))
    return tuple(found)


def _one(group: Sequence[Stretch]) -> Stretch:
    """Return a group of stretches as one, with each of their segments once."""
    segments = dict.fromkeys(segment for each in group for segment in each.segments)
    return Stretch(group[0].start, max(each.end for each in group), tuple(segments))


def categories(segments: Iterable[Segment]) -> str:
    """Return the categories of segments, each once, fit to be shown."""
    return ", ".join(dict.fromkeys(shown(each.category) for each in segments))


def hidden_things(segments: Iterable[Segment]) -> dict[str, tuple[str, ...]]:
    """Return what is hidden, by category: the words, all but their first letters masked."""
    found: dict[str, dict[str, None]] = {}
    for segment in segments:
        words = found.setdefault(shown(segment.category), {})
        words |= dict.fromkeys(_said(segment))
    return {category: tuple(words) for category, words in found.items()}


def is_left(treated: Treated) -> bool:
    """Return whether nothing is done about a finding, and nobody has to decide about it."""
    return treated.sound is None and treated.picture is None and not needs_decision(treated.segment)


def what_is_done(treated: Treated) -> str:
    """Return what is done about a finding, in a few words."""
    if needs_decision(treated.segment):
        return "to decide"
    actions = ((treated.sound_action, treated.sound), (treated.picture_action, treated.picture))
    hidden = [_DONE.get(action, action) for action, span in actions if span is not None]
    return ", ".join(dict.fromkeys(hidden)) or "left as it is"


def title_of(segment: Segment) -> str:
    """Return what a list calls a segment: the words, all but their first letters masked, or the labels."""
    words = dict.fromkeys(_said(segment))
    labels = dict.fromkeys(shown(each) for each in segment.labels if each != segment.category)
    names = list(words or labels) or [shown(segment.category)]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _said(segment: Segment) -> Iterator[str]:
    """Yield the words of a segment, masked, without the punctuation around them."""
    texts = (shown(hit.text).strip(_PUNCTUATION) for hit in segment.detections if hit.text is not None)
    yield from (masked(text) for text in texts if text)


def masked(words: str) -> str:
    """Return words of which only the first letters can be read."""
    return " ".join(_masked(word) for word in words.split())


def _masked(word: str) -> str:
    first = next((place for place, char in enumerate(word) if char.isalnum()), 0)
    return word[: first + 1] + "*" * len(word[first + 1 :])


def shown(text: object) -> str:
    """Return text of others as one line that any file can hold."""
    return one_line(text, _LONGEST_TEXT)
