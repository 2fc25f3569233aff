"""A table of all that was found and what becomes of it, for a spreadsheet."""

from __future__ import annotations

import csv
from io import StringIO

from video_censor_personal.export.stretches import ExportInput, Treated, shown
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.timecode import format_time

COLUMNS = (
    *("film", "start", "end", "start_seconds", "end_seconds", "category", "labels", "confidence"),
    *("action", "decision", "reviewed", "id", "description", "note", "sound_action", "picture_action"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")
_MORE_FORMULA = ("\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")


def render(source: ExportInput) -> str:
    """Return the table as CSV (RFC 4180), a row for each segment, allowed ones too."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    film = shown(source.film.name)
    for treated in source.segments:
        writer.writerow(map(_cell, [film, *_row(source, treated)]))
    return out.getvalue()


def _row(source: ExportInput, treated: Treated) -> list[str]:
    each = treated.segment
    start, end = _within(source, each.start), _within(source, each.end)
    return [
        *(format_time(start), format_time(end), f"{start:.3f}", f"{end:.3f}"),
        *(each.category, "; ".join(each.labels), f"{each.confidence:.2f}"),
        *(_action(treated), "allow" if each.allow else "hide", _reviewed(each)),
        *(each.id, each.description, each.note or "", *_actions(treated)),
    ]


def _within(source: ExportInput, seconds: float) -> float:
    most = float("inf") if source.length is None else source.length / 1000
    return min(max(seconds, 0.0), most)


def _action(treated: Treated) -> str:
    if treated.segment.allow:
        return "none"
    if treated.is_cut:
        return "cut"
    done = [name for name, span in (("mute", treated.sound), ("cover", treated.picture)) if span is not None]
    return " and ".join(done) or "none"


def _actions(treated: Treated) -> tuple[str, str]:
    """Return what a copy does to sound and picture, as the config names it."""
    if treated.segment.allow:
        return "none", "none"
    return (
        "none" if treated.sound is None else treated.sound_action,
        "none" if treated.picture is None else treated.picture_action,
    )


def _reviewed(segment: Segment) -> str:
    return {None: "", True: "yes", False: "no"}[segment.reviewed]


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, on one line."""
    plain = shown(text)
    return f"'{plain}" if plain.lstrip().startswith((*_FORMULA, *_MORE_FORMULA)) else plain
