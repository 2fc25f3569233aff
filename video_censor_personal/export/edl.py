"""Edit decision lists, as Kodi and MPlayer read them: `start end action`, in seconds.

As published: kodi.wiki/view/Edit_decision_list, and MPlayer's manual, "Edit Decision Lists (EDL)".
Both ignore an edit that touches one of an earlier line, so those written here are apart. Lines of others in
the same file are kept; ours stand above them, so that ours count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from video_censor_personal.export.stretches import ExportInput, Stretch, covered, muted, without
from video_censor_personal.findings.timecode import parse_time

BEGIN = "## video-censor begins; all up to its end is written anew, other lines are kept"
END = "## video-censor ends"
"""Comments of Kodi: the first word is `##`, and there is another one."""

SKIP, MUTE = 0, 1
_BREAK = 3
_GAP = 2
"""Milliseconds between two edits, and the longest that is too short for one. Kodi cuts decimals off, which
takes one away, and refuses edits that touch or have no length."""

_SECTION = re.compile(
    r"^## video-censor begins\b.*\n(?:.*\n)*?## video-censor ends\b.*(?:\n|\Z)", re.MULTILINE
)
_MARK = re.compile(r"^## video-censor (?:begins|ends)\b.*(?:\n|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Edit:
    """What a player does from `start` to `end`, in milliseconds."""

    start: int
    end: int
    action: int


def render(source: ExportInput) -> str:
    """Return a list with nothing but our edits."""
    return _section(planned(source))


def update(text: str, source: ExportInput) -> str:
    """Return a list that is there already with our edits in place of those before, and all else kept.

    Of an edit of others that ours touch, players would ignore all: the rest of it is written with ours.
    """
    kept = others(text)
    theirs = _accepted(filter(None, map(_parsed, kept.splitlines())))
    ours = planned(source, [each for each in theirs if each.action == SKIP])
    taken = [Stretch(each.start, each.end) for each in ours]
    rest = [
        Edit(part.start, part.end, each.action)
        for each in theirs
        if any(_touch(each, our) for our in ours)
        for part in _long_enough(without([Stretch(each.start, each.end)], taken, _GAP))
    ]
    return _section([*ours, *rest]) + kept


def others(text: str) -> str:
    """Return what of a list was not written by this program."""
    return _MARK.sub("", _SECTION.sub("", text)).removeprefix("\ufeff")


def has_section(text: str) -> bool:
    """Whether a list was written, or added to, by this program."""
    return _SECTION.search(text) is not None


def planned(source: ExportInput, cuts: Iterable[Edit] = ()) -> list[Edit]:
    """Return what a player does that cannot cover pictures: it skips those, and mutes what else is hidden.

    Args:
        source: what is hidden.
        cuts: where somebody else skips, so that nothing needs to be muted.
    """
    skipped = covered(source, _GAP)
    taken = [*skipped, *(Stretch(each.start, each.end) for each in cuts)]
    silent = _long_enough(without(muted(source, _GAP), taken, _GAP))
    edits = [Edit(each.start, each.end, SKIP) for each in skipped]
    edits += [Edit(each.start, each.end, MUTE) for each in silent]
    return sorted(edits, key=lambda each: each.start)


def _long_enough(stretches: Iterable[Stretch]) -> list[Stretch]:
    return [each for each in stretches if each.end - each.start > _GAP]


def _section(edits: Iterable[Edit]) -> str:
    ordered = sorted(edits, key=lambda each: each.start)
    lines = [f"{each.start / 1000:.3f}\t{each.end / 1000:.3f}\t{each.action}" for each in ordered]
    return "\n".join([BEGIN, *lines, END, ""])


def _parsed(line: str) -> Edit | None:
    """Return the edit of a line; None for what else a line can be, and for frame numbers."""
    fields = line.split()[:3]
    try:
        start, end = (round(parse_time(field) * 1000) for field in fields[:2])
        action = int(fields[2])
    except (ValueError, IndexError):
        return None
    return Edit(start, end, action) if start < end and action in (SKIP, MUTE, _BREAK) else None


def _accepted(edits: Iterable[Edit]) -> list[Edit]:
    """Return those that players take: each that touches none of an earlier line."""
    found: list[Edit] = []
    for edit in edits:
        if not any(edit.start <= each.end and each.start <= edit.end for each in found):
            found.append(edit)
    return found


def _touch(one: Edit, other: Edit) -> bool:
    return one.start < other.end + _GAP and other.start < one.end + _GAP
