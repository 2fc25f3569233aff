"""YAML as nodes with line and column, and the list of all mistakes in them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

# The C loader is ten times as fast; its marks are the same, 0-based, in characters.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TAG = "tag:yaml.org,2002:"
_MAX_DEPTH = 100
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a file; line and column count from 1, and are 0 where there is no text."""

    line: int
    column: int
    name: str
    message: str

    def __str__(self) -> str:
        place = f"{self.name}:{self.line}:{self.column}" if self.line else self.name
        return f"{place}: {self.message}"


class Document:
    """One YAML text: its name, and the problems and warnings found in it so far."""

    def __init__(self, name: str, *, positions: bool = True) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._positions = positions

    def beside(self) -> Document:
        """Return a document of the same text, in which nothing was found yet."""
        return Document(self.name, positions=self._positions)

    def report(self, node: Node | None, message: str) -> None:
        """Note a problem at the start of `node` (None: the start of the text)."""
        self.problems.append(self._at(node, message))

    def warn(self, node: Node | None, message: str) -> None:
        """Note something that is accepted but should be known."""
        self.warnings.append(self._at(node, message))

    @contextmanager
    def collecting(self, into: list[Problem]) -> Iterator[None]:
        """Collect in `into` what the block reports, to be reported or warned of later."""
        outside, self.problems = self.problems, into
        try:
            yield
        finally:
            self.problems = outside

    def _at(self, node: Node | None, message: str) -> Problem:
        if not self._positions:
            return Problem(0, 0, self.name, message)
        mark = node.start_mark if node is not None else None
        return Problem(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, self.name, message)

    def compose(self, text: str) -> MappingNode | None:
        """Return the mapping at the top of `text`, or None after reporting why there is none."""
        if bad := _UNPRINTABLE.search(text):
            line = text.count("\n", 0, bad.start())
            column = bad.start() - (text.rfind("\n", 0, bad.start()) + 1)
            character = f"U+{ord(bad.group()):04X}"
            self.problems.append(
                Problem(
                    line + 1, column + 1, self.name, f"the control character {character} cannot be in YAML"
                )
            )
            return None
        try:
            _check_depth(text)
            root = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            self.problems.append(Problem(line, column, self.name, _syntax_message(error, text, line)))
            return None
        if root is None:
            self.report(None, "the file is empty; it needs at least `models` with `sources`")
            return None
        if not isinstance(root, MappingNode):
            self.report(root, f"keys with values are expected here, not {describe(root)}")
            return None
        return root


def _check_depth(text: str) -> None:
    """Refuse what is nested so deeply that composing it would overflow the stack."""
    if text.count("[") + text.count("{") + text.count("- ") + text.count("? ") <= _MAX_DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise yaml.MarkedYAMLError(
                problem="nested too deeply", problem_mark=cast("yaml.Mark", event.start_mark)
            )


def _syntax_message(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    lines = text.splitlines()
    current = lines[line - 1] if line <= len(lines) else ""
    if "another document" in (error.problem or ""):
        return "a second YAML document begins here (`---`); a config is one document"
    if "undefined alias" in (error.problem or ""):
        return "this alias (`*name`) has no anchor (`&name`) before it"
    message = f"this is not valid YAML: {error.problem}"
    if error.context:
        message += f" ({error.context})"
    if current[: len(current) - len(current.lstrip())].count("\t"):
        message += "; indent with spaces, not with tabs"
    elif "mapping values are not allowed" in message:
        message += "; put text that contains ': ' in quotes"
    elif "cannot start any token" in message:
        message += "; put text that begins with this character in quotes"
    return message


def describe(node: Node) -> str:
    """What a node is, in words for a message."""
    if isinstance(node, MappingNode):
        return "keys with values"
    if isinstance(node, SequenceNode):
        return "a list"
    return "nothing" if is_null(node) else f"{node.value!r}"


def is_null(node: Node) -> bool:
    """Whether the value was left out or is YAML's null."""
    return bool(node.tag == TAG + "null")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, or None where none is like it."""
    names = {name.lower(): name for name in known}
    folded = word.lower()
    found = difflib.get_close_matches(folded, names, n=1, cutoff=0.6)
    # `size` for `size_bytes` is too short to count as alike.
    longer = [name for name in names if len(folded) > 2 and name.startswith(folded)]
    return next((names[name] for name in found + longer), None)


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the nearest known one, else all of them."""
    names = list(known)
    near = nearest(word, names)
    if near is not None:
        return f"did you mean '{near}'?"
    return f"known: {', '.join(names)}" if names else "none is known"
