"""The times of a segment in a results file, where each is written twice: as a text and in seconds."""

from __future__ import annotations

from itertools import product

from video_censor_personal.export.json_fields import Fields
from video_censor_personal.findings.segments import segment_id
from video_censor_personal.findings.timecode import format_time, parse_time

_TOLERANCE = 0.0015
"""Seconds. A text has three decimals, the original's numbers have more."""
_LATEST = 1e7


def read_times(fields: Fields, category: str) -> tuple[float, float, list[str]]:
    """Return start and end of a segment, and warnings where the two forms of one of them differ.

    The form that is still as this program or the original wrote it is old; the other was edited, and
    counts. Where neither is recognised, the text counts, as in the original: people edit the texts.

    Raises:
        SegmentsError: a time is missing, or is none.
    """
    starts, ends = _forms(fields, "start_time"), _forms(fields, "end_time")
    if len(starts) == len(ends) == 1:
        return starts[0], ends[0], []
    old_start, old_end = _as_written(fields, starts, ends, category)
    warnings: list[str] = []
    return (
        _chosen(fields, "start_time", starts, old_start, warnings),
        _chosen(fields, "end_time", ends, old_end, warnings),
        warnings,
    )


def read_time(fields: Fields, key: str) -> tuple[float | None, list[str]]:
    """Return a time that is written in both forms, if it is there, and warnings where they differ."""
    if fields.value.get(key) is None and fields.value.get(f"{key}_seconds") is None:
        return None, []
    forms = _forms(fields, key)
    warnings: list[str] = []
    return _chosen(fields, key, forms, None, warnings), warnings


def _forms(fields: Fields, key: str) -> tuple[float, ...]:
    """The values of both forms; one where they agree or only one is given."""
    found: list[float] = []
    for name in (key, f"{key}_seconds"):
        value = fields.value.get(name)
        if value is None:
            continue
        try:
            seconds = parse_time(value)
        except ValueError as error:
            raise fields.wrong(name, str(error)) from error
        if seconds > _LATEST:
            raise fields.wrong(name, f"{seconds:g} seconds are more than any film has")
        if not found or not _same(found[0], seconds):
            found.append(seconds)
    if not found:
        raise fields.error(f'has no "{key}"', f'neither "{key}" nor "{key}_seconds" is given')
    return tuple(found)


def _as_written(
    fields: Fields, starts: tuple[float, ...], ends: tuple[float, ...], category: str
) -> tuple[float | None, float | None]:
    """Which of the values are as they were written, judged by the rest of the entry.

    The times of the detections are exact; the id has the start; the original has the duration only.
    """
    spans = [(each.get("start"), each.get("end")) for each in fields.value.get("detections") or ()]
    known = [(a, b) for a, b in spans if isinstance(a, int | float) and isinstance(b, int | float)]
    start = _form_equal_to(starts, min((a for a, _ in known), default=None))
    end = _form_equal_to(ends, max((b for _, b in known), default=None))
    name = fields.text("id") or ""
    if start is None:
        named = [each for each in starts if f"{name}-".startswith(f"{segment_id(category, each)}-")]
        start = named[0] if len(named) == 1 else None
    if fields.value.get("duration_seconds") is not None:
        duration = fields.number("duration_seconds", 0.0)
        pairs = [
            (a, b)
            for a, b in product(starts, ends)
            if _same(b - a, duration) and start in {None, a} and end in {None, b}
        ]
        if len(pairs) == 1:
            return pairs[0]
    return start, end


def _form_equal_to(forms: tuple[float, ...], written: float | None) -> float | None:
    return next((each for each in forms if written is not None and _same(each, written)), None)


def _chosen(
    fields: Fields, key: str, forms: tuple[float, ...], written: float | None, warnings: list[str]
) -> float:
    if len(forms) == 1:
        return forms[0]
    text, seconds = forms
    is_edited = f"{key}_seconds" if written == text else key
    chosen = seconds if written == text else text
    why = "it was edited" if written is not None else "the text counts where nothing tells which was edited"
    warnings.append(
        f'{fields.place}: "{key}" is {format_time(text)} and "{key}_seconds" is {seconds:g}; '
        f'"{is_edited}" counts: {why}'
    )
    return chosen


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _TOLERANCE
