"""What a film's packets told, noted beside the observations: reading all of a large file takes a minute."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeltasks.support.files import write_whole
from video_censor_personal.findings.coverage import Span
from video_censor_personal.media.stamps import StreamLine

if TYPE_CHECKING:
    from video_censor_personal.media.timeline import Timeline

_FORMAT = 1
"""Changes when the same film would be placed otherwise."""
_RACY = 2.0
"""Seconds. A file changed this short ago may change again within one tick of its times."""


_folder: Path | None = None


def keep_in(folder: Path | None) -> None:
    """Say where this process notes what films tell; None: nowhere, as it is until somebody says."""
    global _folder  # noqa: PLW0603  # films are opened in many places, and all may go by the notes
    _folder = folder


def place(film: Path) -> Path | None:
    """Return where what is known of a film is noted; None for nowhere."""
    if _folder is None:
        return None
    name = hashlib.sha256(os.fsencode(film.resolve())).hexdigest()[:32]
    return _folder / "scans" / f"{name}.json"


def read(note: Path, identity: Sequence[int]) -> tuple[Timeline, dict[str, str]] | None:
    """Return time line and options, as noted for a file of this identity; None for no such note."""
    from video_censor_personal.media.timeline import Timeline

    try:
        known = json.loads(note.read_text(encoding="utf-8"))
        if (known["format"], known["identity"]) != (_FORMAT, list(identity)):
            return None
        streams = {line.index: line for line in map(_line, known["streams"])}
        return Timeline(streams, str(known["disorder"])), dict(known["options"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(note: Path, identity: Sequence[int], timeline: Timeline, options: Mapping[str, str]) -> None:
    """Note it, unless the file changed just now; without the note it is read again, no more than that."""
    if time.time() - max(identity[-2:]) / 1e9 < _RACY:
        return
    entry = {
        "format": _FORMAT,
        "identity": list(identity),
        "disorder": timeline.disorder,
        "options": dict(options),
        "streams": [
            asdict(line) | {"moved": [[number, *stamps] for number, stamps in line.moved.items()]}
            for line in timeline.streams.values()
        ],
    }
    with suppress(OSError):
        write_whole(note, json.dumps(entry, separators=(",", ":")) + "\n")


def _line(entry: Mapping[str, Any]) -> StreamLine:
    return StreamLine(
        index=int(entry["index"]),
        packets=int(entry["packets"]),
        span=None if entry["span"] is None else Span(**entry["span"]),
        shifts=tuple((int(first), int(ticks)) for first, ticks in entry["shifts"]),
        moved={int(number): (int(dts), int(pts)) for number, dts, pts in entry["moved"]},
    )
