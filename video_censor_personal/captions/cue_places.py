"""Where the cues of a file of subtitles stand in it, in each form that such files have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from video_censor_personal.captions.markup import Form

FORMS: dict[str, Form] = {
    **{"srt": "plain", "vtt": "plain", "sami": "plain", "ttml": "plain"},
    **{"ass": "ass", "ssa": "ass", "microdvd": "lines"},
}
"""How the texts of each form of file are marked up."""
_CLOCK = r"(?:(\d+):)?(\d{1,3}):(\d{1,2})(?:[.,:](\d{1,3}))?"
_TIMES = re.compile(rf"^[^\S\n]*{_CLOCK}[^\S\n]*-->[^\S\n]*{_CLOCK}[^\n]*$", re.MULTILINE)
_ANY_TIMES = re.compile(r"^.*-->.*$", re.MULTILINE)
_NO_NAMES = ("WEBVTT", "NOTE", "STYLE", "REGION")
_EMPTY_LINE = re.compile(r"\n[^\S\n]*(?:\n|\Z)")
_SECTION = re.compile(r"^\s*\[([^\]\n]+)\]\s*$", re.MULTILINE)
_ASS_LINE = re.compile(r"^[^\S\n]*(Format|Dialogue):([^\n]*)\n?", re.MULTILINE | re.IGNORECASE)
_ASS_TIME = re.compile(r"\s*(\d+):(\d+):(\d+)(?:[.:](\d+))?\s*")
_ASS_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_COUNTED = re.compile(r"^[^\S\n]*\{(\d+)\}\{(\d*)\}([^\n]*)\n?", re.MULTILINE)
_SYNC = re.compile(r"<sync\b[^<>]*?\bstart\s*=\s*[\"']?(\d+)[^<>]*>", re.IGNORECASE)
_BODY_END = re.compile(r"</body\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"<((?:\w+:)?p)\b([^<>]*[^<>/])?>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
_NESTED_TIME = re.compile(r"<(?:\w+:)?(?:body|div)\b[^<>]*\s(?:begin|timeContainer)\s*=", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?<![\w:])(begin|end|dur)\s*=\s*[\"']([^\"']*)[\"']")
_OFFSET = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_ALWAYS = (0.0, float("inf"))
"""When a cue is shown of which nobody can tell when."""
_SAMI_EMPTY = "&nbsp;"


@dataclass(frozen=True, slots=True)
class CuePlace:
    """A cue in a file: when it is shown, in seconds, and where its text is.

    `whole` is what goes when the cue is dropped, and `left` what stands there then.
    """

    start: float
    end: float
    text: tuple[int, int]
    whole: tuple[int, int]
    left: str = ""


def cue_places(written: str, form: str, rate: Callable[[], float]) -> Iterator[CuePlace]:
    """Yield where the cues of a file are, in the order of the file.

    Args:
        written: what is in the file; lines end with a line feed.
        form: as `media.sidecars.form_of` tells it.
        rate: tells how many pictures a second the film has, where a file counts them.
    """
    if form in ("srt", "vtt"):
        yield from _timed(written, is_webvtt=form == "vtt")
    elif form in ("ass", "ssa"):
        yield from _dialogue(written)
    elif form == "microdvd":
        yield from _counted(written, rate)
    elif form == "sami":
        yield from _synchronised(written)
    else:
        yield from _paragraphs(written)


def _timed(written: str, *, is_webvtt: bool) -> Iterator[CuePlace]:
    lines = list(_ANY_TIMES.finditer(written))
    begin_of = _named_begin if is_webvtt else _numbered_begin
    begins = [*(begin_of(written, line.start()) for line in lines), len(written)]
    for line, (begin, after) in zip(lines, pairwise(begins), strict=True):
        last, whole_end = after, after
        if is_webvtt and (gap := _EMPTY_LINE.search(written, line.end(), after)) is not None:
            # What stands behind it, such as a note, is not of this cue.
            last, whole_end = gap.start(), gap.end()
        first = min(line.end() + 1, last)
        times = _TIMES.match(line[0])
        start, end = _ALWAYS if times is None else (_clock(*times.groups()[:4]), _clock(*times.groups()[4:]))
        yield CuePlace(start, max(start, end), (first, last), (begin, whole_end))


def _numbered_begin(written: str, times: int) -> int:
    """Return where the cue of a line of times begins: with the number above, if there is one."""
    above, line = _line_above(written, times)
    return above if line.strip(" \t\ufeff").isdigit() else times


def _named_begin(written: str, times: int) -> int:
    """Return where the cue of a line of times begins: with the name above, if there is one."""
    above, line = _line_above(written, times)
    is_name = line.strip() and not line.lstrip("\ufeff").startswith(_NO_NAMES)
    is_first = above == 0 or not _line_above(written, above)[1].strip()
    return above if is_name and is_first else times


def _line_above(written: str, place: int) -> tuple[int, str]:
    if place == 0:
        return 0, ""
    begin = written.rfind("\n", 0, place - 1) + 1
    return begin, written[begin : place - 1]


def _clock(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    part = int(fraction) / 10 ** len(fraction) if fraction else 0.0
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + part


def _dialogue(written: str) -> Iterator[CuePlace]:
    names: tuple[str, ...] = _ASS_FIELDS
    sections = [(found.start(), found[1].strip().casefold()) for found in _SECTION.finditer(written)]
    for line in _ASS_LINE.finditer(written):
        section = next((name for start, name in reversed(sections) if start < line.start()), "events")
        if section != "events":
            continue
        if line[1].casefold() == "format":
            names = tuple(name.strip().casefold() for name in line[2].split(","))
            continue
        fields = line[2].split(",", len(names) - 1)
        values = dict(zip(names, fields, strict=False))
        start, end = _ass_time(values.get("start")), _ass_time(values.get("end"))
        times = _ALWAYS if start is None or end is None else (start, end)
        text_end = line.end(2)
        yield CuePlace(*times, (text_end - len(fields[-1]), text_end), line.span())


def _ass_time(value: str | None) -> float | None:
    found = _ASS_TIME.fullmatch(value or "")
    return None if found is None else _clock(found[1], found[2], found[3], found[4])


def _counted(written: str, rate: Callable[[], float]) -> Iterator[CuePlace]:
    lines = list(_COUNTED.finditer(written))
    if not lines:
        return
    told = _number(lines[0][3].strip()) if lines[0][1] in ("0", "1") else None
    speed = told or rate()
    for number, line in enumerate(lines):
        if number == 0 and told:
            continue
        start = int(line[1]) / speed
        later = next((int(each[1]) / speed for each in lines[number + 1 :]), float("inf"))
        end = int(line[2]) / speed if line[2] else later
        yield CuePlace(start, max(start, end), line.span(3), line.span())


def _number(text: str) -> float | None:
    try:
        return float(text) or None
    except ValueError:
        return None


def _synchronised(written: str) -> Iterator[CuePlace]:
    marks = [(int(each[1]) / 1000, each.end(), each.start()) for each in _SYNC.finditer(written)]
    end = _BODY_END.search(written)
    marks.append((float("inf"), 0, len(written) if end is None else end.start()))
    for (start, first, _), (stop, _, last) in pairwise(marks):
        if first < last:
            # The mark stays: it ends the cue before.
            yield CuePlace(start, max(start, stop), (first, last), (first, last), _SAMI_EMPTY)


def _paragraphs(written: str) -> Iterator[CuePlace]:
    is_absolute = _NESTED_TIME.search(written) is None
    for found in _PARAGRAPH.finditer(written):
        given = dict(_ATTRIBUTE.findall(found[2] or ""))
        start, end, length = (_moment(given.get(name)) for name in ("begin", "end", "dur"))
        if start is not None and end is None and length is not None:
            end = start + length
        # Times may be counted from those of what is around it, or in pictures.
        is_told = is_absolute and start is not None and end is not None
        times = (start or 0.0, end or 0.0) if is_told else _ALWAYS
        yield CuePlace(*times, found.span(3), found.span())


def _moment(value: str | None) -> float | None:
    if value is None:
        return None
    if (offset := _OFFSET.fullmatch(value.strip())) is not None:
        return float(offset[1]) * _UNITS[offset[2]]
    parts = value.strip().split(":")
    if len(parts) != 3 or not all(re.fullmatch(r"\d+(?:\.\d+)?", part) for part in parts):
        return None
    return float(parts[0]) * 3600 + float(parts[1]) * 60 + float(parts[2])
