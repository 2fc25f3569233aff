"""Patterns of paths: `~/Films/**/*.mkv` is a folder that is there, and what names below it must be like."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from pathlib import Path, PurePath

_MAGIC = re.compile(r"[*?[]")
_ESCAPED = re.compile(r"\[([*?[])\]")
_ANY_DEPTH = "**"
_HIDDEN = r"(?!\.)"

States = frozenset[int]
"""How many steps of a pattern the names so far may have taken."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one name must be like; one that `repeats` stands for any number of folders."""

    pattern: re.Pattern[str]
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern: its `root`, the fixed part that the search begins in, and a step for each name below.

    `text` is how it was written. `names_suffix` is false where it leaves open what kind of file is meant.
    """

    text: str
    root: Path
    steps: tuple[Step, ...]
    names_suffix: bool = True

    @property
    def start(self) -> States:
        """The states before the first name below the root."""
        return self._skipping({0})

    def after(self, states: States, name: str) -> States:
        """Return the states after one more name; none where it does not fit."""
        taken = set()
        for state in states:
            if state < len(self.steps) and self.steps[state].pattern.match(name):
                taken.add(state if self.steps[state].repeats else state + 1)
        return self._skipping(taken) if taken else frozenset()

    def matches(self, states: States) -> bool:
        """Whether the names so far are all that the pattern asks for."""
        return len(self.steps) in states

    def goes_on(self, states: States) -> bool:
        """Whether more names may follow."""
        return any(state < len(self.steps) for state in states)

    def _skipping(self, states: set[int]) -> States:
        for state in tuple(states):
            while state < len(self.steps) and self.steps[state].repeats:
                state += 1  # noqa: PLW2901  # `**` stands for no folder, too
                states.add(state)
        return frozenset(states)


def is_pattern(text: str) -> bool:
    """Whether a text has signs that stand for others, as a shell knows them."""
    return _MAGIC.search(_ESCAPED.sub("", text)) is not None


def film_glob(text: str) -> Glob:
    """Return the pattern `text`, absolute, of films that are looked for.

    Hidden files and folders are meant only where the pattern names them. A folder whose name looks like a
    pattern, such as `Films [HD]`, is that folder.
    """
    root, rest = _split(text)
    if ".." in root.parts:
        root = real(root)
    if not rest:
        return Glob(text, root, ())
    last = rest[-1]
    if not _is_escaped(last) and _there(root / last):
        rest = (*rest[:-1], glob_escaped(last))
    named = _is_escaped(rest[-1]) or "." in last.rpartition("*")[2]
    return Glob(text, root, _steps(root, rest, _HIDDEN), named)


def exclusions(text: str) -> tuple[Glob, ...]:
    """Return what the pattern `text`, absolute, leaves out, hidden or not.

    That is what it names, and where its fixed part leads by links, what it names there. The root of each is
    that of all paths.
    """
    written, rest = _split(text)
    roots = dict.fromkeys((written, real(written)))
    return tuple(_exclusion(text, root, rest) for root in roots)


def _exclusion(text: str, root: Path, rest: tuple[str, ...]) -> Glob:
    parts = (*(glob_escaped(part) for part in root.parts[1:]), *rest)
    return Glob(text, Path(root.anchor), _steps(root, parts, ""))


def glob_escaped(name: str) -> str:
    """Return the pattern of a name that may look like one."""
    return re.sub(r"([*?[])", r"[\1]", name)


def real(path: Path) -> Path:
    """Return where a path leads; itself where that cannot be told."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # links that lead round in a circle
        return path.absolute()


def _split(text: str) -> tuple[Path, tuple[str, ...]]:
    """Return the fixed part of a pattern, and the rest, which has a part or more unless all is the root."""
    anchor, *parts = PurePath(text).parts
    root = Path(anchor)
    while len(parts) > 1:
        if _is_escaped(parts[0]):
            root /= _ESCAPED.sub(r"\1", parts[0])
        elif _there(root / parts[0]):
            root /= parts[0]
        else:
            break
        parts.pop(0)
    return root, tuple(parts)


def _is_escaped(part: str) -> bool:
    """Whether a part of a pattern stands for one name only."""
    return not is_pattern(part)


def _there(path: Path) -> bool:
    try:
        path.lstat()
    except OSError:
        return False
    return True


def _steps(root: Path, parts: tuple[str, ...], guard: str) -> tuple[Step, ...]:
    flags = re.IGNORECASE if ignores_case(root) else 0
    return tuple(_step(part, guard, flags) for part in parts)


def _step(part: str, guard: str, flags: int) -> Step:
    if part == _ANY_DEPTH:
        return Step(re.compile(guard + r".*\Z", re.DOTALL), repeats=True)
    return Step(re.compile(("" if part.startswith(".") else guard) + fnmatch.translate(part), flags))


def ignores_case(folder: Path) -> bool:
    """Whether the file system of a folder takes upper and lower case for the same."""
    try:
        name = next((each.name for each in folder.iterdir() if each.name != each.name.swapcase()), None)
    except OSError:
        return False
    if name is None:
        return False
    try:
        return (folder / name.swapcase()).samefile(folder / name)
    except OSError:
        return False
