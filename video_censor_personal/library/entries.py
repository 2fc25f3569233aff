"""A film as a target: its name, and what is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from video_censor_personal.config import Config
from video_censor_personal.export.formats import REPORT


@dataclass(frozen=True, slots=True)
class Version:
    """One way to clean a film: its policy and actions are in `config`.

    Args:
        config: as this version has it.
        results: where its results file is; None keeps results in memory.
        copy: where its clean copy is; None makes none.
        exports: the file of each format.
        profile: its name; empty where the config has no profiles.
    """

    config: Config
    results: Path | None = None
    copy: Path | None = None
    exports: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    profile: str = ""

    @property
    def tells_of_copy(self) -> bool:
        """Whether an export tells what became of the copy."""
        return self.copy is not None and REPORT in self.exports


@dataclass(frozen=True, slots=True)
class FilmEntry:
    """A film, the name that its tasks have, and each version that is made of it.

    `shelf` is the folder in which the page of its library is; None for a film of no library.
    """

    name: str
    path: Path
    versions: tuple[Version, ...]
    shelf: Path | None = None
