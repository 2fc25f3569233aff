"""How fast films were gone through on this machine, noted for the next run: its estimate is good at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from modeltasks.support.files import write_whole

_SLOWEST, _FASTEST = 1000.0, 1e-12
"""Seconds of work for a second of film, or a byte, that make sense."""


class Paces:
    """The note on paces.

    Args:
        folder: where it is kept.
        models: the names of the models that are at work: with others, a film takes another time.
    """

    def __init__(self, folder: Path, models: Iterable[str]) -> None:
        self._path = folder / "paces.json"
        self._models = " ".join(sorted(models))

    def read(self) -> dict[str, float]:
        """Return the seconds of work for each second of film, or byte, by kind of phase; what is known."""
        noted = self._all().get(self._models)
        found = noted.items() if isinstance(noted, dict) else ()
        return {str(kind): pace for kind, pace in found if _makes_sense(pace)}

    def note(self, paces: Mapping[str, float]) -> None:
        """Note what was measured; that it cannot be written is no failure."""
        if paces and paces != self.read():
            with suppress(OSError):
                write_whole(self._path, json.dumps(self._all() | {self._models: paces}, indent=1) + "\n")

    def _all(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            if isinstance(noted := json.loads(self._path.read_bytes()), dict):
                return noted
        return {}


def _makes_sense(pace: object) -> bool:
    return isinstance(pace, float) and _FASTEST < pace < _SLOWEST
