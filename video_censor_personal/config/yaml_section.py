"""Typed readers of a YAML mapping that report what is wrong and go on.

Values are read from the text as written, never through YAML 1.1's guesses: a checksum of digits stays
text, `010` is not eight, `no` is a fine name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from modeltasks.support.units import DURATIONS
from video_censor_personal.config.yaml_nodes import TAG, Document, describe, is_null, suggestion

T = TypeVar("T")
Choice = TypeVar("Choice", bound=str)

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]{0,17})\Z")
_NUMBER = re.compile(r"[-+]?([0-9]{1,18}(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?\Z")
_WITH_UNIT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z/]*)\Z")
_SIZE_UNITS = {"": 1} | {
    prefix.lower() + ending: base**power
    for power, prefix in enumerate("KMGT", start=1)
    for base, endings in ((1000, ("", "b")), (1024, ("i", "ib")))
    for ending in endings
}


class Section:
    """A mapping; each reader returns the value of a key, or its default after reporting what is wrong."""

    def __init__(self, document: Document, node: MappingNode, where: str) -> None:
        self.document = document
        self.node = node
        self.where = where
        self._entries: dict[str, tuple[Node, Node]] = {}
        self._fill(node, set())

    def _fill(self, node: MappingNode, seen: set[int]) -> None:
        seen.add(id(node))
        own: set[str] = set()
        merged: list[Node] = []
        for key, value in node.value:
            if key.tag == TAG + "merge":
                merged += value.value if isinstance(value, SequenceNode) else [value]
            elif not isinstance(key, ScalarNode):
                self.report("", f"a key must be plain text, not {describe(key)}", key)
            elif key.value in own:
                self.report("", f"the key '{key.value}' is given twice", key)
            else:
                own.add(key.value)
                self._entries.setdefault(key.value, (key, value))
        for other in merged:
            if not isinstance(other, MappingNode):
                self.report("", "only keys with values can be merged with <<", other)
            elif id(other) not in seen:
                self._fill(other, seen)

    def _place(self, key: str) -> Node:
        return self._entries[key][1] if key in self._entries else self.node

    def label(self, key: str = "") -> str:
        """Return 'where.key: ' for the beginning of a message."""
        full = f"{self.where}.{key}".strip(".") if key else self.where
        return f"{full}: " if full else ""

    def report(self, key: str, message: str, node: Node | None = None) -> None:
        """Note a problem with the value of `key` (at `node`, if given), or with its absence."""
        self.document.report(node or self._place(key), self.label(key) + message)

    def warn(self, key: str, message: str, node: Node | None = None) -> None:
        """Note what is accepted but should be known; arguments as for `report`."""
        self.document.warn(node or self._place(key), self.label(key) + message)

    def ignored(self, key: str, why: str) -> None:
        """Warn that `key` has no effect, if it is there."""
        if key in self._entries:
            self.warn(key, f"has no effect: {why}", self._entries[key][0])

    def names(self) -> tuple[str, ...]:
        """The keys given, in their order."""
        return tuple(self._entries)

    def key_node(self, key: str) -> Node:
        """The node of a key that is there."""
        return self._entries[key][0]

    def pair(self, key: str) -> tuple[Node, Node]:
        """The nodes of a key that is there, and of its value."""
        return self._entries[key]

    def only(self, known: Collection[str]) -> Section:
        """Report every key that is not known, with the nearest that is."""
        for key, (node, _) in self._entries.items():
            if key not in known:
                self.report("", f"unknown key '{key}'; {suggestion(key, known)}", node)
        return self

    def value(self, key: str) -> Node | None:
        """The node of a value; None where the key is absent or its value is null."""
        entry = self._entries.get(key)
        return None if entry is None or is_null(entry[1]) else entry[1]

    def has(self, key: str) -> bool:
        """Whether the key is there with a value that is not null."""
        return self.value(key) is not None

    def is_blank(self, key: str) -> bool:
        """Whether the key has nothing at all behind it, not even `null`."""
        return key in self._entries and self._entries[key][1].value == "" and not self.has(key)

    def text(self, key: str, default: T) -> str | T:
        """Read a text, as written."""
        node = self.value(key)
        if node is None:
            return default
        text = self._text_of(key, node)
        return default if text is None else text

    def required_text(self, key: str, why: str) -> str:
        """Read a text that must be there; '' after a report."""
        if self.value(key) is None:
            self.report("", f"'{key}' is missing: {why}", self.node)
        return self.text(key, "")

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts; one text counts as a list of one."""
        return tuple(text for text, _ in self.text_items(key))

    def text_items(self, key: str) -> list[tuple[str, Node]]:
        """Read a list of texts, each with its node; those that are not text are reported and left out."""
        node = self.value(key)
        if node is None:
            return []
        if isinstance(node, MappingNode):
            self.report(key, f"a list is expected, not {describe(node)}")
            return []
        items = node.value if isinstance(node, SequenceNode) else [node]
        read = [(self._text_of(key, item), item) for item in items]
        return [(text, item) for text, item in read if text is not None]

    def choice(self, key: str, choices: Collection[Choice], default: Choice) -> Choice:
        """Read one of a few words."""
        text = self.text(key, default)
        if text not in choices:
            self.report(key, f"'{text}' is not one of {', '.join(choices)}; {suggestion(text, choices)}")
        return next((each for each in choices if each == text), default)

    def boolean(self, key: str, default: T) -> bool | T:
        """Read yes or no (true, false, yes, no, on, off, in any case)."""
        node = self.value(key)
        if node is None:
            return default
        if node.tag != TAG + "bool":
            self.report(key, f"true or false is expected, not {describe(node)}")
            return default
        return str(node.value).lower() in {"true", "yes", "on"}

    def integer(self, key: str, default: T, minimum: int = 0, maximum: int | None = None) -> int | T:
        """Read a whole number, in decimal."""
        node = self.value(key)
        if node is None:
            return default
        if not isinstance(node, ScalarNode) or node.style or not _INTEGER.match(node.value):
            self.report(key, f"a whole number is expected, not {describe(node)}")
            return default
        number = int(node.value.replace("_", ""))
        return number if self._in_range(key, number, minimum, maximum) else default

    def number(
        self, key: str, default: T, minimum: float | None = None, maximum: float | None = None
    ) -> float | T:
        """Read a finite number."""
        node = self.value(key)
        if node is None:
            return default
        number = self._number_of(key, node)
        return number if number is not None and self._in_range(key, number, minimum, maximum) else default

    def numbers(self, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
        """Read a list of numbers that are not negative."""
        node = self.value(key)
        if node is None:
            return default
        items = node.value if isinstance(node, SequenceNode) else [node]
        read = [self._number_of(key, item) for item in items]
        good = [number for number in read if number is not None and self._in_range(key, number, 0, None)]
        return tuple(good) if len(good) == len(items) else default

    def seconds(self, key: str, default: float, minimum: float = 0.0) -> float:
        """Read a duration in seconds; `500ms`, `2s`, `3min`, `1h`, `2d` are understood too."""
        return self._with_unit(key, default, DURATIONS, "a duration such as 2, 500ms or 1min", minimum)

    def size(self, key: str, default: T, minimum: int = 0) -> int | T:
        """Read a number of bytes; `5M` is 5,000,000 and `5Mi` is 5,242,880."""
        read = self._with_unit(
            key, -1.0, _SIZE_UNITS, "a number of bytes such as 5000000, 5M or 5Mi", minimum
        )
        return default if read < 0 else int(read)

    def section(self, key: str) -> Section:
        """Read keys with values; an empty section where there are none."""
        node = self.value(key)
        if node is not None and not isinstance(node, MappingNode):
            self.report(key, f"keys with values are expected, not {describe(node)}")
        if not isinstance(node, MappingNode):
            node = MappingNode(TAG + "map", [], self.node.start_mark, self.node.end_mark)
        return Section(self.document, node, self.label(key)[:-2])

    def sections(self, key: str) -> list[Section]:
        """Read a list of mappings."""
        node = self.value(key)
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.report(key, f"a list is expected (lines that begin with '- '), not {describe(node)}")
            return []
        found = []
        for index, item in enumerate(node.value):
            where = f"{self.label(key)[:-2]}[{index}]"
            if isinstance(item, MappingNode):
                found.append(Section(self.document, item, where))
            else:
                self.document.report(item, f"{where}: keys with values are expected, not {describe(item)}")
        return found

    def expand(self, key: str, text: str) -> Path:
        """Return `text` as a path, with `~` and `~user` replaced."""
        try:
            return Path(text).expanduser()
        except RuntimeError:
            self.report(key, f"there is no home folder for '{Path(text).parts[0]}'")
            return Path(text)

    def _text_of(self, key: str, node: Node) -> str | None:
        if not isinstance(node, ScalarNode) or is_null(node):
            self.report(key, f"text is expected, not {describe(node)}", node)
        elif not node.tag.startswith(TAG):
            self.report(key, f"the tag {node.tag} means nothing here", node)
        elif not (text := str(node.value).strip()):
            self.report(key, "text is expected, but it is empty", node)
        elif not text.isprintable():
            self.report(key, f"text on one line is expected, not {text[:40]!r}", node)
        else:
            return text
        return None

    def _number_of(self, key: str, node: Node) -> float | None:
        if isinstance(node, ScalarNode) and not node.style and _NUMBER.match(node.value):
            return float(node.value)
        self.report(key, f"a number is expected, not {describe(node)}", node)
        return None

    def _in_range(self, key: str, number: float, minimum: float | None, maximum: float | None) -> bool:
        if minimum is not None and number < minimum:
            self.report(key, f"{number:g} is too small; the least is {minimum:g}")
            return False
        if maximum is not None and number > maximum:
            self.report(key, f"{number:g} is too large; the most is {maximum:g}")
            return False
        return True

    def _with_unit(
        self, key: str, default: float, units: dict[str, float] | dict[str, int], form: str, minimum: float
    ) -> float:
        node = self.value(key)
        if node is None:
            return default
        match = _WITH_UNIT.match(node.value) if isinstance(node, ScalarNode) else None
        unit = match[2].removesuffix("/s").lower() if match else ""
        if match is None or unit not in units:
            self.report(key, f"{form} is expected, not {describe(node)}")
            return default
        amount = float(match[1]) * units[unit]
        return amount if self._in_range(key, amount, minimum, None) else default
