"""How a model stands on this machine: what is used under its name, what proves it right, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modeltasks.errors import ModelTasksError
from modeltasks.spec import ModelSpec
from modeltasks.store.freshness import Evidence


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a model can be used as it is on this machine, and what is used under its name.

    Args:
        name: what the config calls it.
        spec: what is used under that name, with its files: itself, or an installed fallback.
        evidence: what proves each of these files right, by path.
        doubted: files had to be hashed to tell.
        error: why it cannot be used: `NotInstalled` where bytes are absent or wrong; None: it can.
    """

    name: str
    spec: ModelSpec
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    doubted: bool = False
    error: ModelTasksError | None = None

    @property
    def ready(self) -> bool:
        """Whether its files are all there and right."""
        return self.error is None

    @property
    def used(self) -> str | None:
        """The name of the fallback that is used in its place, if one is."""
        return self.spec.name if self.spec.name != self.name else None

    @property
    def source(self) -> str | None:
        """Where its bytes came from."""
        return next((each.source for each in self.evidence.values()), None)
