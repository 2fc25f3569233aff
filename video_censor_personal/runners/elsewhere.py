"""Where things are on another machine: its names of our folders, and its own copies of our models."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.detectors.installed_model import InstalledModel

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What paths and models of this machine are called on another.

    Args:
        folders: what a folder of this machine, and all below it, is called there. The longest one counts;
            what is in none of them has the same name there.
        models: the models there, by digest; others are left as they are.
    """

    folders: Mapping[Path, Path] = field(default_factory=dict)
    models: Mapping[str, InstalledModel] = field(default_factory=dict)

    def back(self) -> Elsewhere:
        """Return the way back: what folders there are called here."""
        return Elsewhere({there: here for here, there in self.folders.items()})

    def path(self, path: Path) -> Path:
        """Return what a path is called there."""
        inside = [here for here in self.folders if path.is_relative_to(here)]
        if not inside:
            return path
        nearest = max(inside, key=lambda here: len(here.parts))
        return self.folders[nearest] / path.relative_to(nearest)

    def moved(self, value: T) -> T:
        """Return a value with every path and every model in it as it is there.

        Looks into dataclasses, tuples, lists and mappings; what holds none comes back as it is.
        """
        result: Any = self._moved(value)
        return result  # type: ignore[no-any-return]

    def _moved(self, value: Any) -> Any:
        match value:
            case Path():
                value = self.path(value)
            case InstalledModel():
                value = self.models.get(value.digest, value)
            case Assignment():
                value = self._fields_moved(value, {"parameters": self._parameters(value)})
            case tuple() | list():
                value = self._items_moved(value)
            case dict() | MappingProxyType():
                entries = {self._moved(key): self._moved(each) for key, each in value.items()}
                same = _is_same([*entries, *entries.values()], [*value, *value.values()])
                value = value if same else type(value)(entries)
            case _ if is_dataclass(value) and not isinstance(value, type):
                value = self._fields_moved(value, {})
        return value

    def _items_moved(self, value: Any) -> Any:
        items = [self._moved(each) for each in value]
        if _is_same(items, value):
            return value
        # A named tuple takes its fields one by one.
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)

    def _fields_moved(self, value: Any, known: Mapping[str, object]) -> Any:
        moved = {
            each.name: known[each.name] if each.name in known else self._moved(getattr(value, each.name))
            for each in fields(value)
        }
        changed = {name: new for name, new in moved.items() if new is not getattr(value, name)}
        if not changed:
            return value
        # Unlike `replace`, this does not ask __init__: what was checked stays as it is.
        result = copy.copy(value)
        for name, new in changed.items():
            object.__setattr__(result, name, new)
        return result

    def _parameters(self, assignment: Assignment) -> Mapping[str, object]:
        """Return a detector's parameters; a file that one of them names is text."""
        files = {each.name for each in assignment.kind.schema if each.kind == "path"}
        return {
            name: str(self.path(Path(value))) if name in files and isinstance(value, str) else value
            for name, value in assignment.parameters.items()
        }


def _is_same(new: Iterable[object], old: Iterable[object]) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))
