"""Edit decision lists, by which a player mutes or skips parts of the original without a new file.

Kodi's format (https://kodi.wiki/view/Edit_decision_list): a line for each span with its start and end
in seconds and an action, set apart by tabs; 0 skips the span, 1 mutes it. Spans may not overlap.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from modeltasks.support.files import write_whole

SKIP = 0
MUTE = 1


class Span(Protocol):
    """A segment or an edit."""

    @property
    def start(self) -> float:
        """Seconds."""

    @property
    def end(self) -> float:
        """Seconds."""


def edl_text(mutes: Iterable[Span], skips: Iterable[Span] = ()) -> str:
    """Return the list. Spans of one action that touch are joined; what is skipped is not muted too."""
    skipped = _joined(skips)
    lines = [(start, end, SKIP) for start, end in skipped]
    for muted in _joined(mutes):
        lines += [(start, end, MUTE) for start, end in _without(muted, skipped)]
    return "".join(f"{start:.3f}\t{end:.3f}\t{action}\n" for start, end, action in sorted(lines))


def write_edl(path: Path, mutes: Iterable[Span], skips: Iterable[Span] = ()) -> None:
    """Write the list; a player looks for it beside the video, under its name with the suffix `.edl`.

    Raises:
        OSError: the folder cannot be written.
    """
    write_whole(path, edl_text(mutes, skips))


def _joined(spans: Iterable[Span]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start, end in sorted((max(0.0, span.start), span.end) for span in spans if span.end > span.start):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _without(span: tuple[float, float], holes: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The parts of a span outside the holes, which are in order and apart."""
    parts = []
    start, end = span
    for first, last in holes:
        if first < end and last > start:
            if first > start:
                parts.append((start, first))
            start = last
    return [*parts, (start, end)] if start < end else parts
