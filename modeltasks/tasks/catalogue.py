"""What all task builders build from, and how they build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modeltasks.spec import ModelSpec

# With capture on, doit's thread runner mixes up the output of tasks and may leave sys.stdout replaced.
IO = {"capture": False}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models of a config file (None: made in memory), and the names of those `wanted` by default."""

    specs: tuple[ModelSpec, ...]
    wanted: frozenset[str]
    config: Path | None

    def find(self, name: str) -> ModelSpec | None:
        """Return the entry of that name."""
        return next((spec for spec in self.specs if spec.name == name), None)
