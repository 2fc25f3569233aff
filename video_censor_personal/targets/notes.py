"""What a target was made from, noted so that the next run can tell whether that is still the same."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modeltasks.support.files import write_whole
from modeltasks.support.filesystem import mark_used
from modeltasks.support.identity import stat_identity

_FORMAT = 1
_TOLD = frozenset({"renderer"})
"""The inputs of which the value says more than the name."""

Stats = Mapping[str, list[int] | None]
"""The stat of each file, by path; None for none."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a target was made from, and how its files were then.

    Args:
        inputs: by the names that a user knows them by, such as `threshold of nsfw`.
        files: the stat of each file that it was made from or consists of.
        decisions: what a person decided of each segment, by its id; for a copy.
    """

    inputs: Mapping[str, Any]
    files: Stats = field(default_factory=dict)
    decisions: Mapping[str, Any] = field(default_factory=dict)

    def why_stale(self, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what is not as it was: the names of inputs, and files."""
        names = dict.fromkeys((*inputs, *self.inputs))
        edited = [name for name in names if inputs.get(name) != self.inputs.get(name)]
        told = (f"{name} {inputs[name]}" if name in _TOLD and name in inputs else name for name in edited)
        return (*told, *changed(self.files))

    def is_changed(self, file: Path) -> bool:
        """Whether a file is not as it was."""
        return self.files.get(str(file)) != _stat(str(file))


@dataclass(frozen=True, slots=True)
class TargetNotes:
    """Notes in a folder, one for each target, by its task and the path of what it is about.

    Args:
        folder: where they are.
        read_only: none is written.
    """

    folder: Path
    read_only: bool = False

    def path(self, task: str, about: Path) -> Path:
        """Return where the note is, or would be."""
        name = hashlib.sha256(task.encode() + b"\0" + os.fsencode(about.absolute())).hexdigest()[:32]
        return self.folder / "targets" / f"{name}.json"

    def read(self, task: str, about: Path) -> Made | None:
        """Return what was noted; None for no note, or one that cannot be read."""
        path = self.path(task, about)
        try:
            document = json.loads(path.read_bytes())
            mark_used(path)
            if document["format"] != _FORMAT:
                return None
            return Made(dict(document["inputs"]), dict(document["files"]), dict(document["decisions"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, task: str, about: Path, made: Made) -> None:
        """Note it; without the note the target is looked at again, no more than that."""
        if self.read_only:
            return
        document = {
            "format": _FORMAT,
            "about": str(about),
            "inputs": dict(made.inputs),
            "files": dict(made.files),
            "decisions": dict(made.decisions),
        }
        with suppress(OSError):
            write_whole(self.path(task, about), json.dumps(document, separators=(",", ":")) + "\n")


def stats_of(files: Iterable[Path]) -> Stats:
    """Return the stat of each file as a note keeps it."""
    return {str(file): _stat(str(file)) for file in files}


def changed(files: Stats) -> tuple[str, ...]:
    """Return a line for each file that is not as it was."""
    lines = []
    for path, stat in files.items():
        now = _stat(path)
        if now != stat:
            lines.append(f"{os.path.basename(path)} {'is gone' if now is None else 'was changed'}")  # noqa: PTH119
    return tuple(lines)


def _stat(path: str) -> list[int] | None:
    try:
        return list(stat_identity(os.stat(path)))  # noqa: PTH116
    except OSError:
        return None
