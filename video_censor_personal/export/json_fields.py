"""JSON files that people edit, read strictly: mistakes are named with their place."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from video_censor_personal.config.yaml_nodes import nearest
from video_censor_personal.errors import VideoCensorError

Choice = TypeVar("Choice", bound=str)

_LARGEST_FILE = 256 * 2**20
"""Bytes. A film of many hours with scores for every picture takes a tenth of that."""
_LARGEST = 1e9
_MEND = "Mend it, or move the file away and run again"


class SegmentsError(VideoCensorError):
    """A results file cannot be read, or says something impossible."""

    kind = "segments"


class NotResults(SegmentsError):
    """A file is not a results file, but somebody else's."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is not a results file", why, "Give the JSON file that an analysis wrote")


class _Object(dict[str, Any]):
    """A JSON object; `twice` are keys that were given more than once."""

    twice: tuple[str, ...] = ()


def load_bytes(path: Path) -> bytes:
    """Return the content of a JSON file.

    Raises:
        NotResults: it is too large to be one.
        SegmentsError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise SegmentsError(
            f"{path} cannot be read", error.strerror or str(error), "Check the path of the results file"
        ) from error
    if len(content) > _LARGEST_FILE:
        raise NotResults(path, f"it is larger than {_LARGEST_FILE:,} bytes")
    return content


def parse_json(path: Path, content: bytes) -> object:
    """Return what the content of a JSON file says. NaN and Infinity are read as such, and refused later.

    Raises:
        NotResults: it is no JSON at all.
        SegmentsError: it is a results file with a mistake in its JSON.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NotResults(path, f"line {line} is not UTF-8 text") from error
    try:
        return json.loads(text, object_pairs_hook=_with_repeated_keys)
    except (ValueError, RecursionError) as error:
        if '"segments"' not in text:
            raise NotResults(path, f"it is not valid JSON ({error})") from error
        raise SegmentsError(f"{path} is not valid JSON", str(error), _MEND) from error


def _with_repeated_keys(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        found.twice = tuple(name for name in found if names.count(name) > 1)
    return found


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object in the file, and where it stands, for messages."""

    place: str
    value: dict[str, Any]

    @classmethod
    def of(cls, place: str, value: object, form: str) -> Fields:
        """Return the fields of `value`.

        Raises:
            SegmentsError: it is no object; `form` says what it should look like.
        """
        if not isinstance(value, dict):
            raise SegmentsError(f"{place} is not an object", form, _MEND)
        return cls(place, value)

    def unknown(self, known: Collection[str]) -> list[str]:
        """Return a message for each key that is not in `known`, with the nearest that is."""
        return [
            f'"{key}" is not known, the nearest is "{near}"'
            if (near := nearest(key, known))
            else f'"{key}" is not known, known are {", ".join(known)}'
            for key in self.value
            if key not in known
        ]

    def only(self, known: Collection[str]) -> Fields:
        """Make sure that every key is known and given once.

        Raises:
            SegmentsError: names the first that is not.
        """
        self.once()
        for why in self.unknown(known):
            raise self.error("has a key that means nothing", why)
        return self

    def once(self) -> Fields:
        """Make sure that no key is given twice.

        Raises:
            SegmentsError: names the first that is.
        """
        for key in getattr(self.value, "twice", ()):
            raise self.error(f'has "{key}" twice', "only one of them could count")
        return self

    def text(self, key: str) -> str | None:
        """Return a text; None where it is absent, null or empty."""
        value = self.value.get(key)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self.wrong(key, f"{_shown(value)} is not a text")
        return value

    def choice(self, key: str, choices: Collection[Choice]) -> Choice | None:
        """Return one of a few words; None where it is absent or null."""
        text = self.text(key)
        found = next((each for each in choices if each == text), None)
        if text is not None and found is None:
            raise self.wrong(key, f"{_shown(text)} is none of {', '.join(choices)}")
        return found

    def flag(self, key: str) -> bool | None:
        """Return true or false; None where it is absent or null."""
        value = self.value.get(key)
        if value is not None and not isinstance(value, bool):
            why = "; leave out the quotes" if str(value).lower() in {"true", "false"} else ""
            raise self.wrong(key, f"{_shown(value)} is neither true nor false{why}")
        return value

    def number(self, key: str, default: float, least: float = -_LARGEST, most: float = _LARGEST) -> float:
        """Return a number between `least` and `most`."""
        value = self.value.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN
            raise self.wrong(key, f"{_shown(value)} is not a number")
        if not least <= value <= most:
            raise self.wrong(key, f"{_shown(value)} is not between {least:g} and {most:g}")
        return float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, each once; a text alone counts as a list of one."""
        value = self.value.get(key)
        items = [value] if isinstance(value, str) else value
        if items is None:
            return ()
        if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
            raise self.wrong(key, f"{_shown(value)} is not a list of texts")
        return tuple(dict.fromkeys(items))

    def objects(self, key: str, noun: str) -> list[Fields]:
        """Return the objects of a list; each is called `noun` and its number."""
        value = self.value.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(key, "it is not a list of objects")
        form = "it is written as { … }"
        return [
            Fields.of(f"{self.place}, {noun} {number}", item, form) for number, item in enumerate(value, 1)
        ]

    def wrong(self, key: str, why: str) -> SegmentsError:
        """Return the error for the value of `key`."""
        return self.error(f'has a wrong "{key}"', why)

    def error(self, what: str, why: str) -> SegmentsError:
        """Return an error that names the place."""
        return SegmentsError(f"{self.place} {what}", why, _MEND)


def _shown(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError):  # nested deeply, or a number of thousands of digits
        return "what stands there"
    return text if len(text) <= 60 else f"{text[:57]}…"
