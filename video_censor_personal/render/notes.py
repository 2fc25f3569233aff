"""What is noted of a copy: what it was made from, and what was told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from video_censor_personal.render.identity import stat_key


@dataclass(frozen=True, slots=True)
class CopyNote:
    """What a copy was made from (the digest `key`), its stat then, and what was told of it.

    `pieces` are the stretches of its pictures that were encoded, as JSON. `beside` has the stat of each file
    of subtitles that was written beside it, by name.
    """

    key: str
    stat: list[int]
    warnings: tuple[str, ...]
    streams: dict[str, Any] | None = None
    pieces: tuple[dict[str, Any], ...] = ()
    beside: Mapping[str, list[int] | None] = field(default_factory=dict)

    def is_as_made(self, output: Path) -> bool:
        """Whether the copy, and the files beside it, are as they were made."""
        beside = ((output.parent / name, stat) for name, stat in self.beside.items())
        return all(stat == stat_key(path) for path, stat in ((output, self.stat), *beside))


def read_note(note: Path) -> CopyNote | None:
    """Read the note of a copy; None for none, or one that cannot be read."""
    try:
        document = json.loads(note.read_text(encoding="utf-8"))
        key, stat, warnings = (document[name] for name in ("key", "stat", "warnings"))
        pieces, beside = tuple(document.get("pieces", ())), dict(document.get("beside", {}))
        return CopyNote(key, list(stat), tuple(warnings), document.get("streams"), pieces, beside)
    except (OSError, ValueError, KeyError, TypeError):
        return None
