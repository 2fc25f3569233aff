"""What a person may change in what was found: values, read strictly from JSON and written as such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from video_censor_personal.export.json_fields import Fields, SegmentsError
from video_censor_personal.export.results_json import segment_entry, style_entry
from video_censor_personal.export.results_reader import AUDIO_ACTIONS, VIDEO_ACTIONS, read_segment, read_style
from video_censor_personal.findings.segments import PictureStyle, Segment
from video_censor_personal.findings.timecode import format_short
from video_censor_personal.review.errors import NotPossible

Place = Literal["segments", "weak", "retired"]
"""The list of a results file in which a segment is."""

_PLACES: tuple[Place, ...] = get_args(Place)

DECISIONS = ("allow", "reviewed", "audio_remediation", "video_remediation", "video_style", "note")
"""The fields of a segment that say what is to become of it."""

_SETTABLE = (*DECISIONS, "start", "end", "category")
_ADDED = ("audio_remediation", "video_remediation", "note")
_LONGEST_TEXT = 2000
_BEYOND = 0.05
"""Seconds past the end of a film that are taken for its end: lengths are rounded."""
_KINDS = ("set", "add", "split", "merge", "remove", "restore")
_TIMES = {"start": "the start", "end": "the end", "at": "the place of the split"}


@dataclass(frozen=True, slots=True)
class Target:
    """A segment, as it was when somebody looked at it."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class Set:
    """New values for fields of a segment."""

    target: Target
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Add:
    """A new segment, from `start` to `end` seconds; `decisions` as in `Set`."""

    start: float
    end: float
    category: str
    decisions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Split:
    """A segment becomes two that meet `at` a moment, in seconds."""

    target: Target
    at: float


@dataclass(frozen=True, slots=True)
class Merge:
    """Segments of one category become one."""

    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Remove:
    """A segment that a person made is gone."""

    target: Target


@dataclass(frozen=True, slots=True)
class Stored:
    """A segment, and the list in which it is."""

    place: Place
    segment: Segment


@dataclass(frozen=True, slots=True)
class Restore:
    """Segments give way to those of before."""

    replaced: tuple[Target, ...]
    segments: tuple[Stored, ...]


Change = Set | Add | Split | Merge | Remove | Restore


def read_changes(value: object, duration: float | None) -> tuple[Change, ...]:
    """Return the changes that a list of JSON objects describes.

    Args:
        value: the list.
        duration: of the film, in seconds; None where nobody knows.

    Raises:
        NotPossible: one of them makes no sense; names the change and the field.
    """
    if not isinstance(value, list):
        with _as_sent("changes"):
            raise SegmentsError("changes", "it is not a list of objects", "")
    return tuple(_Reader(number, each, duration).change() for number, each in enumerate(value, 1))


def as_json(change: Change) -> dict[str, Any]:
    """Return the JSON object that describes a change."""
    match change:
        case Set(target, values):
            return {"kind": "set", **_of(target), **{name: _plain(each) for name, each in values.items()}}
        case Add(start, end, category, decisions):
            return {"kind": "add", "start": start, "end": end, "category": category, **decisions}
        case Split(target, at):
            return {"kind": "split", **_of(target), "at": at}
        case Merge(targets):
            return {"kind": "merge", "segments": [_of(each) for each in targets]}
        case Remove(target):
            return {"kind": "remove", **_of(target)}
        case Restore(replaced, segments):
            entries = [segment_entry(each.segment) | {"place": each.place} for each in segments]
            return {"kind": "restore", "replaces": [_of(each) for each in replaced], "segments": entries}


class _Reader:
    """Reads one change."""

    def __init__(self, number: int, value: object, duration: float | None) -> None:
        self._duration = duration
        with _as_sent():
            self._fields = Fields.of(f"change {number}", value, "it is written as { … }").once()

    def change(self) -> Change:
        match self._fields.value.get("kind"):
            case "set":
                self._only("id", "version", *_SETTABLE)
                return self._set()
            case "add":
                self._only("start", "end", "category", *_ADDED)
                return Add(self._time("start"), self._time("end"), self._category(), self._decisions(_ADDED))
            case "split":
                self._only("id", "version", "at")
                return Split(_target(self._fields), self._time("at"))
            case "merge":
                self._only("segments")
                return Merge(self._targets("segments"))
            case "remove":
                self._only("id", "version")
                return Remove(_target(self._fields))
            case "restore":
                self._only("replaces", "segments")
                return Restore(self._targets("replaces"), self._stored())
        with _as_sent("kind"):
            raise self._fields.wrong("kind", f"it is none of {', '.join(_KINDS)}")

    def _set(self) -> Set:
        values = self._decisions(DECISIONS)
        given = self._fields.value
        values |= {name: self._time(name) for name in ("start", "end") if name in given}
        if "category" in given:
            values["category"] = self._category()
        if not values:
            with _as_sent("kind"):
                raise self._fields.error("changes nothing", f"it has none of {', '.join(_SETTABLE)}")
        return Set(_target(self._fields), values)

    def _decisions(self, names: Iterable[str]) -> dict[str, Any]:
        """The decisions that are given, of those with these names."""
        values: dict[str, Any] = {}
        for name in names:
            if name in self._fields.value:
                with _as_sent(name):
                    values[name] = self._decision(name)
        return values

    def _decision(self, name: str) -> object:
        fields = self._fields
        match name:
            case "audio_remediation":
                return fields.choice(name, AUDIO_ACTIONS)
            case "video_remediation":
                return fields.choice(name, VIDEO_ACTIONS)
            case "video_style":
                return read_style(fields)
            case "note":
                return self._text(name)
        flag = fields.flag(name)
        if flag is None and name == "allow":
            raise fields.wrong(name, "it is neither true nor false")
        return flag

    def _category(self) -> str:
        with _as_sent("category"):
            found = (self._text("category") or "").strip()
        if not found:
            raise NotPossible("Nothing was changed", "the category is empty", "Choose one", "category")
        return found

    def _text(self, name: str) -> str | None:
        text = self._fields.text(name)
        if text is not None and len(text) > _LONGEST_TEXT:
            raise self._fields.wrong(name, f"it has more than {_LONGEST_TEXT:,} characters")
        return text

    def _time(self, name: str) -> float:
        """Seconds within the film, in whole milliseconds."""
        with _as_sent(name):
            if self._fields.value.get(name) is None:
                raise self._fields.wrong(name, "it is missing")
            seconds = round(self._fields.number(name, 0.0), 3)
        end = self._duration
        if seconds < 0 or (end is not None and seconds > end + _BEYOND):
            ends = "" if end is None else f" and ends at {format_short(end)}"
            raise NotPossible(
                "Nothing was changed",
                f"{_TIMES[name]} is at {seconds:.2f} s, and the film begins at 0{ends}",
                "Choose a moment within the film",
                name,
            )
        return seconds if end is None else min(seconds, round(end, 3))

    def _targets(self, key: str) -> tuple[Target, ...]:
        with _as_sent(key):
            found = self._fields.objects(key, "segment")
        return tuple(map(_target, found))

    def _stored(self) -> tuple[Stored, ...]:
        with _as_sent("segments"):
            return tuple(
                Stored(place, segment)
                for fields in self._fields.objects("segments", "segment")
                for place, segment in _read_stored(fields)
            )

    def _only(self, *known: str) -> None:
        with _as_sent():
            self._fields.only(("kind", *known))


def _of(target: Target) -> dict[str, str]:
    return {"id": target.id, "version": target.version}


def _target(fields: Fields) -> Target:
    with _as_sent("id"):
        name, version = fields.text("id"), fields.text("version")
        if name is None or version is None:
            raise fields.wrong("id" if name is None else "version", "it is missing")
    return Target(name, version)


def _read_stored(fields: Fields) -> Iterator[tuple[Place, Segment]]:
    place: Place = fields.choice("place", _PLACES) or "segments"
    entry = {key: value for key, value in fields.value.items() if key != "place"}
    for segment in read_segment(Fields(fields.place, entry), []):
        yield place, segment


def _plain(value: object) -> object:
    return style_entry(value) if isinstance(value, PictureStyle) else value


@contextmanager
def _as_sent(field: str | None = None) -> Iterator[None]:
    """Tell a mistake in the block as one in what a page sent, not in a file."""
    try:
        yield
    except SegmentsError as error:
        raise NotPossible(
            "Nothing was changed", f"{error.what}: {error.why}", "Reload the page, and try again", field
        ) from error
